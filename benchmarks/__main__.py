"""Command: ``python -m benchmarks [--output FILE] [--repeats N] [--side N]``."""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from benchmarks.cases import lattice_case, pysal_cases
from benchmarks.runner import as_table, machine, run, to_markdown


def main() -> None:
    """Run the cases and print, or write, the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--output", type=Path, help="Markdown file to write; printed otherwise")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--side", type=int, default=100, help="side of the square lattice")
    options = parser.parse_args()
    tables = []
    for task in ("moran", "local_moran"):
        cases = [*pysal_cases(), lattice_case(options.side)]
        tables.append(as_table(run(cases, task=task, permutations=999, repeats=options.repeats)))
    text = f"{to_markdown(pd.concat(tables, ignore_index=True))}\n\nMachine: {machine()}. Median of repeated calls.\n"
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
