"""The distribution of regions over time, as kernel densities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_regions, name_some
from spatial_region.core.options import Missing, check_option, check_whole_number
from spatial_region.core.result import Result
from spatial_region.core.sample import as_numbers
from spatial_region.core.spec import Spec, digest, make_spec
from spatial_region.core.study import Study
from spatial_region.errors import ConstantVariableError, InputError, MissingValuesError
from spatial_region.measure._kernel_density import Rule, bandwidth_of, density, moments, peaks, quantile


@dataclass(frozen=True, eq=False, repr=False)
class DensityOverTime(Result):
    """Kernel density of a variable at each time, on one grid.

    Attributes
    ----------
    densities : pandas.DataFrame
        One row a point of the grid (index ``value``, in the unit of the variable), one column a time.
    shape : pandas.DataFrame
        One row a time. Columns: n; bandwidth; mean; median; std, over n - 1; peak, where the density is highest;
        height, there; peaks, their number; below_zero, the share of the density at values below 0, which a variable
        that cannot be negative does not have.
    peaks : pandas.DataFrame
        One row a peak. Columns: time, value, density.
    rule : str
        Rule of the bandwidth, with its formula.
    notes : tuple of str
        What a reader must know.
    spec : Spec
        Settings.
    """

    densities: pd.DataFrame
    shape: pd.DataFrame
    peaks: pd.DataFrame
    rule: str
    notes: tuple[str, ...]
    spec: Spec

    def table(self) -> pd.DataFrame:
        """Return the densities as a tidy table.

        Returns
        -------
        pandas.DataFrame
            Columns: time; value, in the unit of the variable; density, in its inverse.
        """
        long = self.densities.reset_index().melt(id_vars="value", var_name="time", value_name="density")
        return long[["time", "value", "density"]]

    def summary(self) -> str:
        """Return the shape at each time as text."""
        text = self.shape.to_string(float_format=lambda number: f"{number:.5g}")
        lines = [f"Kernel density of {self.spec.inputs['variable']}", f"Bandwidth: {self.rule}", text]
        return "\n".join([*lines, *(f"Note: {note}" for note in self.notes)])


_RULES = {
    "nrd0": "nrd0, 0.9 min(s, IQR / 1.34) n^(-1/5) (Silverman 1986, equation 3.31)",
    "silverman": "silverman, s (3 n / 4)^(-1/5)",
    "scott": "scott, s n^(-1/5)",
}


def density_over_time(
    study: Study,
    variable: str,
    *,
    bandwidth: Rule | float = "nrd0",
    relative: bool = False,
    weighted_by: str | None = None,
    points: int = 400,
    missing: Missing = "raise",
) -> DensityOverTime:
    """Estimate the distribution of regions at each time: where it lies, how wide it is, and how many peaks it has.

    ``f(v) = sum_i p_i phi((v - x_i) / h) / h`` with normal density phi, bandwidth h and p_i = 1 / n, or weights that
    add to 1; by `scipy.stats.gaussian_kde`, at every time on one grid.

    Parameters
    ----------
    study : Study
        A panel, or a cross-section. ``study.between(first, last)`` chooses times.
    variable : str
        Numeric variable.
    bandwidth : {"nrd0", "silverman", "scott"} or float
        Rule, of the n regions and standard deviation s of each time, or h itself in the unit of the variable.
        "nrd0": 0.9 min(s, IQR / 1.34) n^(-1/5), the default of R and Stata. "silverman": s (3 n / 4)^(-1/5) and
        "scott": s n^(-1/5), the rules of these names in scipy, which smooth more and may hide a second peak.
    relative : bool
        Whether values are divided by the (weighted) mean of their time: 1 is then average, and only the shape changes
        over time. The bandwidth is then in these units.
    weighted_by : str, optional
        Variable with positive weights, such as population; n is then the effective number (sum w)^2 / sum w^2.
    points : int
        Points of the grid, which reaches 3 bandwidths beyond the smallest and the largest value of all times.
    missing : {"raise", "drop"}
        What to do with regions whose value or weight is missing at a time.

    Returns
    -------
    DensityOverTime
        ``table()`` has the densities, ``shape`` the numbers to read off them, ``peaks`` the places of the peaks.

    Raises
    ------
    InputError
        If `study` is no Study, values are infinite or fewer than 3 at a time, weights or `bandwidth` are not positive,
        or values to be divided have no positive mean.
    MissingValuesError
        If something is missing and `missing` is ``"raise"``.
    ConstantVariableError
        If all regions are equal at a time.
    UnknownNameError
        If a variable does not exist.
    OptionError
        If the rule or `missing` is not offered.

    References
    ----------
    Silverman, B. W. (1986). Density Estimation for Statistics and Data Analysis. Chapman & Hall.
    doi:10.1201/9781315140919

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, spatial_region as sr
    >>> points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(range(8), [0] * 8), index=list("abcdefgh"), crs=4326)
    >>> years = {2000: [1.0, 1.2, 1.3, 1.5, 1.6, 1.8, 1.9, 2.1], 2020: [1.0, 1.1, 1.2, 1.3, 4.8, 4.9, 5.0, 5.1]}
    >>> data = pd.DataFrame(years, index=list("abcdefgh")).stack()
    >>> found = sr.density_over_time(sr.make_study(points, pd.DataFrame({"gdp": data})), "gdp", bandwidth=0.4)
    >>> found.shape["peaks"].tolist()
    [1, 2]
    >>> found.peaks["value"].round(1).tolist()
    [1.5, 1.2, 4.9]
    """
    check_option(missing, Missing, "missing")
    points = check_whole_number(points, "points", least=50)
    _check_bandwidth(bandwidth)
    samples, notes = _samples(study, variable, weighted_by, missing, relative)
    widths = {
        time: bandwidth_of(x, w, bandwidth) if isinstance(bandwidth, str) else float(bandwidth)
        for time, (x, w) in samples.items()
    }
    widest = max(widths.values())
    low = min(x[0] for x, _ in samples.values()) - 3 * widest
    high = max(x[-1] for x, _ in samples.values()) + 3 * widest
    grid = np.linspace(low, high, points)
    columns, shape, tops = {}, {}, []
    for time, (x, w) in samples.items():
        own = density(x, w, widths[time], grid)
        places = peaks(own)
        columns[time], shape[time] = own, _shape(x, w, widths[time], grid, own, len(places))
        tops += [{"time": time, "value": grid[place], "density": own[place]} for place in places]
    return DensityOverTime(
        densities=pd.DataFrame(columns, index=pd.Index(grid, name="value")).rename_axis(columns="time"),
        shape=pd.DataFrame.from_dict(shape, orient="index").rename_axis("time"),
        peaks=pd.DataFrame(tops, columns=["time", "value", "density"]),
        rule=_RULES[bandwidth] if isinstance(bandwidth, str) else f"{bandwidth:g}, as given",
        notes=notes,
        spec=make_spec(
            "density_over_time",
            options={
                "bandwidth": bandwidth,
                "relative": relative,
                "weighted_by": weighted_by,
                "points": points,
                "missing": missing,
            },
            inputs={
                "variable": variable,
                "n": study.n,
                "times": study.times,
                "values_digest": digest(np.concatenate([x for x, _ in samples.values()])),
            },
        ),
    )


def _check_bandwidth(bandwidth: object) -> None:
    if isinstance(bandwidth, str):
        check_option(bandwidth, Rule, "bandwidth")
    elif isinstance(bandwidth, bool) or not isinstance(bandwidth, (int, float)) or not 0 < bandwidth < np.inf:
        raise InputError(
            f"bandwidth must be a rule or a positive number in the unit of the variable; found {bandwidth!r}."
        )


def _samples(
    study: Study, variable: str, weighted_by: str | None, missing: Missing, relative: bool
) -> tuple[dict[Any, tuple[np.ndarray, np.ndarray]], tuple[str, ...]]:
    """Return ascending values and their weights at each time, and notes."""
    if not isinstance(study, Study):
        raise InputError(f"study must be a Study, as read() or make_study() return it; found {type(study).__name__}.")
    names = [variable] if weighted_by is None else [variable, weighted_by]
    given = study.frame(names)
    frame = pd.DataFrame({name: as_numbers(given[name], name) for name in names}, index=given.index)
    infinite = frame.index[np.isinf(frame).any(axis="columns")]
    if len(infinite):
        raise InputError(f"infinite values at {name_some(infinite)}. Correct them, or make them missing.")
    absent = frame.index[frame.isna().any(axis="columns")]
    notes = []
    if len(absent):
        found = f"{' or '.join(map(repr, names))} is missing for {len(absent)} of {len(frame)}: {name_regions(absent)}."
        if missing == "raise":
            raise MissingValuesError(f'{found} Pass missing="drop" or fill it first.')
        notes.append(f"Left out: {found}")
        frame = frame.drop(absent)
    samples = {}
    for time in study.times or [variable]:
        rows = frame.xs(time, level="time") if study.is_panel else frame
        samples[time] = _sample(rows, variable, weighted_by, relative, f" at {time}" if study.is_panel else "")
    return samples, tuple(notes)


def _sample(
    rows: pd.DataFrame, variable: str, weighted_by: str | None, relative: bool, where: str
) -> tuple[np.ndarray, np.ndarray]:
    x = rows[variable].to_numpy()
    w = np.ones(len(x)) if weighted_by is None else rows[weighted_by].to_numpy()
    if len(x) < 3:
        raise InputError(f"{variable!r}{where} has {len(x)} values; a density needs at least 3.")
    if np.ptp(x) == 0:
        raise ConstantVariableError(f"{variable!r}{where} is {x[0]:g} in all {len(x)} regions; it has no density.")
    light = rows.index[w <= 0]
    if len(light):
        raise InputError(f"{weighted_by!r}{where} must be positive; it is not for {name_some(light)}.")
    order = np.lexsort((w, x))
    x, w = x[order], w[order]
    if relative:
        mean = moments(x, w)[0]
        if not mean > 0:
            raise InputError(f"{variable!r}{where} has a mean of {mean:g}, which nothing can be relative to.")
        x = x / mean
    return x, w


def _shape(
    x: np.ndarray, w: np.ndarray, width: float, grid: np.ndarray, own: np.ndarray, tops: int
) -> dict[str, float]:
    from scipy.stats import norm

    mean, std, _ = moments(x, w)
    highest = int(own.argmax())
    return {
        "n": len(x),
        "bandwidth": width,
        "mean": mean,
        "median": quantile(x, w, 0.5),
        "std": std,
        "peak": grid[highest],
        "height": own[highest],
        "peaks": tops,
        "below_zero": float((w / w.sum()) @ norm.cdf(-x / width)),
    }
