"""Every kind of weights that a study file may name is that of the public function."""

import hashlib
import json

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr

# What the file says, and the function of the study that must give the same.
KINDS = {
    'kind = "rook"\norder = 2\ncumulative = true': lambda s: sr.contiguity(s, kind="rook", order=2, cumulative=True),
    'kind = "boundary_length"': sr.boundary_length,
    'kind = "knn"': sr.knn,
    'kind = "knn"\nk = 3\nmutual = true\npoints = "representative"\nmetric = "geodesic"\nislands = "nearest"': (
        lambda s: sr.knn(s, k=3, mutual=True, points="representative", metric="geodesic", islands="nearest")
    ),
    'kind = "knn"\npoints = ["px", "py"]\nk = 2': lambda s: sr.knn(s, points=("px", "py"), k=2),
    'kind = "distance_band"\nkm = 160': lambda s: sr.distance_band(s, km=160),
    'kind = "inverse_distance"\nkm = 250\npower = 2': lambda s: sr.inverse_distance(s, km=250, power=2),
    'kind = "kernel"\nfunction = "gaussian"\nk = 3\ndiagonal = true': (
        lambda s: sr.kernel(s, function="gaussian", k=3, diagonal=True)
    ),
    'kind = "delaunay"': sr.proximity,
    'kind = "gabriel"': lambda s: sr.proximity(s, kind="gabriel"),
    'kind = "relative_neighbour"': lambda s: sr.proximity(s, kind="relative_neighbour"),
    'kind = "sphere_of_influence"': lambda s: sr.proximity(s, kind="sphere_of_influence"),
    'kind = "block"\ngrouping = "zone"': lambda s: sr.block(s, "zone"),
    'kind = "economic_distance"\nvariable = "gdp"\nat = [2000, 2001]\npower = 2\nw = "queen"': (
        lambda s: sr.economic_distance(s, "gdp", at=(2000, 2001), power=2, w=sr.contiguity(s))
    ),
    'kind = "economic_distance"\nvariable = "people"\nat = 2000\nties = "smallest"': (
        lambda s: sr.economic_distance(s, "people", at=2000, ties="smallest")
    ),
    'kind = "gravity"\nvariable = "gdp"\nmass_power = [0, 1]\nkm = 300': (
        lambda s: sr.gravity(s, "gdp", mass_power=(0, 1), km=300)
    ),
    'kind = "nested"\nw1 = "queen"\nw2 = "rook"\nshare = 0.3': (
        lambda s: sr.nested(sr.contiguity(s), sr.contiguity(s, kind="rook"), share=0.3)
    ),
    'kind = "union"\nw1 = "rook"\nw2 = "far"': (
        lambda s: sr.contiguity(s, kind="rook").union(sr.contiguity(s, order=2))
    ),
    'kind = "intersection"\nw1 = "queen"\nw2 = "rook"': (
        lambda s: sr.contiguity(s).intersection(sr.contiguity(s, kind="rook"))
    ),
    'kind = "difference"\nw1 = "queen"\nw2 = "rook"': (
        lambda s: sr.contiguity(s).difference(sr.contiguity(s, kind="rook"))
    ),
    'kind = "symmetric_difference"\nw1 = "rook"\nw2 = "queen"': (
        lambda s: sr.contiguity(s, kind="rook").symmetric_difference(sr.contiguity(s))
    ),
    'kind = "product"\nw1 = "queen"\nw2 = "rook"\nstandardise = "row"': (
        lambda s: sr.contiguity(s).product(sr.contiguity(s, kind="rook")).standardise("row")
    ),
    'kind = "link_islands"\nw = "queen"': lambda s: sr.link_islands(sr.contiguity(s), s),
    'kind = "table"\npath = "hours.csv"\norigin = "a"\ndestination = "b"\nvariable = "h"\npower = 1\nboth_ways = true': (  # noqa: E501
        lambda s: sr.weights_from_table(hours(), s, origin="a", destination="b", variable="h", power=1, both_ways=True)
    ),
    'kind = "file"\npath = "saved.gal"': sr.contiguity,
}


def hours():
    pairs = [(f"{i:02d}", f"{i + 1:02d}", 1.0 + i) for i in range(15)]
    return pd.DataFrame(pairs, columns=["a", "b", "h"])


@pytest.fixture
def loaded(cells):
    """A study with coordinates, files of weights, and further weights that others refer to."""
    table = pd.read_csv(cells.folder / "data.csv")
    table["px"], table["py"] = (table["code"] * 7) % 4 + 0.5, table["code"] // 4 + 0.5
    table.to_csv(cells.folder / "data.csv", index=False)
    hours().to_csv(cells.folder / "hours.csv", index=False)
    sr.contiguity(sr.read_regions(cells.folder / "cells.gpkg", id="code")).write(cells.folder / "saved.gal")
    cells.replace(
        "[[analyses]]", '[weights.rook]\nkind = "rook"\n[weights.far]\nkind = "queen"\norder = 2\n[[analyses]]'
    )
    return cells


def study_of(cells):
    from spatial_region.cli.loader import load_regions, load_study
    from spatial_region.cli.run import checked

    parsed, inputs = checked(cells.path)
    boundaries = parsed.spec.boundaries
    study, _ = load_study(parsed.spec, inputs, load_regions(boundaries, inputs.files[boundaries.source]))
    return parsed, inputs, study


@pytest.mark.parametrize("said", KINDS, ids=[text.split('"')[1] + f"-{i}" for i, text in enumerate(KINDS)])
def test_each_kind_is_that_of_the_public_function(loaded, said):
    from spatial_region.cli.run import Record, _with_weights

    # Placed before the weights that it refers to.
    loaded.replace("[weights.queen]", f"[weights.new]\n{said}\n[weights.queen]")
    parsed, inputs, study = study_of(loaded)
    made = _with_weights(parsed, study, inputs, Record(), lambda _: None)
    expected = KINDS[said](study).reorder(study.ids)
    assert list(made.weights) == ["new", "queen", "rook", "far"]
    assert np.array_equal(made.weights["new"].sparse.toarray(), expected.sparse.toarray())
    assert made.weights["new"].standardisation == expected.standardisation
    assert expected.n_links > 0


def test_files_of_weights_are_digested(loaded):
    loaded.replace("[weights.queen]", '[weights.new]\nkind = "file"\npath = "saved.gal"\n[weights.queen]')
    loaded.replace('w = "queen"', 'w = "new"')
    assert loaded.run().exit_code == 0
    manifest = json.loads((loaded.output / "manifest.json").read_text(encoding="utf-8"))
    digest = hashlib.sha256((loaded.folder / "saved.gal").read_bytes()).hexdigest()
    assert manifest["inputs"]["saved.gal"] == digest
    assert manifest["weights"]["new"]["links"] == 84


@pytest.mark.parametrize(
    ("said", "line", "message"),
    [
        ('kind = "union"\nw1 = "quen"\nw2 = "rook"', "w1 =", "no weights 'quen'. Did you mean 'queen'?"),
        ('kind = "union"\nw1 = "queen"', "[weights.new]", "[weights.new] w2: is needed and not given"),
        ('kind = "union"\nw1 = "new"\nw2 = "rook"', "w1 =", "in a circle: new."),
        ('kind = "block"\ngrouping = "zon"', "grouping =", "no variable 'zon'. Did you mean 'zone'?"),
        ('kind = "gravity"\nvariable = "gpd"', "variable =", "no variable 'gpd'. Did you mean 'gdp'?"),
        ('kind = "gravity"\nvariable = "zone"', "variable =", "'zone' must be numeric here"),
        ('kind = "gravity"\nvariable = "gdp"\nat = 1999', "at = 1999", "no time 1999"),
        ('kind = "gravity"\nvariable = "gdp"\nmass_power = [1]', "mass_power", "should be two numbers of 0 or above"),
        ('kind = "gravity"\nvariable = "gdp"\nat = [2000, 2001, 2002]', "at = [2000", "a time, or [first, last]"),
        ('kind = "knn"\npoints = ["px", "pyy"]', "points =", "no variable 'pyy'. Did you mean 'py'?"),
        ('kind = "knn"\npoints = ["px"]', "points =", 'should be "centroid"'),
        ('kind = "knn"\nmutal = true', "mutal =", "unknown key. Did you mean 'mutual'?"),
        ('kind = "kernel"\nfunction = "gausian"', "function =", "Did you mean 'gaussian'?"),
        ('kind = "gabriell"', 'kind = "gabriell"', "Did you mean 'gabriel'?"),
        ('kind = "nested"\nw1 = "queen"\nw2 = "rook"\nshare = 2', "share =", "less than or equal to 1"),
        ('kind = "table"\npath = "hour.csv"', "path = \"hour", "no file 'hour.csv' beside the study file. Did"),
    ],
)  # fmt: skip
def test_each_fault_of_weights_is_named_with_its_line(loaded, said, line, message):
    loaded.replace("[weights.queen]", f"[weights.new]\n{said}\n[weights.queen]")
    result = loaded.check()
    assert result.exit_code == 2, result.stdout
    assert message in result.stderr
    written = loaded.path.read_text(encoding="utf-8").split("[weights.new]")
    number = written[0].count("\n") + 1 + ("[weights.new]" + written[1]).split(line)[0].count("\n")
    assert f"study.toml:{number}: [weights.new]" in result.stderr


def test_a_circle_of_weights_names_its_members_only(loaded):
    loaded.replace(
        "[weights.queen]",
        '[weights.a]\nkind = "union"\nw1 = "b"\nw2 = "queen"\n[weights.b]\nkind = "product"\nw1 = "queen"\nw2 = "a"\n'
        '[weights.c]\nkind = "link_islands"\nw = "a"\n[weights.queen]',
    )
    errors = loaded.check().stderr
    assert errors.count("in a circle") == 1
    assert "weights that refer to each other in a circle: a, b." in errors
