"""How far variables repeat one another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.options import Missing
from spatial_region.core.study import Study
from spatial_region.errors import IdentificationError, InputError
from spatial_region.measure._factors import inflation, is_singular
from spatial_region.measure._normalise import z_scores
from spatial_region.measure.indicators import read_indicators, read_names


def vif(study: Study | pd.DataFrame, variables: Sequence[str], *, missing: Missing = "raise") -> pd.Series:
    """Say how far each variable is explained by the others: variance inflation factors.

    ``VIF_j = 1 / (1 - R2_j)``, R2 of variable j regressed on the others and a constant: 1 when unrelated; above 10 the
    variance of its coefficient is more than ten times what it would be without the others.

    Parameters
    ----------
    study : Study or pandas.DataFrame
        Regions and their data; or a table indexed by region, or by (region, time). All times together.
    variables : sequence of str
        At least two, those of one regression.
    missing : {"raise", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    pandas.Series
        Indexed by variable.

    Raises
    ------
    IdentificationError
        If some variables are linear functions of the others; they are named.
    InputError
        If `study` or `variables` are unfit, or there are no more rows than variables.
    UnknownNameError
        If a variable does not exist.
    DuplicateError
        If a variable or a label occurs twice.
    ConstantVariableError
        If a variable does not vary.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``.
    OptionError
        If `missing` is not offered.

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> table = pd.DataFrame({"gdp": [1.0, 2, 3, 5], "rain": [3.0, 1, 3, 2]}, index=["a", "b", "c", "d"])
    >>> sr.vif(table, ["gdp", "rain"]).round(3).tolist()
    [1.024, 1.024]
    """
    names, dimensions = read_names(variables, "variables")
    if dimensions or len(names) < 2:
        raise InputError(f"variables must be a list of at least two names; found {variables!r}.")
    data = read_indicators(study, names, missing=missing)
    data.check_vary(pooled=True)
    if len(data.frame) <= len(names):
        raise InputError(f"{len(names)} variables need more than {len(names)} rows; found {len(data.frame)}.")
    values = z_scores(data.frame.to_numpy(), np.ones(len(names)))
    correlation = values.T @ values / (len(values) - 1)
    if is_singular(correlation):
        null = np.abs(np.linalg.eigh(correlation)[1][:, 0])
        involved = [name for name, part in zip(names, null, strict=True) if part > 1e-4]
        raise IdentificationError(
            f"{name_some(involved, limit=10)} are linear functions of one another, and the inflation is infinite. "
            "Leave one of them out."
        )
    return pd.Series(inflation(correlation), index=pd.Index(names, name="variable"), name="vif")
