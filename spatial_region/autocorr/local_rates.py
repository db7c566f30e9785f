"""Local Moran's I of rates, whose precision differs with the population at risk."""

from __future__ import annotations

from dataclasses import replace

from spatial_region.autocorr._inputs import check_testable, draw_pair
from spatial_region.autocorr._local import sorted_inputs
from spatial_region.autocorr.local_moran import Inference, LocalMoran, Moments, local_moran_of
from spatial_region.autocorr.rates import check_counts, standardised_rates
from spatial_region.core.correction import check_correction
from spatial_region.core.options import Alternative, Correction, Missing, check_option
from spatial_region.core.seeds import DEFAULT_SEED


def local_moran_rates(
    study: object,
    variable: str,
    *,
    population: str,
    w: object = None,
    at: object = None,
    permutations: int | None = None,
    alternative: Alternative = "two-sided",
    correction: Correction | None = None,
    inference: Inference = "conditional",
    moments: Moments | None = None,
    missing: Missing = "raise",
    stop_after: int | None = None,
    seed: int = DEFAULT_SEED,
) -> LocalMoran:
    """Find clusters and outliers of rates, allowing for small populations: local Moran's I of standardised rates.

    The rate of a small region varies by chance more than that of a large one, so that raw rates bring forth outliers
    that are noise. Each rate is standardised by the empirical Bayes index of Assunção and Reis (1999), as in
    `moran_rates`; local Moran's I is that of the standardised rates, as in `local_moran`.

    Parameters
    ----------
    study : Study or pandas.DataFrame
        Values by region.
    variable : str
        Name of the events, counts in each region.
    population : str
        Name of the population at risk, in the same unit as the events.
    w : Weights, Graph, W or str, optional
        Weights, or their name in the study; the study's only one by default. Weights whose standardisation
        nobody has chosen are row-standardised (a copy is).
    at : object, optional
        Time, for a panel.
    permutations : int, optional
        Number of conditional permutations of the standardised rates, at least 1. By default 99,999 where the weights
        within each row are equal, else 9,999.
    alternative : {"two-sided", "greater", "less"}
        Two-sided p-values are twice the smaller tail, at most 1.
    correction : {"fdr", "fdr_by", "bonferroni", "holm"} or None
        Correction for testing many regions; can be changed later, in ``table(correction=...)``.
    inference : {"conditional", "total", "analytic"}
        Where p comes from; see `local_moran`.
    moments : {"conditional", "total"}, optional
        Null hypothesis behind `expected`, `variance` and `z`; see `local_moran`.
    missing : {"raise", "drop"}
        What to do with regions without events or population.
    stop_after : int, optional
        Where weights differ within a row, end the test of a region once so many of its draws lie in the tail.
    seed : int
        Seed of the permutations. All local statistics draw the same neighbours for one seed.

    Returns
    -------
    LocalMoran
        Of the standardised rates; `spec.inputs` has ``mean_rate`` and ``rate_variance``.

    Raises
    ------
    MissingValuesError
        If values are missing and `missing` is ``"raise"``.
    InputError
        If a population is zero or negative, or events are negative; there are fewer than 4 regions; or an option is
        out of range.
    ConstantVariableError
        If the standardised rates do not vary.
    AlignmentError
        If values and weights do not have the same regions.
    UnknownNameError
        If a variable, the time or the weights do not exist.
    WeightsError
        If there are no weights, or they have no link.
    OptionError
        If an option is not offered.

    Warns
    -----
    SmallSampleWarning
        If there are fewer than 10 regions.

    References
    ----------
    Assunção, R. M., and Reis, E. A. (1999). Statistics in Medicine 18, 2147-2162.
    https://doi.org/10.1002/(SICI)1097-0258(19990830)18:16<2147::AID-SIM179>3.0.CO;2-I

    Examples
    --------
    >>> import geopandas as gpd, shapely, spatial_region as sr
    >>> cells = [shapely.box(x, y, x + 1, y + 1) for x in range(6) for y in range(6)]
    >>> grid = gpd.GeoDataFrame({"deaths": range(36)}, geometry=cells, index=range(36), crs=3857)
    >>> grid = grid.assign(people=[900, 1000, 1100] * 12)
    >>> sr.local_moran_rates(grid, "deaths", population="people", w=sr.contiguity(grid)).counts()["HH"]
    np.int64(10)
    """
    check_option(alternative, Alternative, "alternative")
    check_correction(correction)
    events, people = draw_pair(study, variable, population, w=w, at=at, missing=missing, vary=False)
    check_counts(events, people)
    rates, prior = standardised_rates(events.values, people.values)
    sample = replace(events, values=rates, variable=f"{variable} per {population}, standardised")
    check_testable(sample)
    return local_moran_of(
        sorted_inputs(sample), "local_moran_rates", permutations=permutations, alternative=alternative,
        correction=correction, inference=inference, moments=moments, missing=missing, stop_after=stop_after, seed=seed,
        mean_rate=prior.mean, rate_variance=prior.variance,
    )  # fmt: skip
