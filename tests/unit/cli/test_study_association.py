"""Every analysis of spatial association and of moves over time runs from a study file, in both languages."""

import json

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.core.seeds import derive_seed

GLOBAL = {
    "geary": ("C", ""),
    "getis_ord_g": ("G", ""),
    "moran_rates": ("I", 'population = "people"'),
    "bivariate_moran": ("I", 'other = "people"'),
    "lee": ("L", 'other = "people"'),
}
LOCAL = {
    "local_moran": 'variable = "gdp"\ninference = "total"\npermutations = 99',
    "local_moran_rates": 'variable = "gdp"\npopulation = "people"\ninference = "analytic"',
    "bivariate_local_moran": 'variable = "gdp"\nother = "people"\ncorrection = "holm"\npermutations = 99',
    "local_geary": 'variable = ["gdp", "people"]\npermutations = 99\nstop_after = 20',
    "local_g": 'variable = "gdp"\nstar = true\npermutations = 99\ncorrection = "fdr_by"',
    "local_join_count": 'variable = "big"',
    "quantile_lisa": 'variable = "gdp"\nk = 3\nquantile = 3',
    "losh": 'variable = "gdp"',
}
HOW = {
    "local_moran": ("99 permutations of all regions", "全部区域 99 次置换"),
    "local_moran_rates": ("p from the analytic distribution", "p 值取自解析分布"),
    "bivariate_local_moran": ("99 conditional permutations of each region", "各区域 99 次条件置换"),
    "local_geary": ("stopped once 20 draws", "出现 20 次同样极端的结果即停止"),
    "local_g": ("false discovery rate controlled under any dependence", "任意相依下控制错误发现率"),
    "local_join_count": ("exact p from the hypergeometric distribution", "超几何分布的精确值"),
    "quantile_lisa": ("exact p from the hypergeometric distribution", "超几何分布的精确值"),
    "losh": ("p from the chi-square approximation", "p 值取自卡方近似"),
}


@pytest.fixture
def plain(cells):
    cells.replace(
        "[weights.queen]", '[variables.big]\nformula = "minimum(1, maximum(0, gdp - 17) * 1e9)"\n[weights.queen]'
    )
    text = cells.path.read_text(encoding="utf-8")
    cells.write(text[: text.index("[[analyses]]")])
    return cells


def ran(cells):
    result = cells.run()
    assert result.exit_code == 0, result.stderr
    manifest = json.loads((cells.output / "manifest.json").read_text(encoding="utf-8"))
    return (cells.output / "summary.md").read_text(encoding="utf-8"), manifest["results"]


def study_of(cells):
    regions = sr.read_regions(cells.folder / "cells.gpkg", id="code", name="name")
    data = pd.read_csv(cells.folder / "data.csv", dtype={"code": str})
    return sr.join(regions, data, on="code", time="year").with_weights(queen=sr.contiguity(regions))


@pytest.mark.parametrize("kind", GLOBAL)
def test_global_statistics_are_those_of_the_public_function(plain, kind):
    symbol, more = GLOBAL[kind]
    plain.add(f'[[analyses]]\nkind = "{kind}"\nname = "one"\nvariable = "gdp"\nat = 2001\npermutations = 99\n{more}\n')
    summary, results = ran(plain)
    options = {key: value.strip('" ') for key, _, value in [more.partition(" = ")] if key}
    seed = derive_seed(42, "one")
    peer = getattr(sr, kind)(study_of(plain), "gdp", at=2001, permutations=99, seed=seed, **options)
    row = pd.read_csv(plain.output / "tables" / "one.csv", encoding="utf-8-sig").iloc[0]
    assert row[symbol] == pytest.approx(getattr(peer, symbol), rel=1e-8)  # tables have ten digits
    assert row["p"] == peer.p
    assert f"(99 random permutations, seed {seed}, two-sided)" in summary
    assert results["one"]["2001"]["n"] == 16


def test_no_permutations_read_right(plain):
    plain.add('[[analyses]]\nkind = "geary"\nvariable = "gdp"\nat = 2001\npermutations = 0\n')
    summary, _ = ran(plain)
    assert "no permutations; normal p = " in summary
    assert "0 random permutations" not in summary


def test_join_counts_of_text(plain):
    plain.add('[[analyses]]\nkind = "join_count"\nname = "zones"\nvariable = "zone"\nat = 2001\npermutations = 99\n')
    table = pd.read_csv(plain.folder / "data.csv")
    table["zone"] = np.where(table["code"] % 4 < 2, "west", "east")
    table.to_csv(plain.folder / "data.csv", index=False)
    summary, _ = ran(plain)
    joins = pd.read_csv(plain.output / "tables" / "zones.csv", encoding="utf-8-sig").set_index("pair")["joins"]
    # 42 pairs of queen neighbours on 4 x 4 cells; 4 + 3 + 3 of them cross the middle.
    assert joins["unlike"] == 10
    assert joins.drop("unlike").sum() == 42
    assert "Joins of unlike categories = 10" in summary


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("kind", LOCAL)
def test_local_statistics_say_how_they_were_tested(plain, kind, lang):
    plain.replace('name = "cells"', f'name = "cells"\nlang = "{lang}"')
    plain.add(f'[[analyses]]\nkind = "{kind}"\nname = "one"\nat = 2001\nlevel = 0.1\n{LOCAL[kind]}\n')
    summary, results = ran(plain)
    table = pd.read_csv(plain.output / "tables" / "one_2001.csv", encoding="utf-8-sig")
    facts = results["one"]["2001"]
    assert facts["significant"] == table["significant"].sum()
    assert HOW[kind][lang == "zh"] in summary
    assert "p ≤ 0.1" in summary
    drawn = facts["permutations"] > 0 and facts["seed"] is not None
    fewer, more = facts["count_range"]
    moved = {"en": f"between {fewer} and {more}.", "zh": f"介于 {fewer} 与 {more} 之间"}[lang]
    stays = {"en": "It would be as many if every p erred", "zh": "显著区域数不变"}[lang]
    assert ((moved if more > fewer else stays) in summary) == drawn
    assert fewer <= facts["significant"] <= more
    if drawn:
        assert f"{facts['seed']}" in summary


def test_all_sets_of_neighbours_read_as_exact(plain):
    plain.add('[[analyses]]\nkind = "local_g"\nname = "one"\nvariable = "gdp"\nat = 2001\npermutations = 99999\n')
    summary, results = ran(plain)
    assert "all sets of neighbours, so that p is exact" in summary
    assert "standard error" not in summary
    assert results["one"]["2001"]["enumerated"] == 16


def test_local_statistics_at_several_times_share_one_figure(plain):
    plain.add('[[analyses]]\nkind = "local_geary"\nname = "one"\nvariable = "gdp"\nat = "all"\npermutations = 99\n')
    ran(plain)
    assert (plain.output / "figures" / "one_times.png").is_file()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_state_that_never_occurs_is_named(plain, lang):
    plain.replace('name = "cells"', f'name = "cells"\nlang = "{lang}"')
    plain.add('[[analyses]]\nkind = "markov"\nvariable = "gdp"\nk = 3\nbins = [20, 999]\n')
    summary, _ = ran(plain)
    assert {"en": "never visited: 3", "zh": "从未出现的状态：3。"}[lang] in summary


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_moves_over_time(plain, lang):
    plain.replace('name = "cells"', f'name = "cells"\nlang = "{lang}"')
    plain.add(
        '[[analyses]]\nkind = "lisa_transitions"\nname = "moves"\nvariable = "gdp"\nlevel = 0.2\npermutations = 99\n'
        '[[analyses]]\nkind = "markov"\nname = "chain"\nvariable = "gdp"\nk = 3\n'
        '[[analyses]]\nkind = "spatial_markov"\nname = "lags"\nvariable = "gdp"\nk = 2\nrelative = true\n'
        '[[analyses]]\nkind = "moran_by_time"\nname = "trend"\nvariable = "gdp"\nstatistic = "geary"\n'
    )
    summary, results = ran(plain)
    study = study_of(plain)
    peer = sr.lisa_transitions(study, "gdp", level=0.2, permutations=99, seed=derive_seed(42, "moves"))
    assert results["moves"]["all"]["types"] == peer.type_counts.sum().to_dict()
    matrix = pd.read_csv(plain.output / "tables" / "chain_matrix.csv", encoding="utf-8-sig", index_col=0)
    assert np.allclose(matrix.iloc[:, :3], sr.markov(study, "gdp", k=3).probabilities)
    steady = pd.read_csv(plain.output / "tables" / "lags_steady.csv", encoding="utf-8-sig", index_col=0)
    expected = sr.spatial_markov(study, "gdp", k=2, relative=True).steady_state
    assert np.allclose(steady, expected, equal_nan=True)
    assert "C" in pd.read_csv(plain.output / "tables" / "trend.csv", encoding="utf-8-sig").columns
    for name in ("moves_matrix", "moves_history", "moves_maps", "chain_matrix", "lags_matrix", "trend_trend"):
        assert (plain.output / "figures" / f"{name}.png").is_file()
    assert {"en": "16 regions in 3 classes, 2 steps", "zh": "16 个区域分为 3 类"}[lang] in summary


def test_weights_are_drawn(plain):
    plain.add('[[analyses]]\nkind = "weights"\nw = "queen"\n')
    summary, results = ran(plain)
    assert "### Weights: queen" in summary
    assert "`queen`: 84 links; 3 to 8 neighbours, 5.250 on average; connected parts: 1." in summary
    assert results["weights_queen"]["all"]["links"] == 84
    table = pd.read_csv(plain.output / "tables" / "weights_queen.csv", encoding="utf-8-sig")
    assert table["neighbours"].sum() == 84


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ('kind = "lee"\nvariable = "gdp"\nat = 2001\nother = "peple"', "no variable 'peple'. Did you mean 'people'?"),
        ('kind = "lee"\nvariable = "gdp"\nat = 2001', "other: is needed and not given"),
        ('kind = "local_geary"\nat = 2001\nvariable = ["gdp", "gpd"]', "no variable 'gpd'. Did you mean 'gdp'?"),
        ('kind = "local_geary"\nat = 2001\nvariable = []', "should be a variable, or a list of variables"),
        ('kind = "local_g"\nvariable = "gdp"\nat = 2001\ncorrection = "holms"', "Did you mean 'holm'?"),
        ('kind = "local_g"\nvariable = "gdp"\nat = 2001\nmoments = "total"', "unknown key."),
        ('kind = "quantile_lisa"\nvariable = "gdp"\nat = 2001\nquantile = 1.5', "should be a whole number"),
        ('kind = "markov"\nvariable = "gdp"\nbins = ["a"]', "should be a list of upper edges"),
        ('kind = "local_geri"\nvariable = "gdp"', "Did you mean 'local_geary'?"),
        ('kind = "weights"\nw = "quen"', "no weights 'quen'. Did you mean 'queen'?"),
        ('kind = "losh"\nvariable = "gdp"', "say for which time"),
    ],
)
def test_each_fault_is_named_with_its_line(plain, said, message):
    first = plain.path.read_text(encoding="utf-8").count("\n") + 1
    plain.add(f"[[analyses]]\n{said}\n")
    result = plain.check()
    assert result.exit_code == 2, result.stdout
    assert message in result.stderr
    line = int(result.stderr.split("study.toml:")[1].split(":")[0])
    assert first <= line <= first + said.count("\n") + 1


@pytest.mark.parametrize("kind", ["lisa_transitions", "markov", "spatial_markov", "moran_by_time"])
def test_moves_need_times(plain, kind):
    pd.read_csv(plain.folder / "data.csv").query("year == 2000").to_csv(plain.folder / "data.csv", index=False)
    plain.replace('time = "year"\n', "")
    plain.add(f'[[analyses]]\nkind = "{kind}"\nvariable = "gdp"\n')
    assert "follows regions over time, and the data have no time" in plain.check().stderr
