"""The value of one test: a statistic and how likely a larger one is when the null hypothesis holds."""

from __future__ import annotations

from dataclasses import dataclass

from scipy import stats


@dataclass(frozen=True, slots=True)
class TestValue:
    """What one test says.

    Attributes
    ----------
    statistic : float
    df : float or None
        Degrees of freedom of a chi-squared or t statistic; None for a normal one, or for a mixture.
    p : float
        Probability, under the null hypothesis, of a value at least as extreme.
    reference : str
        Distribution that `p` is taken from: ``"chi2"``, ``"normal"`` (two-sided), ``"normal, upper tail"`` or
        ``"chi2 mixture"``.
    """

    # Not a class of tests, whatever pytest makes of its name.
    __test__ = False

    statistic: float
    df: float | None
    p: float
    reference: str


def chi2_value(statistic: float, df: int) -> TestValue:
    """Return a statistic that is chi-squared under the null."""
    return TestValue(float(statistic), float(df), float(stats.chi2.sf(statistic, df)), "chi2")


def normal_value(statistic: float, *, upper: bool = False) -> TestValue:
    """Return a statistic that is standard normal under the null.

    Parameters
    ----------
    statistic : float
    upper : bool
        True when the alternative is a positive value only, as for a variance.
    """
    if upper:
        return TestValue(float(statistic), None, float(stats.norm.sf(statistic)), "normal, upper tail")
    return TestValue(float(statistic), None, float(2 * stats.norm.sf(abs(statistic))), "normal")


def mixture_value(statistic: float, weights: dict[int, float]) -> TestValue:
    """Return a statistic that is a mixture of chi-squared variables under the null.

    Parameters
    ----------
    statistic : float
    weights : dict of int to float
        Probability of each number of degrees of freedom; 0 degrees of freedom are a mass at zero.
    """
    tail = sum(share * float(stats.chi2.sf(statistic, df)) for df, share in weights.items() if df > 0)
    # At zero, or below it by rounding, the mass at zero counts too.
    p = tail + (weights.get(0, 0.0) if statistic <= 0 else 0.0)
    return TestValue(float(statistic), None, float(p), "chi2 mixture")
