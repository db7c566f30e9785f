"""What every public name owes its users: one vocabulary, documentation, an example, and a light import."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import spatial_region as sr

NAMES = [name for name in sr.__all__ if name != "__version__"]
FUNCTIONS = [name for name in NAMES if inspect.isfunction(getattr(sr, name))]

# One word for one thing: a second spelling on the left must not appear; the right is the word to use.
SECOND_SPELLINGS = {
    "nsim": "permutations",
    "n_permutations": "permutations",
    "nperm": "permutations",
    "weights": "w",
    "weight": "w",
    "connectivity": "w",
    "year": "time or at",
    "years": "time or at",
    "period": "time",
    "random_state": "seed",
    "rng": "seed",
    "alpha": "level",
    "significance": "level",
    "p_adjust": "correction",
    "threshold": "km",
    "distance": "km",
    "k_neighbors": "k",
    "exponent": "power",
    "na": "missing",
    "dropna": "missing",
    "effect": "effects",
    "estimator": "method",
    "simulations": "draws",
    "n_bins": "bins",
    "gdf": "study or regions",
    "variables_": "variable",
    "column": "variable",
    "groups_by": "grouping",
    "tail": "alternative",
}

# Here weights are numbers by which regions or indices count, such as populations; there is no spatial `w`.
WEIGHED = {"theil", "dagum_gini", "inequality", "coupling_coordination"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_signatures_speak_one_vocabulary(name):
    parameters = inspect.signature(getattr(sr, name)).parameters
    wrong = {p: SECOND_SPELLINGS[p] for p in parameters if p in SECOND_SPELLINGS}
    if name in WEIGHED:
        wrong.pop("weights", None)
    assert not wrong, f"{name}: use {wrong}"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_options_are_keyword_only_after_the_second_argument(name):
    parameters = list(inspect.signature(getattr(sr, name)).parameters.values())
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    detectors = {"geodetector", "compare_bins", "spade", "lesh", "gozh", "unit_scale"}
    allowed = 3 if name in detectors else 2  # geodetector(study, variable, factors) is in the contract
    assert len(positional) <= allowed, [p.name for p in positional]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_docstrings_are_complete(name):
    function = getattr(sr, name)
    text = inspect.getdoc(function)
    assert text, name
    parameters = [p for p in inspect.signature(function).parameters if p not in {"options"}]
    for section in ("Returns", "Examples") + (("Parameters",) if parameters else ()):
        assert re.search(rf"^{section}\n-+$", text, re.MULTILINE), f"{name} lacks the section {section}"
    assert ">>>" in text
    undocumented = [p for p in parameters if not re.search(rf"\b{p}\b", text.split("Returns\n")[0])]
    assert not undocumented, f"{name}: {undocumented}"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_everything_is_typed(name):
    function = getattr(sr, name)
    signature = inspect.signature(function)
    assert signature.return_annotation is not inspect.Signature.empty
    untyped = [p.name for p in signature.parameters.values() if p.annotation is p.empty]
    assert not untyped


def test_every_public_name_is_in_the_reference():
    page = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "index.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^   (\w+)$", page, re.MULTILINE))
    assert set(NAMES) - listed == set()
    assert listed - set(NAMES) == set()


def test_every_figure_is_in_the_reference():
    page = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "index.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^   viz\.(\w+)$", page, re.MULTILINE)) == set(sr.viz.__all__)


def test_import_is_light():
    """`import spatial_region` loads none of the heavy libraries, and takes less than 0.15 s."""
    code = (
        "import sys, time; start = time.perf_counter(); import spatial_region; "
        "seconds = time.perf_counter() - start; "
        "heavy = [m for m in ('numpy', 'pandas', 'scipy', 'geopandas', 'shapely', 'matplotlib', 'numba', 'libpysal',"
        " 'esda', 'spreg', 'pydantic', 'typer', 'rich', 'formulaic', 'mapclassify', 'rapidfuzz') if m in sys.modules];"
        "assert not heavy, heavy; assert seconds < 0.15, seconds"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_unknown_attribute():
    with pytest.raises(AttributeError, match="no attribute 'morann'"):
        sr.morann  # noqa: B018
    assert set(NAMES) <= set(dir(sr))
