"""What every check of `audit` is: some columns, some rows, and a rule that the figures must obey."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spatial_region.measure._audit_cells import Cells, Tally


@dataclass(frozen=True, kw_only=True)
class Check:
    """Base of the checks.

    Attributes
    ----------
    where : mapping of column to text or texts, optional
        Rows to check: those in which these columns have these texts.
    """

    where: Mapping[str, object] | None = None

    @property
    def rule(self) -> str:
        """The rule in words, such as ``te = pure x scale``."""
        raise TypeError(f"{type(self).__name__} does not name its rule.")

    def examine(self, cells: Cells, tally: Tally) -> None:
        """Test each statement of the rule, and note those that cannot be true."""
        raise TypeError(f"{type(self).__name__} does not say how to examine a table.")


def as_columns(columns: object) -> tuple[str, ...]:
    """Return one column or several as a tuple."""
    return (columns,) if isinstance(columns, str) else tuple(columns)  # type: ignore[arg-type]
