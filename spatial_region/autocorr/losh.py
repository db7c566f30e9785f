"""Local spatial heteroscedasticity: where values vary more, or less, around their local mean than elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy import sparse as sp
from scipy import stats

from spatial_region.autocorr._local import LocalInputs, local_inputs, local_spec
from spatial_region.autocorr._local_fields import local_fields, score
from spatial_region.autocorr.local_result import LocalResult, class_codes
from spatial_region.core.correction import check_correction
from spatial_region.core.options import Alternative, Correction, Missing
from spatial_region.errors import ConstantVariableError


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Losh(LocalResult):
    """Local spatial heteroscedasticity of every region; see `LocalResult` for what it shares with other statistics.

    Attributes
    ----------
    statistics : pandas.DataFrame
        Indexed by region: H, expected (1), variance, z, local_mean, residual (squared deviation from the local mean),
        association, p.
    """

    title: ClassVar[str] = "Local spatial heteroscedasticity"
    statistic: ClassVar[str] = "H"
    class_column: ClassVar[str] = "association"
    classes: ClassVar[tuple[str, ...]] = ("heterogeneous", "homogeneous")
    core_classes: ClassVar[tuple[str, ...]] = ("heterogeneous",)


def losh(
    study: object,
    variable: str | None = None,
    *,
    w: object = None,
    at: object = None,
    alternative: Alternative = "greater",
    correction: Correction | None = None,
    missing: Missing = "raise",
    ids: Any = None,
) -> Losh:
    """Find where values vary more around their local mean than elsewhere: local spatial heteroscedasticity (LOSH).

    ``H_i = sum_j w_ij e_j / (h sum_j w_ij)``, with ``e_j = (x_j - m_j)**2`` the squared deviation of a value from the
    mean of its neighbours, ``m_j = sum_k w_jk x_k / sum_k w_jk``, and h the mean of all e. Its expectation is 1.

    A large H marks neighbours that differ from their surroundings: a border between two regimes, or unsettled ground.
    The p-values are the published approximation: ``2 H / V`` has a chi-square distribution with ``2 / V`` degrees of
    freedom, V the variance of H when the e are shuffled.

    Parameters
    ----------
    study : Study, pandas.DataFrame, pandas.Series or array
        Values by region. An array needs `ids`.
    variable : str, optional
        Name of the variable.
    w : Weights, Graph, W or str, optional
        Weights, or their name in the study; the study's only one by default. Weights whose
        standardisation nobody has chosen are row-standardised (a copy is). Weights of regions for themselves count.
    at : object, optional
        Time, for a panel.
    alternative : {"greater", "two-sided", "less"}
        ``"greater"`` finds neighbours that vary more than elsewhere, ``"less"`` those that vary less. Two-sided
        p-values are twice the smaller tail, at most 1.
    correction : {"fdr", "fdr_by", "bonferroni", "holm"} or None
        Correction for testing many regions; can be changed later, in ``table(correction=...)``.
    missing : {"raise", "drop"}
        What to do with regions without a value.
    ids : sequence, optional
        Region ids, for values that are a bare array.

    Returns
    -------
    Losh
        Classes: ``"heterogeneous"``, ``"homogeneous"``.

    Raises
    ------
    MissingValuesError
        If values are missing and `missing` is ``"raise"``.
    ConstantVariableError
        If the variable does not vary, or nowhere differs from its local mean.
    AlignmentError
        If values and weights do not have the same regions.
    UnknownNameError
        If the variable, time or weights do not exist.
    WeightsError
        If there are no weights, or they have no link.
    InputError
        If there are fewer than 4 regions.
    OptionError
        If an option is not offered.

    Warns
    -----
    SmallSampleWarning
        If there are fewer than 10 regions.

    Notes
    -----
    A region without neighbours has no local mean: it is undefined, and stays out of h, V and every sum (in esda one
    such region makes all others undefined). The approximation is rough where few neighbours have much of the weight.

    References
    ----------
    Ord, J. K., and Getis, A. (2012). Local spatial heteroscedasticity (LOSH). The Annals of Regional Science 48,
    529-539. https://doi.org/10.1007/s00168-011-0492-y

    Examples
    --------
    >>> import geopandas as gpd, shapely, spatial_region as sr
    >>> cells = [shapely.box(x, y, x + 1, y + 1) for x in range(6) for y in range(6)]
    >>> noisy = [(7 * x * y % 5 if x < 3 else 2 + y / 10) for x in range(6) for y in range(6)]
    >>> grid = gpd.GeoDataFrame({"gdp": noisy}, geometry=cells, index=range(36), crs=3857)
    >>> sr.losh(grid, "gdp", w=sr.contiguity(grid)).table()["H"].round(2).head(3).to_dict()
    {0: 1.06, 1: 2.04, 2: 2.15}
    """
    check_correction(correction)
    inputs = local_inputs(study, variable, w=w, at=at, missing=missing, ids=ids, alternative=alternative)
    columns = _statistics(inputs)
    upper, lower = _tails(columns["H"], columns["variance"])
    p = {"greater": upper, "less": lower, "two-sided": np.minimum(1.0, 2.0 * np.minimum(upper, lower))}[alternative]
    codes = np.where(inputs.islands, 2, np.where(lower < upper, 1, 0))
    options: dict[str, object] = {
        "alternative": alternative,
        "correction": correction,
        "missing": missing,
        "inference": "chi-square",
    }
    return Losh(
        **local_fields(
            inputs, {**columns, "association": class_codes(codes, Losh.classes)}, p[inputs.place], None,
            alternative=alternative, correction=correction, permutations=0,
            spec=local_spec("losh", inputs, seed=None, options=options),
        )
    )  # fmt: skip


def _statistics(inputs: LocalInputs) -> dict[str, np.ndarray]:
    sample, inside = inputs.sample, ~inputs.islands
    matrix = inputs.matrix
    # An island may be a neighbour of others where links go one way; it has no residual to pass on.
    means = _averaged(matrix, inputs.z)
    residual = np.where(inside, (inputs.z - means) ** 2, 0.0)
    links = sp.csr_array(matrix @ sp.diags_array(inside.astype(float)))
    links.eliminate_zeros()
    n, mean = int(inside.sum()), float(residual.sum() / inside.sum())
    if mean <= 1e-24 * float(np.abs(inputs.z).max()) ** 2:
        raise ConstantVariableError(f"{sample.described} equals its local mean in every region; nothing varies.")
    total, squares = links.sum(axis=1), links.power(2).sum(axis=1)
    apart = float((residual**2).sum()) / n - mean**2
    with np.errstate(invalid="ignore", divide="ignore"):
        statistic = (links @ residual) / (mean * total)
        variance = apart * (n * squares - total**2) / ((n - 1) * (mean * total) ** 2)
    expected = np.ones(sample.n)
    return {
        "H": statistic,
        "expected": expected,
        "variance": variance,
        "z": score(statistic, expected, variance),
        "local_mean": inputs.canonical.values - inputs.scale * (inputs.z - means),
        "residual": inputs.scale**2 * residual,
    }


def _averaged(matrix: sp.csr_array, z: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((matrix @ z) / matrix.sum(axis=1))


def _tails(statistic: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return upper and lower tails; 1 where the statistic cannot vary."""
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled, freedom = 2.0 * statistic / variance, 2.0 / variance
    upper, lower = stats.chi2.sf(scaled, freedom), stats.chi2.cdf(scaled, freedom)
    still = variance <= 0
    return np.where(still, 1.0, upper), np.where(still, 1.0, lower)
