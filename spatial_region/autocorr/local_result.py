"""What every local statistic offers: one test a region; correction, level and map are chosen afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from spatial_region.autocorr._engine import Counts
from spatial_region.autocorr._save import save_table
from spatial_region.core.correction import adjusted_p, check_correction
from spatial_region.core.messages import did_you_mean, name_regions
from spatial_region.core.options import Alternative, Correction, check_between
from spatial_region.core.result import Result, two_columns
from spatial_region.core.spec import Spec
from spatial_region.core.weights import Weights
from spatial_region.errors import OptionError

AsComputed = Literal["as computed"]
NOT_SIGNIFICANT, UNDEFINED = "not significant", "undefined"
FEW_REGIONS = 10


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LocalResult(Result):
    """A local statistic of every region.

    Attributes
    ----------
    statistics : pandas.DataFrame
        Indexed by region, in the order of the caller's data: the statistic, its moments where they are known, the class
        of association that the region would have if it were significant, and p. NaN, and the class ``"undefined"``,
        where a region has no neighbours.
    names : pandas.Series
        Display names.
    w : Weights
        The weights that were used.
    alternative : str
        Side of the test.
    correction : {"fdr", "fdr_by", "bonferroni", "holm"} or None
        Correction that `table` applies unless told otherwise.
    permutations : int
        Number of conditional permutations of each region; 0 where the test needed none.
    tests : Counts or None
        Draws in each tail, by region; None where the p-value comes from a formula.
    spec : Spec
        Settings.
    regions : Study or geopandas.GeoDataFrame or None
        Where the boundaries are, for maps; None when the values came without them.
    """

    statistics: pd.DataFrame
    names: pd.Series
    w: Weights
    alternative: Alternative
    correction: Correction | None
    permutations: int
    tests: Counts | None
    spec: Spec
    regions: object = None

    title: ClassVar[str]
    statistic: ClassVar[str]
    class_column: ClassVar[str] = "quadrant"
    classes: ClassVar[tuple[str, ...]]
    core_classes: ClassVar[tuple[str, ...]]
    untested: ClassVar[tuple[str, ...]] = ()  # of regions with neighbours of which the statistic asks nothing

    @property
    def n(self) -> int:
        """Number of regions."""
        return len(self.statistics)

    @property
    def p_error(self) -> pd.Series:
        """Monte Carlo standard error of each p; 0 where every set of neighbours was taken, or a formula gave p."""
        error = np.zeros(self.n) if self.tests is None else self.tests.p_error(self.alternative)
        return pd.Series(
            np.where(self.statistics["p"].isna(), np.nan, error), index=self.statistics.index, name="p_error"
        )

    @property
    def enumerated(self) -> pd.Series:
        """Regions for which all sets of neighbours were taken, so that p has no Monte Carlo error."""
        exact = np.zeros(self.n, dtype=bool) if self.tests is None else self.tests.exact
        return pd.Series(exact, index=self.statistics.index, name="enumerated")

    def table(self, *, level: float = 0.05, correction: Correction | AsComputed | None = "as computed") -> pd.DataFrame:
        """Return the statistics and clusters at a level of significance.

        Parameters
        ----------
        level : float
            Level of significance; a region is significant when its (adjusted) p is at most this.
        correction : {"fdr", "fdr_by", "bonferroni", "holm"} or None, optional
            Correction for many tests; by default the one asked for when the statistics were computed.

        Returns
        -------
        pandas.DataFrame
            Indexed by region: the statistic, expected, variance and z where they are known, its class, p, p_error
            (Monte Carlo standard error), p_adjusted, significant, cluster (the class, ``"not significant"``, or
            ``"undefined"`` for an island; a categorical with all its classes, whether or not they occur), name.

        Raises
        ------
        InputError
            If `level` does not lie between 0 and 1.
        OptionError
            If the correction is not offered.
        """
        check_between(level, "level", low=0, high=1)
        result = self.statistics.drop(columns="value", errors="ignore")
        result["p_error"] = self.p_error
        result["p_adjusted"] = adjusted_p(result["p"].to_numpy(), self._asked(correction))
        result["significant"] = result["p_adjusted"] <= level
        result["cluster"] = self._clusters(result["significant"].to_numpy())
        result["name"] = self.names
        return result

    def counts(self, *, level: float = 0.05, correction: Correction | AsComputed | None = "as computed") -> pd.Series:
        """Return how many regions each cluster class has, absent classes included; options as for `table`."""
        found = self.table(level=level, correction=correction)["cluster"].value_counts()
        shown = [*self.classes, NOT_SIGNIFICANT, UNDEFINED, *self.untested]
        return pd.Series(found.reindex(shown, fill_value=0).to_numpy(), index=shown, name="regions")

    def count_range(
        self, *, level: float = 0.05, correction: Correction | AsComputed | None = "as computed"
    ) -> tuple[int, int]:
        """Return how many regions would be significant if every p erred by one Monte Carlo standard error.

        Shared draws make the errors of regions move together, so that the number of significant regions can swing from
        seed to seed by more than independent errors would: this is its range when all p are one standard error higher,
        and lower. More permutations narrow it. Options as for `table`.
        """
        check_between(level, "level", low=0, high=1)
        p, error, asked = self.statistics["p"].to_numpy(), self.p_error.to_numpy(), self._asked(correction)
        fewer, more = (
            int(np.nansum(adjusted_p(np.clip(p + shift, 0.0, 1.0), asked) <= level)) for shift in (error, -error)
        )
        return fewer, more

    def cores(
        self,
        classes: Iterable[str] | None = None,
        *,
        neighbours: bool = False,
        level: float = 0.05,
        correction: Correction | AsComputed | None = "as computed",
    ) -> pd.Index:
        """Return the regions at the heart of clusters, or with their neighbours: the clusters as areas.

        A local statistic is significant at the core of a cluster; the cluster itself is the core and its neighbours.

        Parameters
        ----------
        classes : iterable of str, optional
            Classes to take; by default those of similar values (clusters, not outliers).
        neighbours : bool
            Whether the neighbours of cores are returned too.
        level, correction
            As for `table`.

        Raises
        ------
        OptionError
            If a class is not one of the statistic's.
        """
        wanted = (
            list(self.core_classes) if classes is None else [classes] if isinstance(classes, str) else list(classes)
        )
        for name in wanted:
            if name not in self.classes:
                listed = ", ".join(map(repr, self.classes))
                raise OptionError(f"no class {name!r}.{did_you_mean(name, self.classes)} Choose among: {listed}.")
        chosen = self.table(level=level, correction=correction)["cluster"].isin(wanted).to_numpy()
        if neighbours:
            links = self.w.reorder(self.statistics.index).sparse
            chosen = chosen | (links[chosen].sum(axis=0) > 0)
        return self.statistics.index[chosen]

    def save(
        self,
        path: str | Path,
        *,
        level: float = 0.05,
        correction: Correction | AsComputed | None = "as computed",
    ) -> Path:
        """Write the table as CSV, Excel (.xlsx) or, with the boundaries, GeoPackage (.gpkg) or GeoJSON.

        Parameters
        ----------
        path : str or path
            Where to; the suffix says the format. CSV is UTF-8 with a byte-order mark, so that Excel reads Chinese.
        level, correction
            As for `table`.

        Raises
        ------
        InputError
            If the suffix is none of these, or a map format is asked for and the values came without boundaries.
        OutputError
            If the file cannot be written.
        """
        return save_table(self.table(level=level, correction=correction), Path(path), regions=self.regions)

    def summary(self) -> str:
        """Return counts of the clusters, their members, and the settings as text."""
        inputs, table = self.spec.inputs, self.table()
        rows: list[tuple[str, object]] = [("regions", self.n)]
        for cluster, count in self.counts().items():
            members = table.index[table["cluster"] == cluster]
            listed = f": {name_regions(members, self.names)}" if count and cluster != NOT_SIGNIFICANT else ""
            rows.append((str(cluster), f"{count}{listed}"))
        rows += [("test", self._how()), ("level", f"0.05, correction {self.correction or 'none'}")]
        fewer, more = self.count_range()
        if more > fewer:
            found = int(table["significant"].sum())
            rows.append(
                ("Monte Carlo", f"{found} significant; {fewer} to {more} if every p errs by one standard error")
            )
        rows.append(("weights", inputs["weights"]))
        if self.n < FEW_REGIONS:
            rows.append(("caution", f"{self.n} regions are too few to support inference"))
        at = f" at {inputs['at']}" if inputs["at"] is not None else ""
        return two_columns(f"{self.title} of {inputs['variable']}{at}", rows)

    def _how(self) -> str:
        if self.tests is None:
            inference = self.spec.options.get("inference", "exact")
            return f"{inference} distribution, {self.alternative}"
        if self.tests.exact[self.tests.draws > 0].all():
            return f"all sets of neighbours, {self.alternative}"
        inference = self.spec.options.get("inference", "conditional")
        made = f"{self.permutations} {inference} permutations, {self.alternative}, seed {self.spec.seed}"
        ways = "; ".join(f"{path}: {count}" for path, count in self.tests.paths.items())
        return f"{made} ({ways})" if len(self.tests.paths) > 1 else made

    def _asked(self, correction: Correction | AsComputed | None) -> Correction | None:
        return check_correction(self.correction if correction == "as computed" else correction)

    def _clusters(self, significant: np.ndarray) -> pd.Categorical:
        kinds = self.statistics[self.class_column].cat.codes.to_numpy()
        shown = [*self.classes, NOT_SIGNIFICANT, UNDEFINED, *self.untested]
        plain = len(self.classes)
        codes = np.where(kinds >= plain, kinds + 1, np.where(significant, kinds, plain))
        return pd.Categorical.from_codes(codes, dtype=_categories(tuple(shown)))


def class_codes(codes: np.ndarray, classes: tuple[str, ...], untested: tuple[str, ...] = ()) -> pd.Categorical:
    """Return classes of association from their numbers; one past the last is ``"undefined"``, then the untested."""
    return pd.Categorical.from_codes(codes, dtype=_categories((*classes, UNDEFINED, *untested)), validate=False)


@cache
def _categories(names: tuple[str, ...]) -> pd.CategoricalDtype:
    return pd.CategoricalDtype(names)
