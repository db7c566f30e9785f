"""Bad input, each with its own clear message and its line; all of them at once."""

import pandas as pd
import pytest


def line_of(cells, text):
    lines = cells.path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def test_a_good_file_is_ok(cells):
    result = cells.check()
    assert result.exit_code == 0, result.stderr
    assert "ok. 16 regions, 3 times, 3 variables" in result.stdout
    assert "48 of 48 rows joined" in result.stdout


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("permutations = 99", "permutatons = 99", "unknown key. Did you mean 'permutations'?"),
        ("permutations = 99", 'permutations = "many"', "must be a whole number; found 'many'"),
        ("permutations = 99", "permutations = 1.5", "must be a whole number; found 1.5"),
        ("permutations = 99", "permutations = -1", "should be greater than or equal to 0; found -1"),
        ("permutations = 99", 'alternative = "both"', "'both' is not offered. Choose one of: two-sided, greater, less"),
        ("permutations = 99", 'name = "a/b"', "should match pattern"),
        ('w = "queen"', 'w = "quen"', "no weights 'quen'. Did you mean 'queen'?"),
        ('variable = "log_gdp"', 'variable = "log_gpd"', "no variable 'log_gpd'. Did you mean 'log_gdp'?"),
        ('kind = "moran"', 'kind = "morna"', "'morna' is not offered. Did you mean 'moran'?"),
        ('kind = "queen"', 'kind = "quen"', "'quen' is not offered. Did you mean 'queen'?"),
        ('kind = "queen"', 'kind = "queen"\nk = 3', "unknown key. Did you mean 'kind'?"),
        ('formula = "log(gdp)"', 'formula = "log(gpd)"', "no variable 'gpd'. Did you mean 'gdp'?"),
        ('formula = "log(gdp)"', 'formula = "open(gdp)"', "no function 'open' in formulas"),
        ('formula = "log(gdp)"', 'formula = "log(gdp"', "cannot read the formula"),
        (
            'path = "data.csv"',
            'path = "date.csv"',
            "no file 'date.csv' beside the study file. Did you mean 'data.csv'?",
        ),
        ('path = "data.csv"', 'path = "libpysal:usjion.csv"', "Did you mean 'usjoin.csv'?"),
        ('on = "code"', 'on = "cod"', "no column 'cod'"),
        ('time = "year"', 'time = "yaer"', "no column 'yaer'. Did you mean 'year'?"),
        ('time = "year"', 'wide = { gdp = "gdp_{time}" }', "no column is like 'gdp_{time}'"),
        ('time = "year"', 'wide = { gdp = "gdp" }', "It must contain {time}"),
        ('time = "year"', 'columns = { g = "gpd" }', "no column 'gpd'. Did you mean 'gdp'?"),
        ('source = "cells.gpkg"', 'source = "cels.gpkg"', "Did you mean 'cells.gpkg'?"),
        ('id = "code"', 'id = "coed"', "no column 'coed'. Did you mean 'code'?"),
        ('id = "code"', "", "say which column holds the code of each region"),
        ("at = 2001", "at = 2003", "no time 2003"),
        ("at = 2001", "", 'say for which time, at = 2002, a list of times, or "all"'),
        ("at = 2001", "at = true", 'should be a time, a list of times, or "all"'),
        (
            "at = 2001",
            'at = 2001\nwithin = { grouping = "zone", group = "wets" }',
            "no group 'wets'. Did you mean 'west'?",
        ),
        (
            "at = 2001",
            'at = 2001\nwithin = { grouping = "zon", group = "west" }',
            "no variable 'zon'. Did you mean 'zone'?",
        ),
        ("at = 2001", 'at = 2001\nwithin = { grouping = "zone" }', "is needed and not given"),
        ('name = "cells"', 'name = "cells"\nseed = -1', "should be greater than or equal to 0"),
        ('name = "cells"', 'name = "cells"\nlang = "fr"', "'fr' is not offered. Choose one of: en, zh"),
        ('name = "cells"', 'title = "Cells"', "is needed and not given"),
        ("[study]", "[stduy]", "unknown key. Did you mean 'study'?"),
        ("[study]", "[study", "not valid TOML"),
    ],
)
def test_each_fault_is_named_with_its_line(cells, old, new, message):
    cells.replace(old, new)
    result = cells.check()
    assert result.exit_code == 2, result.stdout
    assert message in result.stderr
    if new and "not given" not in message:
        assert f"study.toml:{line_of(cells, new.splitlines()[-1])}: " in result.stderr
    assert "Traceback" not in result.stderr


def test_all_faults_are_told_at_once_in_the_order_of_the_file(cells):
    cells.replace('w = "queen"', 'w = "quen"')
    cells.replace("permutations = 99", "permutations = 1.5\nlevle = 1")
    cells.replace('formula = "log(gdp)"', 'formula = "log(gpd)"')
    cells.add('[[analyses]]\nkind = "local_moran"\nvariable = "peopel"\nat = 2001\n')
    cells.add('[[analyses]]\nkind = "geodetector"\nvariable = "gdp"\nfactors = ["zone", "peple"]\nat = 2000\n')
    cells.add('[[analyses]]\nkind = "spatial_panel"\nformula = "gdp ~ peopl"\n')
    errors = cells.check().stderr
    faults = ["log(gpd)", "'quen'", "1.5", "levle", "'peopel'", "'peple'", "'peopl'"]
    lines = [int(line.split("study.toml:")[1].split(":")[0]) for line in errors.splitlines() if "study.toml:" in line]
    assert len(lines) == len(faults)
    assert lines == sorted(lines)
    for text in ("'gpd'", "'quen'", "1.5", "levle", "'peopel'", "'peple'", "'peopl'"):
        assert text in errors, text


def test_weights_must_be_named_when_there_are_several(cells):
    cells.replace('w = "queen"\n', "")
    assert cells.check().exit_code == 0
    cells.replace("[[analyses]]", '[weights.near]\nkind = "knn"\nk = 3\n[[analyses]]')
    assert "say which weights to use" in cells.check().stderr


def test_a_label_makes_no_variable(cells):
    cells.replace('formula = "log(gdp)"', 'label = "GDP"')
    assert "no variable 'log_gdp'" in cells.check().stderr
    cells.replace("[variables.log_gdp]", "[variables.gdp]")
    cells.replace('variable = "log_gdp"', 'variable = "gdp"')
    assert cells.check().exit_code == 0


def test_a_formula_may_change_a_column_but_not_use_itself(cells):
    cells.replace('formula = "log(gdp)"', 'formula = "2 * log_gdp"')
    assert "no variable 'log_gdp'" in cells.check().stderr
    cells.replace('formula = "2 * log_gdp"', 'formula = "gdp"\n[variables.gdp]\nformula = "gdp / 1000"')
    assert cells.run().exit_code == 0
    assert "| `log_gdp` |  |  | 48 / 48 | 0.0" in (cells.output / "summary.md").read_text()


def test_formulas_in_a_circle_are_refused(cells):
    cells.replace('formula = "log(gdp)"', 'formula = "2 * other"\n[variables.other]\nformula = "log_gdp / 2"')
    assert "use each other in a circle" in cells.check().stderr


def test_formulas_may_stand_in_any_order(cells):
    cells.replace('formula = "log(gdp)"', 'formula = "log(dense)"\n[variables.dense]\nformula = "gdp / area_km2"')
    assert cells.check().exit_code == 0, cells.check().stderr


def test_a_name_given_twice_is_refused(cells):
    cells.replace("permutations = 99", 'name = "a"')
    cells.add('[[analyses]]\nname = "a"\nkind = "moran"\nvariable = "gdp"\nat = 2000\n')
    assert "'a' is the name of another analysis too" in cells.check().stderr


def test_absent_or_unreadable_study_files(cells):
    result = cells.call("check", cells.folder / "none.toml")
    assert result.exit_code == 2
    assert "no study file" in result.stderr
    assert "It is a folder" in cells.call("check", cells.folder).stderr
    cells.path.write_bytes('[study]\nname = "中国"'.encode("gbk"))
    assert "not UTF-8" in cells.check().stderr


def test_a_time_for_data_without_time_is_refused(cells):
    table = pd.read_csv(cells.folder / "data.csv").query("year == 2001").drop(columns="year")
    table.to_csv(cells.folder / "data.csv", index=False)
    cells.replace('time = "year"\n', "")
    assert "the data have no time; leave this out" in cells.check().stderr
    cells.replace("at = 2001\n", "")
    assert cells.check().exit_code == 0


def test_two_tables_with_one_variable_are_refused(cells):
    cells.replace(
        "[variables.log_gdp]", '[[tables]]\npath = "data.csv"\non = "code"\ntime = "year"\n[variables.log_gdp]'
    )
    assert "both data.csv and data.csv have a variable 'gdp'" in cells.check().stderr


def test_a_fault_found_while_computing_names_its_place(cells):
    table = pd.read_csv(cells.folder / "data.csv")
    table.loc[3, "gdp"] = None
    table.to_csv(cells.folder / "data.csv", index=False)
    cells.replace("at = 2001", "at = 2000")
    result = cells.run()
    assert result.exit_code == 2
    assert (
        f"study.toml:{line_of(cells, '[[analyses]]')}: [analyses.1]: moran_log_gdp: 'log_gdp' at 2000 is missing"
        in result.stderr
    )
    assert "Cell 01 (01)" in result.stderr
    assert [path.name for path in cells.folder.iterdir() if "results" in path.name] == []


def test_text_without_quotes_is_shown_and_quoted(cells):
    cells.replace('w = "queen"', "w = queen")
    result = cells.check()
    assert result.exit_code == 2
    assert (
        'study.toml:18: not valid TOML: Invalid value. The line says `w = queen`. Text needs quotes: w = "queen".'
        in (result.stderr)
    )


@pytest.mark.parametrize(
    ("old", "new", "meant"),
    [
        ('name = "cells"', 'name = "cells"\nlang = "cn"', "zh"),
        ('kind = "moran"', 'kind = "lisa"', "local_moran"),
        ('kind = "queen"', 'kind = "contiguity"', "queen"),
    ],
)
def test_other_words_for_an_option_lead_to_it(cells, old, new, meant):
    cells.replace(old, new)
    assert f"Did you mean '{meant}'?" in cells.check().stderr


def test_a_map_of_text_is_noticed_before_the_run(cells):
    cells.add("""
[[analyses]]
kind = "map"
variable = "zone"
at = 2001
""")
    result = cells.check()
    assert result.exit_code == 2
    assert "'zone' must be numeric here; found 'west', 'east'. Text can be a factor" in result.stderr


@pytest.mark.parametrize("at", ["2001", '"all"'])
def test_a_time_for_data_without_time_is_noticed_before_the_run(cells, at):
    table = pd.read_csv(cells.folder / "data.csv").query("year == 2001").drop(columns="year")
    table.to_csv(cells.folder / "data.csv", index=False)
    cells.replace('time = "year"\n', "")
    cells.replace("at = 2001", f"at = {at}")
    result = cells.check()
    assert result.exit_code == 2
    assert "the data have no time; leave this out." in result.stderr
