"""The page on study files names every key, and options are those of the public functions."""

import inspect
import re
from pathlib import Path

import pytest

import spatial_region as sr
from spatial_region.cli.schema import Boundaries, Long, StudySection, Table, Variable
from spatial_region.cli.schema_autocorr import LocalStatistic, MoranByTime
from spatial_region.cli.schema_common import Analysis, Within
from spatial_region.cli.schema_panel import Regression
from spatial_region.cli.studyfile import ANALYSES, WEIGHTS
from spatial_region.panel.result import SpatialPanelResult

PAGE = Path(__file__).resolve().parents[3] / "docs" / "studies" / "README.md"
MODELS = [StudySection, Boundaries, Table, Long, Variable, Within, *WEIGHTS.values(), *ANALYSES.values()]
COMMON = {"kind", "name", "title", "note", "within", "between", "at"}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_is_on_the_page(model):
    words = set(re.findall(r"\w+", PAGE.read_text(encoding="utf-8")))
    assert set(model.model_fields) <= words


def test_every_kind_is_on_the_page():
    text = PAGE.read_text(encoding="utf-8")
    assert all(f'"{kind}"' in text for kind in WEIGHTS)
    assert all(f"| `{kind}` |" in text for kind in ANALYSES)


@pytest.mark.parametrize("kind", [kind for kind in ANALYSES if kind not in ("map", "grades", "weights")])
def test_options_have_the_names_of_the_public_function(kind):
    model = ANALYSES[kind]
    function = {"theil_l": "theil"}.get(kind, "convergence" if kind.endswith("_convergence") else kind)
    known = set(inspect.signature(getattr(sr, function)).parameters)
    if kind in ("theil", "theil_l", "dagum_gini", "inequality"):  # `values` is a variable here
        known |= {"variable"}
    if model is MoranByTime:
        known |= set(inspect.signature(sr.moran).parameters)
    if kind == "audit":  # its table is a file
        known |= {"path"}
    if kind == "published_moran":  # the index of its two Series
        known |= {"times"}
    if kind == "spatial_tests":
        known |= {"missing"}
    if issubclass(model, Regression):  # asked of the result afterwards, or done before
        known |= set(inspect.signature(SpatialPanelResult.impacts).parameters) | {"missing"}
    if issubclass(model, LocalStatistic):
        known |= {"level"}
    assert set(model.model_fields) - COMMON <= known


NEW = [kind for kind, model in ANALYSES.items() if model.__module__.endswith("schema_autocorr") and kind != "weights"]


@pytest.mark.parametrize("kind", NEW)
def test_every_option_of_spatial_association_can_be_given(kind):
    options = set(inspect.signature(getattr(sr, kind)).parameters) - {"study", "ids", "options"}
    assert options <= set(ANALYSES[kind].model_fields)


BUILDERS = {
    **dict.fromkeys(("queen", "rook"), "contiguity"),
    **dict.fromkeys(("delaunay", "gabriel", "relative_neighbour", "sphere_of_influence"), "proximity"),
    "table": "weights_from_table",
    "file": "read_weights",
}
METHODS = ("union", "intersection", "difference", "symmetric_difference", "product")


@pytest.mark.parametrize("kind", [kind for kind in WEIGHTS if kind not in METHODS])
def test_options_of_weights_are_those_of_the_builder(kind):
    options = set(inspect.signature(getattr(sr, BUILDERS.get(kind, kind))).parameters) - {"study", "table", "ids"}
    assert options - {"kind"} == set(WEIGHTS[kind].model_fields) - {"kind", "standardise"} - (
        {"path"} if kind == "table" else set()
    )


@pytest.mark.parametrize("kind", list(ANALYSES))
def test_each_kind_has_a_runner_and_takes_the_common_keys(kind):
    from spatial_region.cli.runners import RUNNERS

    assert kind in RUNNERS
    assert issubclass(ANALYSES[kind], Analysis)
