import numpy as np
import pandas as pd
import pytest

from spatial_region.cli.expression import read_formula
from spatial_region.errors import InputError

INDEX = pd.MultiIndex.from_product([["a", "b"], [2000, 2001, 2002]], names=["region", "time"])
DATA = {
    "gdp": pd.Series([1.0, 2, 4, 8, 16, 32], index=INDEX),
    "pop": pd.Series([1, 1, 2, 2, 4, 4], index=INDEX),
    "人口": pd.Series([1.0, np.nan, 1, 1, 1, 1], index=INDEX),
    "GDP (yuan)": pd.Series([3.0] * 6, index=INDEX),
    "zone": pd.Series(list("xyzxyz"), index=INDEX),
}


def compute(text):
    return read_formula(text).compute(DATA)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("log(gdp / pop)", np.log([1, 2, 2, 4, 4, 8])),
        ("-gdp + 2 ** 3 * pop - 1", [6, 5, 11, 7, 15, -1]),
        ('column("GDP (yuan)") * 人口', [3, np.nan, 3, 3, 3, 3]),
        ("previous(gdp)", [np.nan, 1, 2, np.nan, 8, 16]),
        ("change(log(gdp)) / log(2)", [np.nan, 1, 1, np.nan, 1, 1]),
        ("gdp / mean(gdp)", [2 / 9, 2 / 9, 2 / 9, 16 / 9, 16 / 9, 16 / 9]),
        ("0 * mean(人口) + pop", [1, np.nan, 2, 2, np.nan, 4]),
        ("maximum(gdp, 10)", [10, 10, 10, 10, 16, 32]),
        ("sqrt(abs(-pop))", np.sqrt([1, 1, 2, 2, 4, 4])),
    ],
)
def test_computes_as_written(text, expected):
    np.testing.assert_allclose(compute(text).to_numpy(), expected)


def test_says_which_columns_it_needs():
    assert read_formula('log(gdp) + column("GDP (yuan)") / gdp').columns == ("gdp", "GDP (yuan)")


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "gdp.__class__",
        "gdp[0]",
        "[x for x in gdp]",
        "lambda: gdp",
        "'text'",
        "True",
        "gdp if pop else 1",
        "gdp > 1",
        "log(gdp, 2)",
        "log(x=gdp)",
        "log",
        "column(gdp)",
        "eval('1')",
        "(gdp := 1)",
        "gdp; pop",
        "",
        "(" * 400 + "1" + ")" * 400,
        "1+" * 600 + "gdp",
    ],
)
def test_nothing_else_is_run(text):
    with pytest.raises((InputError, KeyError)):
        compute(text)


def test_unknown_function_is_suggested():
    with pytest.raises(InputError, match=r"Did you mean 'sqrt'\?"):
        read_formula("sqr(gdp)")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("log(gdp - 2)", r"needs values above 0 in log\(gdp - 2\); found -1 at a, 2000; 0 at a, 2001"),
        ("1 / (gdp - 2)", r"divides by gdp - 2, which must not be 0; found 0 at a, 2001"),
        ("exp(gdp * 1000)", "is infinite at"),
        ("zone + 1", "'zone' must be numeric"),
        ("1 + 1", "must use a column"),
    ],
)
def test_values_out_of_range_are_named(text, message):
    with pytest.raises(InputError, match=message):
        compute(text)


def test_a_time_lag_needs_time():
    flat = {"gdp": pd.Series([1.0, 2], index=pd.Index(["a", "b"], name="region"))}
    with pytest.raises(InputError, match="panel"):
        read_formula("previous(gdp)").compute(flat)
