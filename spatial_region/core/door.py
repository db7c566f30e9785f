"""The one door through which a result reaches an optional roof, such as its figures."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from spatial_region.errors import MissingLibraryError


def open_roof(name: str) -> ModuleType:
    """Import `spatial_region.<name>`, and turn a missing library into advice.

    Raises
    ------
    MissingLibraryError
        If a library that the roof needs is not installed.
    """
    try:
        return import_module(f"spatial_region.{name}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] == "spatial_region":
            raise
        raise MissingLibraryError(
            f"spatial_region.{name} needs {error.name!r}, which is not installed. "
            f"Run: pip install 'spatial_region[all]'"
        ) from error
