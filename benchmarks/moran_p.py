"""How far the usual p-value of Moran's I is off in the tail, on PySAL's own examples.

Command: ``python -m benchmarks.moran_p [--permutations N] [--output FILE]``. Prints a Markdown table: for each
variable, one-sided p-values from the normal distribution (variance under normality, and under randomisation, which is
what most programs print), from the saddlepoint, exact for independent normal values (by inverting the characteristic
function, Imhof 1961, doi:10.1093/biomet/48.3-4.419), and from permutations; and how many times too small the usual ones
are.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from libpysal import examples
from scipy.integrate import quad

import spatial_region as sr

# The polygon examples bundled with libpysal: file, and the variables that its documentation maps.
_FILES = {
    "columbus": ("columbus.shp", ["HOVAL", "INC", "CRIME"]),
    "us48": ("us48.shp", ["1929", "1969", "2009"]),
    "mexico": ("mexicojoin.shp", ["PCGDP1940", "PCGDP1970", "PCGDP1990", "PCGDP2000"]),
    "stl": ("stl_hom.shp", ["HR7984", "HR8893", "PO7984"]),
    "sids2": ("sids2.shp", ["SIDR74", "SIDR79"]),
    "georgia": ("G_utm.shp", ["PctBach", "PctEld", "PctPov"]),
}


def variables() -> Iterator[tuple[str, str, pd.Series, object]]:
    """Yield each example, variable, its values, and queen weights."""
    for name, (file, columns) in _FILES.items():
        frame = gpd.read_file(examples.get_path(file))
        frame.index = frame.index.astype(str)
        if name == "us48":
            incomes = pd.read_csv(examples.get_path("usjoin.csv")).set_index("Name")
            for column in columns:
                frame[column] = incomes[column].reindex(frame["STATE_NAME"]).to_numpy(dtype=float)
        # The coordinates as a plane, whatever they are, and so large that they are not mistaken for degrees.
        plane = gpd.GeoDataFrame(geometry=frame.geometry.scale(1000, 1000, origin=(0, 0)).to_numpy(), index=frame.index)
        w = sr.contiguity(plane.set_crs(3857))
        for column in columns:
            yield name, column, frame[column].astype(float).rename(column), w


def exact_tail(statistic: float, dense: np.ndarray) -> float:
    """Return P(I >= statistic) for independent normal values; good to about 1e-10."""
    n = len(dense)
    centre = np.eye(n) - 1 / n
    form = centre @ ((dense + dense.T) / 2 - statistic * dense.sum() / n * np.eye(n)) @ centre
    values = np.linalg.eigvalsh(form)
    values = np.delete(values, np.argmin(np.abs(values)))
    values = values / np.abs(values).max()

    def integrand(u: float) -> float:
        angle = 0.5 * np.arctan(values * u).sum()
        return float(np.sin(angle) / (u * np.exp(0.25 * np.log1p((values * u) ** 2).sum())))

    ends = np.array([0, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000])
    area = sum(quad(integrand, a, b, limit=500, epsabs=1e-15)[0] for a, b in pairwise(ends))
    return 0.5 + area / np.pi


def compare(permutations: int) -> pd.DataFrame:
    """Return one row for each variable."""
    rows = []
    for name, column, values, w in variables():
        ask = {"w": w, "alternative": "greater", "seed": 1}
        m = sr.moran(values, permutations=permutations, **ask)
        random = sr.moran(values, permutations=0, assumption="randomisation", **ask)
        exact = exact_tail(m.I, m.w.sparse.toarray())
        drawn = m.p * (permutations + 1) - 1
        rows.append(
            {
                "example": f"{name} {column}",
                "n": m.n,
                "I": round(m.I, 3),
                "normal": m.p_normal,
                "normal, randomisation": random.p_normal,
                "saddlepoint": m.p_saddlepoint,
                "exact, normal values": exact if exact > 1e-9 else np.nan,
                "permutations": m.p,
                "draws as large": round(drawn),
                "permutation / normal": m.p / m.p_normal if drawn >= 20 else np.nan,
                "permutation / randomisation": m.p / random.p_normal if drawn >= 20 else np.nan,
                "saddlepoint / normal": m.p_saddlepoint / m.p_normal,
            }
        )
    return pd.DataFrame(rows)


def to_markdown(table: pd.DataFrame) -> str:
    """Lay out the table; a ratio is left out where fewer than 20 draws were as large as I."""
    lines = ["| " + " | ".join(table.columns) + " |", "| --- " + "| ---: " * (len(table.columns) - 1) + "|"]
    for row in table.itertuples(index=False):
        cells = [
            "" if isinstance(v, float) and np.isnan(v) else f"{v:.3g}" if isinstance(v, float) else str(v) for v in row
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Print, or write, the table and the range of the ratios."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.moran_p", description=__doc__)
    parser.add_argument("--permutations", type=int, default=2_000_000)
    parser.add_argument("--output", type=Path, help="Markdown file to write; printed otherwise")
    options = parser.parse_args()
    table = compare(options.permutations)
    text = f"{to_markdown(table)}\n\n"
    for column in ("permutation / normal", "permutation / randomisation", "saddlepoint / normal"):
        text += f"{column}: {table[column].min():.2g} to {table[column].max():.2g}\n"
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
