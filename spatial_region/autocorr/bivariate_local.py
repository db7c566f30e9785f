"""Local bivariate Moran's I: where a variable stands beside high, or low, values of another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from spatial_region.autocorr._inputs import check_testable
from spatial_region.autocorr._local import chosen_permutations, count_local, local_spec, sorted_inputs
from spatial_region.autocorr._local_fields import draw_variables, lag_moments, local_fields, score, standardised
from spatial_region.autocorr._tails import tie_tolerance
from spatial_region.autocorr.local_moran import QUADRANTS, quadrant_codes
from spatial_region.autocorr.local_result import LocalResult, class_codes
from spatial_region.core.correction import check_correction
from spatial_region.core.options import Alternative, Correction, Missing, check_option
from spatial_region.core.seeds import DEFAULT_SEED
from spatial_region.core.spec import digest


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class BivariateLocalMoran(LocalResult):
    """Local bivariate Moran's I of every region; see `LocalResult` for what it shares with other local statistics.

    Attributes
    ----------
    statistics : pandas.DataFrame
        Indexed by region: I, expected, variance, z, value (of the variable, in standard deviations from its mean), lag
        (of the other one, likewise), quadrant (the region's own value first, then its neighbours' other one), p.
    """

    title: ClassVar[str] = "Local bivariate Moran's I"
    statistic: ClassVar[str] = "I"
    classes: ClassVar[tuple[str, ...]] = QUADRANTS
    core_classes: ClassVar[tuple[str, ...]] = ("HH", "LL")


def bivariate_local_moran(
    study: object,
    variable: str,
    *,
    other: str,
    w: object = None,
    at: object = None,
    permutations: int | None = None,
    alternative: Alternative = "two-sided",
    correction: Correction | None = None,
    missing: Missing = "raise",
    stop_after: int | None = None,
    seed: int = DEFAULT_SEED,
) -> BivariateLocalMoran:
    """Find where a variable stands beside high, or low, values of another one: local bivariate Moran's I.

    ``I_i = x_i sum_j w_ij y_j``, with x and y the two variables as deviations from their means in standard deviations
    of the sample (divisor n - 1).

    The p-value of a region comes from conditional permutation: it keeps both its values while the others' values of
    `other` are drawn, without replacement, on its neighbours. It tests the lag, so that ``greater`` asks for neighbours
    with unusually high values of `other` and ``less`` for unusually low ones.

    Parameters
    ----------
    study : Study or pandas.DataFrame
        Values by region.
    variable : str
        Name of the variable at the region itself, x.
    other : str
        Name of the variable at its neighbours, y.
    w : Weights, Graph, W or str, optional
        Weights, or their name in the study; the study's only one by default. Weights whose standardisation
        nobody has chosen are row-standardised (a copy is).
    at : object, optional
        Time, for a panel.
    permutations : int, optional
        Number of conditional permutations, at least 1. By default 99,999 where the weights within each row are equal,
        else 9,999. Where a region has no more possible sets of neighbours than this, and equal weights, all are taken
        and p is exact.
    alternative : {"two-sided", "greater", "less"}
        Two-sided p-values are twice the smaller tail, at most 1.
    correction : {"fdr", "fdr_by", "bonferroni", "holm"} or None
        Correction for testing many regions; can be changed later, in ``table(correction=...)``.
    missing : {"raise", "drop"}
        What to do with regions without a value of either.
    stop_after : int, optional
        Where weights differ within a row, end the test of a region once so many of its draws lie in the tail
        (sequential Monte Carlo). All draws by default.
    seed : int
        Seed of the permutations. All local statistics draw the same neighbours for one seed.

    Returns
    -------
    BivariateLocalMoran

    Raises
    ------
    MissingValuesError
        If values are missing and `missing` is ``"raise"``.
    ConstantVariableError
        If either variable does not vary.
    AlignmentError
        If values and weights do not have the same regions.
    UnknownNameError
        If a variable, the time or the weights do not exist.
    WeightsError
        If there are no weights, or they have no link.
    InputError
        If there are fewer than 4 regions, both variables are the same, or an option is out of range.
    OptionError
        If an option is not offered.

    Warns
    -----
    SmallSampleWarning
        If there are fewer than 10 regions.

    Notes
    -----
    A region is significant when its neighbours have unusual values of `other`, whatever its own value of `variable`:
    that is weaker than an association of the two in space, which their correlation at the same place can bring about
    too. Statistics agree with esda and GeoDa; as in esda, a value equal to the mean counts as low.

    References
    ----------
    Anselin, L., Syabri, I., and Smirnov, O. (2002). Visualizing multivariate spatial correlation with dynamically
    linked windows. In New Tools for Spatial Data Analysis. University of California, Santa Barbara.
    Wartenberg, D. (1985). Geographical Analysis 17, 263-283. https://doi.org/10.1111/j.1538-4632.1985.tb00849.x

    Examples
    --------
    >>> import geopandas as gpd, shapely, spatial_region as sr
    >>> cells = [shapely.box(x, y, x + 1, y + 1) for x in range(6) for y in range(6)]
    >>> grid = gpd.GeoDataFrame({"gdp": range(36)}, geometry=cells, index=range(36), crs=3857)
    >>> grid = grid.assign(wage=grid["gdp"] ** 2)
    >>> sr.bivariate_local_moran(grid, "gdp", other="wage", w=sr.contiguity(grid)).counts().head(4).to_dict()
    {'HH': 10, 'LH': 0, 'LL': 11, 'HL': 0}
    """
    check_option(alternative, Alternative, "alternative")
    check_correction(correction)
    first, second = draw_variables(study, [variable, other], w=w, at=at, missing=missing)
    check_testable(first)
    second.check_varies()
    inputs = sorted_inputs(replace(first, variable=f"{variable} and neighbours' {other}"))
    values = second.values[first.canonical()[1]]
    x, y = standardised(inputs.canonical.values), standardised(values)
    permutations = chosen_permutations(permutations, inputs.others)
    close = tie_tolerance(y, float(np.abs(values).max() / np.std(values, ddof=1)))
    tests = count_local(
        inputs, y[None], None, permutations,
        seed=seed, tolerance=close * inputs.others.rows.sums, alternative=alternative, stop_after=stop_after,
    )  # fmt: skip
    lag = inputs.matrix @ y
    mean, variance = lag_moments(y, inputs)
    statistic, expected, spread = x * lag, x * mean, x**2 * variance
    quadrants = np.where(inputs.islands, len(QUADRANTS), quadrant_codes(x, lag))
    columns = {
        "I": statistic,
        "expected": expected,
        "variance": spread,
        "z": score(statistic, expected, spread),
        "value": x,
        "lag": lag,
        "quadrant": class_codes(quadrants, QUADRANTS),
    }
    options: dict[str, object] = {
        "permutations": permutations,
        "alternative": alternative,
        "correction": correction,
        "missing": missing,
        "stop_after": stop_after,
    }
    recorded: dict[str, object] = {"x": variable, "y": other, "other_digest": digest(values)}
    return BivariateLocalMoran(
        **local_fields(
            inputs, columns, tests.p(alternative), tests,
            alternative=alternative, correction=correction, permutations=permutations,
            spec=local_spec("bivariate_local_moran", inputs, seed=seed, options=options, **recorded),
        )
    )  # fmt: skip
