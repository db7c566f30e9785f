"""A formula is evaluated, and may come from a file: nothing but variables, operators and known functions runs."""

from __future__ import annotations

import dataclasses
import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import (
    AlignmentError,
    DuplicateError,
    InputError,
    SpatialRegionError,
    UnknownNameError,
)


@pytest.fixture(scope="module")
def small(oracle):
    return oracle.panel(12, 6, seed=2)


def fit(small, formula, study=None, **options):
    settings = {"w": small.weights, "model": "sar", "effects": "pooled"} | options
    return sr.spatial_panel(formula, study or small.study, **settings)


# -- nothing is executed -------------------------------------------------------------------------------------

TOUCH = "np.f2py.os.system('touch MARK')"
ATTACKS = [
    "y ~ b + {a if '`' and TOUCH==0 and '`' else a}",
    "y ~ b + I(a if '`' and TOUCH==0 and '`' else a)",
    "y ~ b + I('`' and TOUCH and '`')",
    "y ~ b + I(a + TOUCH)",
    "y ~ TOUCH",
    "y ~ I(np.f2py.os.system\\\n('touch MARK') + a)",
    "y ~ I(np.f2py.os.system # (\n('touch MARK') + a)",
    "y ~ I(open\\\n('MARK', 'w').write('x') + a)",
    "y ~ I(open #\n('MARK', 'w').write('x') + a)",
    "y ~ I((open)('MARK', 'w').write('x') + a)",
    "y ~ I([open][0]('MARK', 'w').write('x') + a)",
    "y ~ `open`('MARK', 'w')",
    "y ~ I(`open`('MARK', 'w').write('x') + a)",
    "y ~ a.to_csv('MARK')",
    "y ~ I(a.to_csv('MARK'))",
    "y ~ I(a.__init__.__globals__['sys'].modules['os'].system('touch MARK'))",
    "y ~ a.__init__.__globals__['sys'].modules['os'].system('touch MARK')",
    "y ~ I(np.f2py.sqrt(a))",
    "y ~ I(log.__class__)",
    "y ~ I(f'{TOUCH}' and a)",
    "y ~ {f'{open}' and a}",
    "y ~ I((lambda: TOUCH)() + a)",
    "y ~ I([TOUCH for i in [1]][0] + a)",
    "y ~ I((z := TOUCH) + a)",
    "y ~ I(*[a])",
    "y ~ log(**a)",
    "y ~ poly(a, TOUCH)",
    "y ~ poly(a, degree=TOUCH)",
    "y ~ poly(a, _state=b)",
    "y ~ bs(a, knots=[TOUCH])",
    "y ~ C(a, levels=[TOUCH])",
    "y ~ C(a, TOUCH)",
    "y ~ C(a, contr.treatment(TOUCH))",
    "y ~ C(a, contr.treatment.__init__(1))",
    "y ~ hashed(a, levels=3, hash_func=open)",
    "y ~ Q(TOUCH)",
    "y ~ I(a `if` TOUCH `else` a)",
    "y ~ a[TOUCH]",
    "y ~ a; TOUCH",
    "TOUCH ~ a",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_of_a_formula_is_executed(small, attack, tmp_path):
    mark = tmp_path / "mark"
    attack = attack.replace("TOUCH", TOUCH).replace("MARK", str(mark))
    before = small.study.data.copy()
    with pytest.raises((InputError, UnknownNameError)):
        fit(small, attack)
    assert not mark.exists()
    pd.testing.assert_frame_equal(small.study.data, before)


@pytest.mark.parametrize(
    ("formula", "found"),
    [
        ("y ~ a + np.exp(a, out=b)", "np.exp takes 1 value and no keyword"),
        ("y ~ a + np.exp(a, b)", "np.exp takes 1 value and no keyword"),
        ("y ~ a + log(a, out=b)", "log takes 1 value and no keyword"),
        ("y ~ a + log(a, b)", "log takes 1 value"),
        ("y ~ I(a[::-1])", "none of the rest of Python"),
        ("y ~ I(a.index)", "none of the rest of Python"),
        ("y ~ I(a @ b)", "none of the rest of Python"),
        ("y ~ I(a and b)", "none of the rest of Python"),
        ("y ~ I('text')", "none of the rest of Python"),
        ("y ~ I(a * 9**9**9**9)", "a power of two numbers"),
        ("y ~ np.modf(a)", "no function 'np.modf'"),
        ("y ~ np.cumsum(a)", "no function 'np.cumsum'"),
        ("y ~ np.matvec(a, b)", "no function 'np.matvec'"),
        ("y ~ np.pi(a)", "no function 'np.pi'"),
        ("y ~ I(lag(a))", "shift rows across regions"),
        ("y ~ poly(a, deg=2)", "poly has no keyword deg"),
        ("y ~ Treatment(a)", "does not stand here"),
        ("y ~ `a", "quotation marks"),
        ("y ~ `a'b`", "quotation marks"),
        ("y ~ log(\uff41) + log(`\uff41`)", "full-width"),
        ("y ~ a\n+ b", "a new line"),
        ("y ~ " + "(" * 5000 + "a" + ")" * 5000, "cannot be read|at most"),
        ("y ~ I(" + "-" * 5000 + "a)", "cannot be read"),
    ],
)
def test_what_is_not_allowed_has_a_named_reason(small, formula, found):
    before = small.study.data.copy()
    with pytest.raises((InputError, UnknownNameError), match=found):
        fit(small, formula)
    pd.testing.assert_frame_equal(small.study.data, before)


def test_variables_do_not_stand_in_for_functions(small):
    study = small.study.with_columns(np=small.study.data["a"], log=small.study.data["b"])
    for formula in ("y ~ np + np.exp(a)", "y ~ log + log(a)"):
        with pytest.raises(InputError, match="is a variable and a function"):
            fit(small, formula, study)
    assert "log" in fit(small, "y ~ log + a", study).params


@pytest.mark.parametrize(
    ("formula", "regressor", "expected"),
    [
        ("y ~ np.sqrt(np.abs(a))", "np.sqrt(np.abs(a))", lambda d: np.sqrt(d["a"].abs())),
        ("y ~ np.maximum(a, b)", "np.maximum(a, b)", lambda d: d[["a", "b"]].max(axis=1)),
        ("y ~ I(-a ** 2 / (1 + b ** 2))", "I(-a ** 2 / (1 + b ** 2))", lambda d: -(d["a"] ** 2) / (1 + d["b"] ** 2)),
        ("y ~ I((a > 0) & (b > 0))", None, lambda d: ((d["a"] > 0) & (d["b"] > 0)).astype(float)),
        ("y ~ exp(`two words`)", None, lambda d: np.exp(d["two words"])),
        ("y ~ `two words`", "two words", lambda d: d["two words"]),
        ("y ~ Q('two words')", None, lambda d: d["two words"]),
        ("y ~ log(\u4eba\u53e3)", "log(\u4eba\u53e3)", lambda d: np.log(d["\u4eba\u53e3"])),
        ("y ~ scale(a, center=False)", None, lambda d: d["a"]),
        ("y ~ a__b", "a__b", lambda d: d["a"]),
    ],
)
def test_transformations_equal_columns_made_by_hand(small, formula, regressor, expected):
    study = small.study.with_columns(
        **{
            "two words": small.study.data["a"] / 2,
            "\u4eba\u53e3": np.exp(small.study.data["b"]),
            "a__b": lambda d: d["a"],
        }
    )
    made = fit(small, formula, study)
    by_hand = fit(small, "y ~ hand", study.with_columns(hand=expected))
    assert made.loglik == pytest.approx(by_hand.loglik, rel=1e-10)
    if regressor:
        assert regressor in made.params


def test_categories_and_polynomials(small):
    kind = pd.Series(["x", "y", "z"] * 4, index=small.study.ids)
    study = small.study.with_columns(kind=kind)
    plain = fit(small, "y ~ a + C(kind)", study)
    assert len(plain.params) == 5
    for coding in ("contr.treatment(base='z')", "contr.sum", "Sum()", "Treatment('z')"):
        text = coding if coding.endswith(")") else f"{coding}()"
        assert fit(small, f"y ~ a + C(kind, {text})", study).loglik == pytest.approx(plain.loglik, rel=1e-10)
    with pytest.raises(InputError, match="'kind' is text"):
        fit(small, "y ~ I(kind)", study)
    raw = fit(small, "y ~ a + I(a**2)")
    assert fit(small, "y ~ poly(a, degree=2)").loglik == pytest.approx(raw.loglik, rel=1e-10)
    assert fit(small, "y ~ poly(a, 2)").loglik == pytest.approx(raw.loglik, rel=1e-10)
    assert len(fit(small, "y ~ bs(a, df=4)").params) == 6


@pytest.mark.parametrize("formula", ["y ~ a**2", "y ~ a ^ 2", "y ~ b + log(a) ** 2", "y ~ (a + b)**2"])
def test_powers_of_terms_are_refused(small, formula):
    with pytest.raises(InputError, match=r"Write I\(a\*\*2\) for a square"):
        fit(small, formula)


# -- rows by label -------------------------------------------------------------------------------------------


def test_a_regressor_called_intercept_is_refused(small):
    study = small.study.with_columns(Intercept=small.study.data["b"])
    for formula in ("y ~ a + Intercept", "y ~ a + log(Intercept)", "Intercept ~ a"):
        with pytest.raises(InputError, match="'Intercept' would be taken for the constant; rename"):
            fit(small, formula, study)
    with pytest.raises(InputError, match="'Intercept' would be taken for the constant"):
        sr.spatial_regression("y ~ a + Intercept", study, w=small.weights, at=2001)


def scramble(study, data):
    """A study whose rows are `data`, past every check of its makers."""
    changed = dataclasses.replace(study)
    object.__setattr__(changed, "data", data)
    return changed


def test_rows_in_another_order_give_the_same_numbers(small):
    right = fit(small, "y ~ a + b", model="sdm", effects="twoway")
    for mixed in (
        small.study.data.sample(frac=1, random_state=1),
        small.study.data.sort_index(level=1),
        small.study.data.sort_index(),
    ):
        again = fit(small, "y ~ a + b", scramble(small.study, mixed), model="sdm", effects="twoway")
        pd.testing.assert_series_equal(again.params, right.params)
        pd.testing.assert_series_equal(again.residuals, right.residuals)
    one = small.study.at(2002)
    right = sr.spatial_regression("y ~ a + b", one, w=small.weights)
    again = sr.spatial_regression("y ~ a + b", scramble(one, one.data[::-1]), w=small.weights)
    pd.testing.assert_series_equal(again.params, right.params)
    pd.testing.assert_series_equal(again.residuals, right.residuals)


def test_rows_of_other_regions_are_refused(small):
    data = small.study.data
    with pytest.raises(AlignmentError, match="only in the regions: r3"):
        fit(small, "y ~ a", scramble(small.study, data.drop(index="r3")))
    with pytest.raises(SpatialRegionError, match="r4 2003"):
        fit(small, "y ~ a", scramble(small.study, data.drop(index=("r4", 2003))))
    with pytest.raises(DuplicateError, match="found twice"):
        fit(small, "y ~ a", scramble(small.study, pd.concat([data, data.iloc[:2]])))


# -- values that are not numbers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (lambda a: a + 1j, "is complex; a regression needs real numbers"),
        (lambda a: pd.Timestamp("2000-01-01") + pd.to_timedelta(a, unit="D"), "holds dates or times"),
        (lambda a: a.map(lambda v: datetime.date(2000, 1, 1 + int(abs(v)))), "holds dates or times"),
        (lambda a: pd.to_timedelta(a, unit="D"), "holds dates or times"),
        (lambda a: a.map(lambda v: Decimal(str(v))), "holds Python objects .decimal."),
        (lambda a: a * 1e200, r"of the order of \de\+200; express it in another unit"),
        (lambda a: a * 1e-200, r"of the order of \de-200; express it in another unit"),
    ],
)
@pytest.mark.parametrize("formula", ["y ~ b + odd", "y ~ b + I(odd)", "odd ~ a"])
def test_columns_that_are_not_numbers(small, value, found, formula):
    with pytest.raises(InputError, match=found):
        fit(small, formula, small.study.with_columns(odd=value(small.study.data["a"])))
