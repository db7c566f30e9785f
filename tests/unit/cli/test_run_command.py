"""What a run leaves behind, and what it leaves alone."""

import json
import os
import re
from pathlib import Path

import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.cli.words import languages
from spatial_region.core.seeds import derive_seed


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_results_are_those_of_the_public_function(cells):
    result = cells.run()
    assert result.exit_code == 0, result.stderr
    got = pd.read_csv(cells.output / "tables" / "moran_log_gdp.csv", encoding="utf-8-sig").iloc[0]
    import numpy as np

    data = pd.read_csv(cells.folder / "data.csv", dtype={"code": str}).query("year == 2001").set_index("code")
    data.index = data.index.str.zfill(2)
    regions = sr.read_regions(cells.folder / "cells.gpkg", id="code")
    seed = derive_seed(42, "moran_log_gdp")
    peer = sr.moran(np.log(data["gdp"]).rename("x"), w=sr.contiguity(regions), permutations=99, seed=seed)
    assert got["I"] == pytest.approx(peer.I, rel=1e-9)
    assert got["p"] == peer.p


def test_the_last_line_says_where_the_results_are(cells):
    result = cells.run()
    assert result.stdout.strip().splitlines()[-1].startswith("cells: 1 figures, 1 tables and summary.md in ")
    assert result.stderr == ""


def test_manifest_holds_what_is_needed_to_run_again(cells):
    cells.run()
    manifest = json.loads((cells.output / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["inputs"]) == {"study.toml", "cells.gpkg", "data.csv"}
    import hashlib

    for name, digest in manifest["outputs"].items():
        assert hashlib.sha256((cells.output / name).read_bytes()).hexdigest() == digest
    assert set(manifest["outputs"]) | {"manifest.json"} == set(contents(cells.output))
    assert manifest["crs"] == "EPSG:4326"
    assert manifest["n"] == 16
    assert manifest["seeds"] == {"study": 42, "moran_log_gdp": derive_seed(42, "moran_log_gdp")}
    assert manifest["weights"]["queen"]["islands"] == []
    assert set(manifest["seconds"]) == {"data", "weights.queen", "moran_log_gdp", "all"}
    assert manifest["results"]["moran_log_gdp"]["2001"]["n"] == 16
    assert str(cells.folder) not in json.dumps(manifest)


def test_seeds_of_a_step_do_not_depend_on_the_others(cells):
    cells.run()
    before = (cells.output / "tables" / "moran_log_gdp.csv").read_bytes()
    cells.replace("[[analyses]]", '[[analyses]]\nkind = "moran"\nvariable = "people"\nat = 2000\n[[analyses]]')
    assert cells.run().exit_code == 0
    assert (cells.output / "tables" / "moran_log_gdp.csv").read_bytes() == before


def test_dropped_regions_are_named(cells):
    table = pd.read_csv(cells.folder / "data.csv")
    table.loc[(table["code"] == 3) & (table["year"] == 2001), "gdp"] = None
    table.to_csv(cells.folder / "data.csv", index=False)
    cells.replace("permutations = 99", 'permutations = 99\nmissing = "drop"')
    assert cells.run().exit_code == 0
    assert "Left out, because their value is missing: Cell 03 (03)." in (cells.output / "summary.md").read_text()
    assert (
        json.loads((cells.output / "manifest.json").read_text())["results"]["moran_log_gdp"]["2001"]["dropped"] == "03"
    )


def test_warnings_reach_summary_and_manifest(cells):
    cells.replace("at = 2001", 'at = 2001\nwithin = { grouping = "zone", group = "west" }')
    assert cells.run().exit_code == 0
    assert "8 regions are too few to support inference" in (cells.output / "summary.md").read_text()
    assert "too few" in json.loads((cells.output / "manifest.json").read_text())["warnings"]["moran_log_gdp"][0]


def test_every_kind_of_analysis_runs(cells):
    cells.add(
        """
[[analyses]]
kind = "profile"
variables = ["gdp", "people"]
at = 2002
base = 2000
totals = ["people"]
[[analyses]]
kind = "map"
variable = "gdp"
at = "all"
k = 3
[[analyses]]
kind = "moran_by_time"
variable = "gdp"
permutations = 99
[[analyses]]
kind = "local_moran"
variable = "gdp"
at = [2000, 2002]
permutations = 99
correction = "fdr"
level = 0.1
[[analyses]]
kind = "spatial_panel"
formula = "gdp ~ people"
model = ["ols", "sar"]
effects = "time"
draws = 50
[[analyses]]
kind = "spatial_regression"
formula = "log_gdp ~ people"
at = 2002
between = [2001, 2002]
model = "sem"
se = "delta"
[[analyses]]
kind = "geodetector"
variable = "gdp"
factors = ["zone", "people"]
at = 2000
bins = { people = 3 }
permutations = 99
[[analyses]]
kind = "grades"
variable = "gdp"
at = 2000
edges = [0, 15, 20, 40]
labels = ["low", "middle", "high"]
"""
    )
    result = cells.run()
    assert result.exit_code == 0, result.stderr
    tables = {path.stem for path in (cells.output / "tables").iterdir()}
    assert {
        "profile_gdp",
        "moran_by_time_gdp",
        "local_moran_gdp_2002",
        "spatial_panel",
        "spatial_panel_sar_impacts",
    } <= tables
    assert {"geodetector_gdp_2000_factors", "geodetector_gdp_2000_interactions", "grades_gdp_2000"} <= tables
    summary = (cells.output / "summary.md").read_text()
    linked = set(re.findall(r"\]\(((?:figures|tables)/[^)]+)\)", summary))
    assert linked == {name for name in contents(cells.output) if name.split(".")[-1] in ("png", "svg", "csv")}


def test_a_short_panel_with_effects_is_cautioned_and_impacts_match_the_coefficients(cells):
    cells.add("""
[[analyses]]
kind = "spatial_panel"
name = "panel"
formula = "gdp ~ people"
model = ["slx", "sem"]
effects = "time"
[[analyses]]
kind = "spatial_panel"
name = "short"
formula = "log_gdp ~ gdp"
model = "sar"
effects = "region"
""")
    result = cells.run()
    assert result.exit_code == 0, result.stderr
    tables = cells.output / "tables"
    fits = pd.read_csv(tables / "panel.csv", encoding="utf-8-sig").set_index(["model", "term"])
    impacts = pd.read_csv(tables / "panel_slx_impacts.csv", encoding="utf-8-sig").set_index("variable")
    assert impacts.loc["people", "direct_se"] == pytest.approx(fits.loc[("slx", "people"), "std_error"], rel=1e-9)
    assert not (tables / "panel_sem_impacts.csv").exists()
    panel, short = (cells.output / "summary.md").read_text().split("`log_gdp ~ gdp`")
    assert "from 3 times only" in short
    assert "from 3 times only" not in panel
    assert "R² within" in short
    assert str(derive_seed(42, "short")) in short


def test_regions_that_lose_their_neighbours_are_named(cells):
    table = pd.read_csv(cells.folder / "data.csv")
    table.loc[table["code"].isin([1, 4]) & (table["year"] == 2001), "gdp"] = None  # the two rook neighbours of 00
    table.to_csv(cells.folder / "data.csv", index=False)
    cells.replace('kind = "queen"', 'kind = "rook"')
    cells.replace("permutations = 99", 'permutations = 99\nmissing = "drop"')
    cells.add("""
[[analyses]]
kind = "geodetector"
variable = "log_gdp"
factors = ["zone"]
at = 2001
missing = "drop"
""")
    assert cells.run().exit_code == 0
    moran, detector = (cells.output / "summary.md").read_text().split("GeoDetector")[:2]
    assert "Without a neighbour, now that theirs are left out: Cell 00 (00)." in moran
    assert "a factor is missing: Cell 01 (01), Cell 04 (04)." in detector
    assert "rows with missing" not in detector


def test_titles_and_sections_state_the_weights_and_the_seed(cells):
    cells.add("""
[weights.near]
kind = "knn"
k = 3
[[analyses]]
kind = "moran"
variable = "log_gdp"
w = "near"
at = 2001
""")
    assert cells.run().exit_code == 0
    summary = (cells.output / "summary.md").read_text()
    for w in ("queen", "near"):
        assert f"### log_gdp: Moran's I; weights {w}\n\nWeights: `{w}`." in summary
    assert f"seed {derive_seed(42, 'moran_log_gdp_2')}" in summary


def test_profile_names_the_base_of_relative_values(cells):
    cells.add("""
[[analyses]]
kind = "profile"
variables = ["gdp", "people"]
at = 2001
reference = { people = 4 }
""")
    assert cells.run().exit_code == 0
    summary = (cells.output / "summary.md").read_text()
    mean = pd.read_csv(cells.folder / "data.csv").query("year == 2001")["gdp"].mean()
    assert f"over the plain mean of the regions, {mean:.2f} |" in summary
    assert "over the whole as given, 4.000 |" in summary


def test_a_column_of_codes_is_not_listed_as_a_variable(cells):
    table = pd.read_csv(cells.folder / "data.csv", dtype={"code": str})
    table.assign(code=table["code"].str.zfill(2), again=table["code"].str.zfill(2)).to_csv(
        cells.folder / "data.csv", index=False
    )
    assert cells.run().exit_code == 0
    summary = (cells.output / "summary.md").read_text()
    assert "| `people` |" in summary
    assert "`again`" not in summary


def test_two_languages_have_the_same_words():
    words = languages()
    assert words["en"] == words["zh"]


def test_chinese_tables_open_in_spreadsheets(cells):
    cells.replace('name = "cells"', 'name = "cells"\nlang = "zh"\ntitle = "十六格"')
    assert cells.run().exit_code == 0
    assert (cells.output / "tables" / "moran_log_gdp.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert (cells.output / "summary.md").read_text(encoding="utf-8").startswith("# 十六格\n")


# -- the output folder -------------------------------------------------------------------------------------


def test_an_earlier_run_is_replaced_whole(cells):
    cells.run()
    cells.replace('variable = "log_gdp"', 'variable = "gdp"')
    assert cells.run().exit_code == 0
    assert [path.name for path in (cells.output / "tables").iterdir()] == ["moran_gdp.csv"]
    assert sorted(path.name for path in cells.folder.iterdir()) == ["cells.gpkg", "data.csv", "results", "study.toml"]


def test_a_failed_run_leaves_the_earlier_results(cells):
    cells.run()
    before = contents(cells.output)
    cells.replace("at = 2001", "at = 2001\nwithin = { grouping = 'zone', group = 'west' }\nmissing = 'raise'")
    cells.replace('formula = "log(gdp)"', 'formula = "gdp - gdp"')
    result = cells.run()
    assert result.exit_code == 2
    assert "needs a variable that varies" in result.stderr
    assert contents(cells.output) == before


def test_an_empty_folder_is_used(cells):
    cells.output.mkdir()
    assert cells.run().exit_code == 0


def test_foreign_files_are_not_overwritten(cells):
    cells.output.mkdir()
    (cells.output / "thesis.docx").write_text("years of work")
    result = cells.run()
    assert result.exit_code == 2
    assert "holds files that no earlier run wrote: thesis.docx" in result.stderr
    assert contents(cells.output) == {"thesis.docx": b"years of work"}


def test_results_changed_by_hand_are_not_overwritten(cells):
    cells.run()
    (cells.output / "summary.md").write_text("my own words")
    result = cells.run()
    assert result.exit_code == 2
    assert "results that were changed since: summary.md" in result.stderr
    assert (cells.output / "summary.md").read_text() == "my own words"


@pytest.mark.parametrize("place", ["data.csv", "data.csv/results"])
def test_an_unwritable_place_is_refused_before_anything_is_computed(cells, place, monkeypatch):
    import spatial_region.cli.run as run

    monkeypatch.setattr(run, "loaded", lambda *_: pytest.fail("computed before the folder was known to be writable"))
    result = cells.call("run", cells.path, "--output", cells.folder / place)
    assert result.exit_code == 2
    assert "data.csv" in result.stderr
    assert "name" in result.stderr.lower()


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_refused(cells):
    closed = cells.folder / "closed"
    closed.mkdir(mode=0o500)
    result = cells.call("run", cells.path, "--output", closed / "results")
    assert result.exit_code == 2
    assert "cannot write to" in result.stderr


def test_a_full_disk_leaves_nothing(cells, monkeypatch):
    write_text = Path.write_text

    def full(self, text, **options):
        if self.suffix == ".csv":
            raise OSError(28, "No space left on device")
        return write_text(self, text, **options)

    monkeypatch.setattr(Path, "write_text", full)
    result = cells.run()
    assert result.exit_code == 2
    assert "No space left on device" in result.stderr
    assert not [path for path in cells.folder.iterdir() if "results" in path.name]


def test_the_folder_that_one_is_in_is_not_replaced(cells, monkeypatch):
    cells.output.mkdir()
    monkeypatch.chdir(cells.output)
    result = cells.call("run", cells.path, "--output", ".")
    assert result.exit_code == 2
    assert "is the folder that you are in" in result.stderr


def test_a_link_to_a_folder_is_followed(cells):
    (cells.folder / "elsewhere").mkdir()
    cells.output.symlink_to(cells.folder / "elsewhere")
    assert cells.run().exit_code == 0
    assert cells.run().exit_code == 0
    assert cells.output.is_symlink()
    assert (cells.folder / "elsewhere" / "summary.md").is_file()
    assert not list(cells.folder.glob(".*"))


def test_a_given_seed_is_used_and_recorded(cells):
    cells.replace("permutations = 99", "permutations = 99\nseed = 0")
    assert cells.run().exit_code == 0
    assert json.loads((cells.output / "manifest.json").read_text())["seeds"]["moran_log_gdp"] == 0


# -- several studies, dry runs, help -----------------------------------------------------------------------


def test_several_studies_get_a_folder_each(cells):
    other = cells.folder / "other.toml"
    other.write_text(cells.path.read_text().replace('name = "cells"', 'name = "other"'))
    result = cells.call("run", cells.path, other, "-o", cells.output)
    assert result.exit_code == 0, result.stderr
    assert sorted(path.name for path in cells.output.iterdir()) == ["cells", "other"]
    same = cells.call("run", cells.path, cells.path, "-o", cells.output)
    assert same.exit_code == 2
    assert "overwrite each other" in same.stderr


def test_a_dry_run_prints_the_steps_and_writes_nothing(cells):
    result = cells.call("run", cells.path, "-o", cells.output, "--dry-run")
    assert result.exit_code == 0
    assert [line.split()[1] for line in result.stdout.splitlines()[1:]] == ["data", "weights.queen", "moran_log_gdp"]
    assert not cells.output.exists()
    cells.replace('w = "queen"', 'w = "quen"')
    assert cells.call("run", cells.path, "--dry-run").exit_code == 2


def test_check_goes_on_after_a_bad_file(cells):
    result = cells.call("check", cells.folder / "none.toml", cells.path)
    assert result.exit_code == 2
    assert "no study file" in result.stderr
    assert "ok. 16 regions" in result.stdout


def test_help_tells_what_there_is(cells):
    top = cells.call("--help").stdout
    assert "run" in top
    assert "check" in top
    assert "130 interrupted" in top
    run = cells.call("run", "--help").stdout
    for option in ("--output", "--dry-run", "STUDY.TOML"):
        assert option in run
    assert cells.call("--version").stdout.strip() == f"spatial-region {sr.__version__}"
    assert cells.call("run").exit_code == 2
    assert cells.call("run", cells.path, "--outptu", "x").exit_code == 2


def test_an_interrupt_between_the_two_moves_brings_the_earlier_results_back(cells, monkeypatch):
    cells.run()
    before = contents(cells.output)
    rename, moves = Path.rename, []

    def interrupted(self, target):
        moves.append(target)
        if len(moves) == 2:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    cells.replace('variable = "log_gdp"', 'variable = "gdp"')
    assert cells.run().exit_code == 130
    assert len(moves) == 3
    assert contents(cells.output) == before
    assert not list(cells.folder.glob(".*"))


def test_two_analyses_never_write_one_file(cells):
    cells.replace('kind = "moran"\nvariable', 'kind = "profile"\nname = "levels"\nvariables = ["gdp", "people"]\n#')
    cells.replace('w = "queen"\nat = 2001\npermutations = 99\n', "at = 2001\n")
    cells.add('[[analyses]]\nkind = "profile"\nname = "Levels_people"\nvariables = ["gdp", "people"]\nat = 2001\n')
    result = cells.run()
    assert result.exit_code == 2
    assert "two analyses would write tables/Levels_people.csv" in " ".join(result.stderr.split())
    assert not cells.output.exists()


def test_a_formula_does_not_replace_a_column(cells):
    cells.replace(
        '[variables.log_gdp]\nformula = "log(gdp)"',
        '[variables.log_gdp]\nformula = "log(gdp)"\n[variables.people]\nformula = "gdp * 2"',
    )
    result = cells.run()
    assert result.exit_code == 2
    assert "a table has a column of that name" in " ".join(result.stderr.split())


def test_a_power_without_end_is_named(cells):
    cells.replace('"log(gdp)"', '"gdp*9**9**9**9"')
    result = cells.run()
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr


def test_what_a_killed_run_left_is_cleared(cells):
    dead = cells.folder / ".results.partial-999999999"
    alive = cells.folder / f".results.partial-{os.getppid()}"
    for folder in (dead, alive):
        folder.mkdir()
    assert cells.run().exit_code == 0
    assert not dead.exists()
    assert alive.exists()
