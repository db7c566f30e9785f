"""Moran's I of rates, whose precision differs with the population at risk."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spatial_region.autocorr._inputs import check_permutations, draw_pair
from spatial_region.autocorr.moran import Assumption, Moran, moran_of
from spatial_region.core.messages import name_regions
from spatial_region.core.options import Alternative, Missing, check_option
from spatial_region.core.sample import Sample
from spatial_region.core.seeds import DEFAULT_SEED
from spatial_region.errors import InputError


@dataclass(frozen=True)
class RatePrior:
    """Distribution from which the true rates come, estimated from all regions.

    Attributes
    ----------
    mean : float
        Events of all regions over their population.
    variance : float
        Variance of the true rates between regions, by the method of moments; it may come out negative.
    """

    mean: float
    variance: float


def moran_rates(
    study: object,
    variable: str,
    *,
    population: str,
    w: object = None,
    at: object = None,
    permutations: int = 9999,
    alternative: Alternative = "two-sided",
    assumption: Assumption = "normality",
    missing: Missing = "raise",
    seed: int = DEFAULT_SEED,
) -> Moran:
    """Test whether near regions have similar rates, allowing for small populations: Moran's I of standardised rates.

    The rate of a small region varies by chance more than that of a large one, so that raw rates have no common
    variance. Each is standardised by the empirical Bayes index of Assunção and Reis (1999):
    ``z_i = (r_i - m) / sqrt(v_i)``, with ``r_i = e_i / p_i``, m the events of all over the population of all,
    ``v_i = a + m / p_i`` and ``a = sum_i p_i (r_i - m)**2 / sum_i p_i - m / mean(p)``. Moran's I is that of z.

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
    permutations : int
        Number of random arrangements of the standardised rates; 0 for none. When there are no more arrangements in
        all (n! of them), every one is taken and the p-value is exact.
    alternative : {"two-sided", "greater", "less"}
        Two-sided p-values are twice the smaller tail, at most 1.
    assumption : {"normality", "randomisation"}
        Assumption behind `variance`, `z` and `p_normal`.
    missing : {"raise", "drop"}
        What to do with regions without events or population.
    seed : int
        Seed of the permutations.

    Returns
    -------
    Moran
        Of the standardised rates; `spec.inputs` has ``mean_rate`` and ``rate_variance`` (m and a).

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

    Notes
    -----
    The estimate a is negative where rates vary less than chance alone would make them. As in the source and in esda,
    v_i is m / p_i in the regions where a + m / p_i would be negative.

    References
    ----------
    Assunção, R. M., and Reis, E. A. (1999). A new proposal to adjust Moran's I for population density. Statistics in
    Medicine 18, 2147-2162.
    https://doi.org/10.1002/(SICI)1097-0258(19990830)18:16<2147::AID-SIM179>3.0.CO;2-I

    Examples
    --------
    >>> import geopandas as gpd, shapely, spatial_region as sr
    >>> cells = [shapely.box(x, y, x + 1, y + 1) for x in range(4) for y in range(4)]
    >>> grid = gpd.GeoDataFrame({"deaths": range(1, 17)}, geometry=cells, index=list("abcdefghijklmnop"), crs=3857)
    >>> grid = grid.assign(people=[900, 1000, 1100, 1000] * 4)
    >>> round(sr.moran_rates(grid, "deaths", population="people", w=sr.contiguity(grid), permutations=99).I, 4)
    0.5998
    """
    check_option(alternative, Alternative, "alternative")
    check_option(assumption, Assumption, "assumption")
    check_permutations(permutations, least=0)
    events, people = draw_pair(study, variable, population, w=w, at=at, missing=missing, vary=False)
    check_counts(events, people)
    standardised, prior = standardised_rates(events.values, people.values)
    sample = replace(events, values=standardised, variable=f"{variable} per {population}, standardised")
    options = {"permutations": permutations, "alternative": alternative, "assumption": assumption, "missing": missing}
    recorded = {"mean_rate": prior.mean, "rate_variance": prior.variance}
    return moran_of(sample, "moran_rates", options, seed=seed, **recorded)


def standardised_rates(events: np.ndarray, population: np.ndarray) -> tuple[np.ndarray, RatePrior]:
    """Return the empirical Bayes index of each rate, and the estimates behind it.

    Parameters
    ----------
    events : (n,) counts
    population : (n,) population at risk, positive
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
        return _standardised(events, population)


def _standardised(events: np.ndarray, population: np.ndarray) -> tuple[np.ndarray, RatePrior]:
    rate = events / population
    mean = float(events.sum() / population.sum())
    spread = float((population * (rate - mean) ** 2).sum() / population.sum())
    between = spread - mean / float(population.mean())
    variance = between + mean / population
    variance = np.where(variance < 0, mean / population, variance)
    standardised = (rate - mean) / np.sqrt(variance)
    if not np.isfinite(standardised).all() or np.ptp(standardised) == 0:
        raise InputError(
            f"events from {events.min():g} to {events.max():g} and populations from {population.min():g} to "
            f"{population.max():g} give no rates that can be standardised; count both in units of a usual size."
        )
    return standardised, RatePrior(mean, between)


def check_counts(events: Sample, people: Sample) -> None:
    """Refuse populations that are not positive, and events that are negative or nowhere.

    Raises
    ------
    InputError
        If a count is out of range.
    """
    for sample, wrong, needed in (
        (people, people.values <= 0, "a population must be positive; leave such regions out, or merge them"),
        (events, events.values < 0, "events are counted from 0"),
    ):
        if wrong.any():
            raise InputError(
                f"{sample.described} is {'zero or ' if sample is people else ''}negative in {wrong.sum()} of "
                f"{sample.n} regions: {name_regions(sample.ids[wrong], sample.names)}; {needed}."
            )
    if not events.values.any():
        raise InputError(f"{events.described} is zero in all {events.n} regions; there is no rate to compare.")
