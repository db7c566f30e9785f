"""What every result offers: a table, a printable summary, a picture, and the settings to run it again."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd

from spatial_region.core.door import open_roof
from spatial_region.core.spec import Spec


class Result:
    """Base of the frozen dataclasses that methods return.

    A subclass holds its labelled arrays and `spec`, and says how to lay them out as a tidy table
    and as text.
    """

    spec: Spec

    def table(self) -> pd.DataFrame:
        """Return the result as a tidy table."""
        raise TypeError(f"{type(self).__name__} does not say how to lay out its table.")

    def summary(self) -> str:
        """Return the result as text for a terminal."""
        raise TypeError(f"{type(self).__name__} does not say how to summarise itself.")

    def plot(self, **options: Any) -> Any:
        """Draw the result; see `spatial_region.viz` for the options of each figure."""
        return open_roof("viz").plot(self, **options)

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.summary())}</pre>"


def two_columns(title: str, rows: list[tuple[str, object]]) -> str:
    """Lay out a title and pairs of a label and a value as aligned text."""
    width = max((len(label) for label, _ in rows), default=0)
    lines = [f"  {label:<{width}}  {_show(value)}" for label, value in rows]
    return "\n".join([title, *lines])


def _show(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
