"""From timings to one Markdown page: ratios, targets, and what could not be compared."""

from __future__ import annotations

import os
import platform

import pandas as pd

from benchmarks.big import Measured
from benchmarks.runner import OURS, Timing

LARGE = 90_000  # cells from which the targets of a large lattice hold
SMALL = 100  # regions up to which a call may never be slower than esda's

HEAD = """# Benchmarks

Made by `python -m benchmarks --output docs/validation/benchmarks.md`. Every package gets the same links; the
conversion is outside the times. Deterministic numbers must agree to 1e-9, and p-values within Monte Carlo error, before
a time is reported; where they do not, the reason stands in place of the time. Labels, alignment and the result object
are inside our times; peers receive bare arrays. esda runs in one process without kept simulations, pygeoda with one
thread in both of its modes.

Times are medians of warm calls in milliseconds: by the clock, and of the processor (all threads together). The ratio
is that of the clocks; above 1, we are faster. All packages keep their weights from call to call, and we what we have
found out about them (sorted and row-standardised copies); "first" is the first call in this process, which loads or
compiles kernels and does that work. P is the number of permutations. The target is the ratio that this package has
set itself. Queen weights are row-standardised (for G and join counts as each package does it); the kernel has unequal
weights: eight neighbours, triangular, adaptive.
"""

FRESH = """## In a fresh process

Only this package, each row in a process of its own: import, the first call of that process at 49 regions, then the
case, first with weights that were never used, then again. Memory is that of the whole process, with Python, its
libraries, values and weights.
"""


def target(task: str, n: int, weights: str, peer: str, permutations: int) -> float | None:
    """Return the ratio of times that is aimed at with this many permutations, or None."""
    if permutations < 999:
        return None
    esda = peer.startswith("esda")
    if esda and n <= SMALL:
        return 1.0
    if n < LARGE:
        return None
    if weights != "queen":
        return 50.0 if esda and task == "local_moran" else None
    goals = {
        ("local_moran", "esda"): 300.0,
        ("local_moran", "lookup"): 60.0,
        ("local_moran", "complete"): 2000.0,
        ("local_geary", "esda"): 200.0,
    }
    return goals.get((task, "esda" if esda else peer.rsplit(" ", 1)[-1]))


def as_table(timings: list[Timing]) -> pd.DataFrame:
    """Return a row a case and peer: seconds of both, their ratio, the target, and the differences found."""
    frame = pd.DataFrame(timings)
    keys = ["task", "case", "weights", "n", "permutations"]
    ours = frame[frame["package"] == OURS].set_index(keys)
    rows = []
    for _, row in frame[frame["package"] != OURS].iterrows():
        base = ours.loc[tuple(row[keys])]
        ratio = row["seconds"] / base["seconds"]
        aim = target(row["task"], row["n"], row["weights"], row["label"], row["permutations"])
        rows.append(
            {
                **row[keys],
                "peer": row["label"],
                "peer seconds": row["seconds"],
                "our seconds": base["seconds"],
                "our cpu seconds": base["cpu_seconds"],
                "ratio": ratio,
                "target": aim,
                "met": None if aim is None or pd.isna(ratio) else bool(ratio >= aim),
                "peer first call": row["first_seconds"],
                "our first call": base["first_seconds"],
                "largest relative difference": row["largest_difference"],
                "largest p difference (standard errors)": row["largest_p_score"],
                "refusal": row["refusal"],
            }
        )
    return pd.DataFrame(rows)


def machine() -> str:
    """Describe the machine without naming it."""
    return f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def to_markdown(table: pd.DataFrame) -> str:
    """Return the table as Markdown, times in milliseconds."""
    shown = pd.DataFrame(
        {
            "statistic": table["task"],
            "case": table["case"],
            "weights": table["weights"],
            "n": table["n"].map("{:,}".format),
            "P": table["permutations"].map("{:,}".format),
            "peer": table["peer"],
            "peer (ms)": (1e3 * table["peer seconds"]).map("{:,.2f}".format),
            "ours (ms)": (1e3 * table["our seconds"]).map("{:,.2f}".format),
            "ours, processor (ms)": (1e3 * table["our cpu seconds"]).map("{:,.2f}".format),
            "ratio": table["ratio"].map("{:,.1f}".format),
            "target": [_aim(aim, met) for aim, met in zip(table["target"], table["met"], strict=True)],
            "first, peer (s)": table["peer first call"].map("{:.2f}".format),
            "first, ours (s)": table["our first call"].map("{:.2f}".format),
            "largest relative difference": table["largest relative difference"].map("{:.1e}".format),
            "p, standard errors apart": table["largest p difference (standard errors)"].map("{:.2f}".format),
        }
    )
    refused = table["refusal"] != ""
    shown.loc[refused, "peer (ms)"] = "refused: " + table.loc[refused, "refusal"]
    shown.loc[refused, ["ratio", "largest relative difference", "p, standard errors apart"]] = ""
    return _rows(shown)


def big_to_markdown(measured: list[Measured]) -> str:
    """Return the table of cases that ran each in a process of their own."""
    rows = [
        {
            "statistic": m.task,
            "n": f"{m.n:,}",
            "P": f"{m.permutations:,}",
            "import (s)": f"{m.import_seconds:.2f}",
            "first call, n = 49 (s)": f"{m.first_small_seconds:.2f}",
            "warm call, n = 49 (ms)": f"{1e3 * m.small_seconds:.2f}",
            "case, new weights (s)": f"{m.first_seconds:.2f}",
            "again, same weights (s)": f"{m.seconds:.2f}",
            "again, processor (s)": f"{m.cpu_seconds:.2f}",
            "memory before (MB)": f"{m.memory_before:,.0f}",
            "peak memory (MB)": f"{m.peak_memory:,.0f}",
            "compiled kernels": "cached" if m.cached else "none: compiled now",
        }
        for m in measured
    ]
    return _rows(pd.DataFrame(rows))


def page(table: pd.DataFrame, measured: list[Measured], skipped: list[str]) -> str:
    """Return the whole page."""
    parts = [HEAD]
    met = table["met"].dropna().astype(bool)
    if len(met):
        parts.append(f"Targets met: {met.sum()} of {len(met)}.\n")
    parts.append(to_markdown(table) + "\n")
    if measured:
        parts.append(FRESH)
        parts.append(big_to_markdown(measured) + "\n")
    if skipped:
        parts.append("## Left out\n\n" + "\n".join(f"- {line}" for line in skipped) + "\n")
    parts.append(f"Machine: {machine()}.\n")
    return "\n".join(parts)


def _aim(aim: float | None, met: bool | None) -> str:
    if aim is None or pd.isna(aim):
        return ""
    return f"{aim:,.0f}" if met is None or pd.isna(met) else f"{aim:,.0f} {'met' if met else 'missed'}"


def _rows(shown: pd.DataFrame) -> str:
    head = "| " + " | ".join(shown.columns) + " |"
    rule = "|" + "|".join(" --- " for _ in shown.columns) + "|"
    return "\n".join([head, rule, *("| " + " | ".join(map(str, row)) + " |" for row in shown.itertuples(index=False))])
