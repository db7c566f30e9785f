"""Which function runs each kind of analysis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spatial_region.cli import (
    analyses,
    analyses_audit,
    analyses_detectors,
    analyses_geodetector,
    analyses_global,
    analyses_local,
    analyses_measure,
    analyses_models,
    analyses_tests,
    analyses_time,
)
from spatial_region.cli.task import Task

RUNNERS: dict[str, Callable[[Any, Task], None]] = {
    **analyses.RUNNERS,
    **analyses_global.RUNNERS,
    **analyses_local.RUNNERS,
    **analyses_time.RUNNERS,
    **analyses_models.RUNNERS,
    **analyses_tests.RUNNERS,
    **analyses_geodetector.RUNNERS,
    **analyses_detectors.RUNNERS,
    **analyses_measure.RUNNERS,
    **analyses_audit.RUNNERS,
}
