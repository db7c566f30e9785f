"""The figures on the classic data that the how-to prints, where the data are present."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

import spatial_region as sr

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "find-what-stratifies.md"
FACTORS = {"watershed": "watershed", "elevation": "elevation", "soil type": "soiltype"}


@pytest.fixture(scope="module")
def villages(shared_reference):
    path = shared_reference / "geodetector" / "ntds_collectdata.csv"
    if not path.is_file():
        pytest.skip("the classic data are not present")
    return pd.read_csv(path)


@pytest.fixture(scope="module")
def found(villages):
    return sr.geodetector(villages, "incidence", list(FACTORS.values()))


def rows_of_table(heading: str) -> dict[str, list[str]]:
    """The rows below a table's heading: first cell to the others."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    rows = {}
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        first, *others = (cell.strip() for cell in line.strip("|").split("|"))
        rows[first] = others
    return rows


def agrees(printed: str, value: float, digits: int | None = None) -> bool:
    """Whether a number as printed is the value rounded to as many decimals, or to its leading digits."""
    if digits is not None:
        return float(printed) == pytest.approx(value, rel=0.6 * 10 ** (1 - digits))
    decimals = len(printed.partition(".")[2])
    return abs(float(printed) - value) <= 0.5 * 10**-decimals + 1e-12


def test_factors(found):
    rows = rows_of_table("factor")
    assert set(rows) == set(FACTORS)
    for name, (strata, q, interval, adjusted, permutation, central, wang) in rows.items():
        own = found.factors.loc[FACTORS[name]]
        lower, upper = re.fullmatch(r"([\d.]+) to ([\d.]+)", interval).groups()
        assert int(strata) == own["strata"]
        assert agrees(q, own["q"])
        assert agrees(lower, own["q_lower"])
        assert agrees(upper, own["q_upper"])
        assert agrees(adjusted, own["q_adjusted"])
        assert agrees(permutation, own["p_permutation"])
        assert agrees(central, own["p_central"], digits=1)
        assert agrees(wang, own["p_wang"], digits=2)


def test_pairs(found):
    pairs = found.interactions.set_index(["factor_a", "factor_b"])
    rows = rows_of_table("pair")
    assert len(rows) == 3
    for name, (q, kind, increment, p, noise) in rows.items():
        a, b = (FACTORS[one] for one in name.split(", "))
        own = pairs.loc[(a, b) if (a, b) in pairs.index else (b, a)]
        assert agrees(q, own["q_ab"])
        assert kind == own["type"]
        assert agrees(increment, own["increment"])
        assert agrees(p, own["p_increment"], digits=1 if float(p) < 1e-4 else 2)
        assert abs(float(noise.removesuffix(" %")) - 100 * own["noise_nonlinear"]) <= 2


def test_soil_type_after_six_is_taken_off(villages, found):
    moved = sr.geodetector(villages.assign(incidence=villages["incidence"] - 6), "incidence", ["soiltype"])
    after, before = moved.factors.loc["soiltype"], found.factors.loc["soiltype"]
    assert after["p_wang"] == pytest.approx(4e-14, rel=0.1)
    assert after["p_central"] == pytest.approx(before["p_central"], rel=1e-8)
    assert after["q"] == pytest.approx(before["q"], abs=1e-12)
