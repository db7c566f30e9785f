"""The bundled studies, run as a user runs them."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

import spatial_region as sr
from spatial_region.cli.main import app

STUDIES = Path(__file__).resolve().parents[2] / "docs" / "studies"
COMMAND = [sys.executable, "-m", "spatial_region.cli.main"]


def run(*arguments: object):
    return CliRunner().invoke(app, [str(one) for one in arguments])


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def table(folder: Path, name: str, **options) -> pd.DataFrame:
    return pd.read_csv(folder / "tables" / f"{name}.csv", encoding="utf-8-sig", **options)


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> dict[str, Path]:
    """Results of the small studies, made by one command."""
    place = tmp_path_factory.mktemp("out") / "all"
    names = ["border", "west", "provinces", "us48", "urbanisation"]
    made = run("run", *[STUDIES / name / "study.toml" for name in names], "-o", place)
    assert made.exit_code == 0, made.stderr
    assert len(made.stdout.strip().splitlines()) == len(names)
    return {name: place / name for name in names}


@pytest.mark.parametrize("name", ["border", "west", "provinces", "us48", "urbanisation"])
def test_every_link_leads_to_a_file_and_every_figure_is_a_picture(results, name):
    folder = results[name]
    linked = set(re.findall(r"\]\(((?:figures|tables)/[^)]+)\)", (folder / "summary.md").read_text(encoding="utf-8")))
    files = {one for one in contents(folder) if "/" in one}
    assert linked == files
    for path in (folder / "figures").glob("*.png"):
        with Image.open(path) as picture:
            assert min(picture.size) > 500
            assert len(np.unique(np.asarray(picture.convert("L").resize((200, 200))))) > 5
    for path in (folder / "figures").glob("*.svg"):
        assert path.read_text(encoding="utf-8").rstrip().endswith("</svg>")


def test_border_profile_reproduces_the_printed_figures(results):
    printed = pd.read_csv(STUDIES / "border" / "border_prefectures.csv", dtype={"adcode": str}).set_index("adcode")
    levels = table(results["border"], "levels_gdp_pc", dtype={"region": str}).set_index("region")
    assert levels["relative"].round(2).to_dict() == printed["ratio_to_region_mean"].reindex(levels.index).to_dict()
    change = table(results["border"], "change_population", dtype={"region": str}).set_index("region")
    both = pd.DataFrame({"ours": change["change_pct"].round(2), "printed": printed["pop_change_pct"]}).dropna()
    assert len(both) == 6
    assert (both["ours"] == both["printed"]).all()


def test_border_moran_takes_all_arrangements_and_says_that_seven_are_too_few(results):
    row = table(results["border"], "moran_gdp_pc").iloc[0]
    assert row["permutations"] == 5040
    assert row["n"] == 7
    summary = (results["border"] / "summary.md").read_text(encoding="utf-8")
    assert "all 5,040 arrangements of the values, so that p is exact" in summary
    assert "7 regions are too few to support inference" in summary
    links = table(results["border"], "moran_gdp_pc")  # row-standardised queen weights of the 11 pairs that touch
    assert len(links) == 1
    assert json.loads((results["border"] / "manifest.json").read_text())["weights"]["queen"]["links"] == 22


def test_west_leaves_out_the_country_and_says_so(results):
    summary = (results["west"] / "summary.md").read_text(encoding="utf-8")
    assert "中国: total" in summary
    assert "西部与全国差距: total" in summary
    match = json.loads((results["west"] / "manifest.json").read_text(encoding="utf-8"))["match"][0]
    assert match["counts"]["unmatched"] == 18
    assert match["counts"]["lost"] == 0
    assert sorted(table(results["west"], "quality_moran")["n"].unique()) == [12]


def test_west_panel_without_space_equals_least_squares_with_dummies(results):
    tables = [
        pd.read_csv(STUDIES / "west" / f"western_{name}.csv").set_index(["region", "year"])["value"].rename(name)
        for name in ("quality", "resilience")
    ]
    data = pd.concat(tables, axis=1).query("region not in ['中国', '西部地区均值', '西部与全国差距']")
    within = data - data.groupby("region").transform("mean") - data.groupby("year").transform("mean") + data.mean()
    slope = (within["quality"] * within["resilience"]).sum() / (within["resilience"] ** 2).sum()
    fits = table(results["west"], "quality_on_resilience").set_index(["model", "term"])
    assert fits.loc[("ols", "resilience"), "estimate"] == pytest.approx(slope, rel=1e-9)
    assert len(data) == 72
    assert fits["nobs"].iloc[0] == 11 * 5  # less an effect for each province and year, with lee_yu


def test_west_shows_no_spillover_once_the_effects_are_transformed_away(results):
    impacts = table(results["west"], "quality_on_resilience_sdm_impacts").set_index("variable").loc["resilience"]
    assert impacts["direct_p"] < 0.01
    assert impacts["indirect_p"] > 0.05
    summary = (results["west"] / "summary.md").read_text(encoding="utf-8")
    assert "R² within" in summary
    assert "OLS: least squares, classical standard errors, Student's t. SAR, SDM: maximum likelihood" in summary
    assert "too small" not in summary


def test_provinces_grades_and_strata(results):
    graded = table(results["provinces"], "integration_grades")["grade"].value_counts().to_dict()
    assert graded == {"高": 4, "较高": 5, "中等": 9, "较低": 12}
    scores = pd.read_csv(STUDIES / "provinces" / "integration_scores.csv").query("dimension == '城乡高质量融合水平'")
    plates = {"东部": "East", "中部": "Central", "西部": "West", "东北": "Northeast"}
    y, group = scores["score"], scores["plate"].map(plates)
    q = 1 - ((y - y.groupby(group).transform("mean")) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    factors = table(results["provinces"], "integration_strata_factors").set_index("factor")
    assert factors.loc["plate", "q"] == pytest.approx(q, rel=1e-9)


def test_chinese_results_have_no_english_words_of_the_program(results):
    summary = (results["provinces"] / "summary.md").read_text(encoding="utf-8")
    body = summary.split("## 数据")[1].split("## 警告")[0]
    body = re.sub(r"```(text)?|`[^`\n]*`|\]\([^)]*\)", "", body)  # names in code, and links
    words = set(re.findall(r"[A-Za-z]{2,}", body))
    from_inputs = {"Central", "East", "Northeast", "West", "province", "adcode", "plate", "score", "dimension"}
    in_use = {"Moran", "Geary", "CSV", "SVG", "HH", "LL", "LH", "HL"}  # in Chinese texts too
    in_use |= {"Dagum", "Welch", "Games", "Howell"}
    recipe = {"queen", "kind", "order", "islands", "nearest"}
    assert words <= from_inputs | in_use | recipe


def test_us48_moran_equals_esda(results):
    import geopandas as gpd
    from esda.moran import Moran  # esda 2.9
    from libpysal import examples
    from libpysal.weights import Queen

    states = gpd.read_file(examples.get_path("us48.shp"))
    income = pd.read_csv(examples.get_path("usjoin.csv")).set_index("Name").loc[states["STATE_NAME"]]
    w = Queen.from_dataframe(states, use_index=False)
    ours = table(results["us48"], "moran_by_year").set_index("time")
    assert ours.index.tolist() == list(range(1929, 2010))
    for year in (1929, 1969, 2009):
        peer = Moran(income[str(year)], w, transformation="r", permutations=0)
        assert ours.loc[year, "I"] == pytest.approx(peer.I, rel=1e-9)
        assert ours.loc[year, "z"] == pytest.approx(peer.z_norm, rel=1e-8)


def test_us48_mobility_is_that_of_counted_moves(results):
    import geopandas as gpd
    from libpysal import examples
    from libpysal.weights import Queen

    states = gpd.read_file(examples.get_path("us48.shp"))
    w = Queen.from_dataframe(states, use_index=False)
    w.transform = "r"
    income = pd.read_csv(examples.get_path("usjoin.csv")).set_index("Name").loc[states["STATE_NAME"]]
    income = income[[str(year) for year in range(1929, 2010)]].to_numpy(dtype=float)
    relative = income / income.mean(axis=0)
    classes, around = (
        np.searchsorted(np.quantile(x, [0.2, 0.4, 0.6, 0.8]), x) for x in (relative, w.sparse @ relative)
    )
    counts = np.zeros((5, 5, 5))
    np.add.at(counts, (around[:, :-1], classes[:, :-1], classes[:, 1:]), 1)
    matrix = table(results["us48"], "mobility_matrix", index_col=0)
    pooled = counts.sum(axis=0)
    assert np.array_equal(matrix["moves"], pooled.sum(axis=1))
    assert np.allclose(matrix[list("12345")], pooled / pooled.sum(axis=1, keepdims=True))
    expected = counts.sum(axis=2, keepdims=True) * pooled / pooled.sum(axis=1, keepdims=True)
    ratio = 2 * (counts * np.log(np.divide(counts, expected, out=np.ones_like(counts), where=counts > 0))).sum()
    facts = json.loads((results["us48"] / "manifest.json").read_text(encoding="utf-8"))["results"]["mobility"]["all"]
    assert facts["likelihood_ratio"] == pytest.approx(ratio, rel=1e-9)
    assert facts["likelihood_ratio"] == pytest.approx(170.659, abs=5e-4)  # as the tutorial of giddy 2 prints it


def test_us48_moves_between_quadrants_are_those_of_the_scatterplots(results):
    import geopandas as gpd
    from libpysal import examples
    from libpysal.weights import Queen

    states = gpd.read_file(examples.get_path("us48.shp"))
    w = Queen.from_dataframe(states, use_index=False)
    w.transform = "r"
    income = pd.read_csv(examples.get_path("usjoin.csv")).set_index("Name").loc[states["STATE_NAME"]]
    z = income[[str(year) for year in range(1929, 2010)]].to_numpy(dtype=float)
    z = z - z.mean(axis=0)
    quadrant = 2 * (z > 0) + (w.sparse @ z > 0)
    stays = (quadrant[:, 1:] == quadrant[:, :-1]).mean()
    facts = json.loads((results["us48"] / "manifest.json").read_text(encoding="utf-8"))["results"]["quadrants"]["all"]
    assert facts["stability"] == pytest.approx(stays)
    assert sum(facts["types"].values()) == 48 * 80


def test_provinces_compare_economy_with_the_integration_of_neighbours(results):
    scores = pd.read_csv(STUDIES / "provinces" / "integration_scores.csv").pivot(
        index="province", columns="dimension", values="score"
    )
    study = sr.join(sr.china_provinces(), scores.reset_index(), on="province")
    study = study.with_weights(queen=sr.contiguity(study, islands="nearest"))
    x, y = (study.values(name) for name in ("经济发展动力", "城乡高质量融合水平"))
    x, y = (x - x.mean()) / x.std(ddof=0), (y - y.mean()) / y.std(ddof=0)
    rows = study.weights["queen"].standardise("row").sparse.toarray()
    row = table(results["provinces"], "economy_and_integration").iloc[0]
    assert row["I"] == pytest.approx(float(x @ rows @ y) / len(x), rel=1e-9)


def test_us48_levels_and_growth(results):
    levels = table(results["us48"], "levels_income", dtype={"region": str}).set_index("region")
    assert levels.loc["09", "name"] == "Connecticut"
    assert levels.loc["09", "rank"] == 1
    assert levels.loc["09", "growth_pct"] == pytest.approx(100 * ((52736 / 1024) ** (1 / 80) - 1))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("border", {"prefectures_audit": 0, "region_audit": 1}),
        ("west", {"quality_audit": 0, "resilience_audit": 0, "classes_audit": 1}),
        ("provinces", {"scores_audit": 0, "bounds_audit": 30}),
        ("urbanisation", {"theil_audit": 1, "moran_audit": 0}),
    ],
)
def test_audits_find_the_known_slips_and_nothing_else(results, name, found):
    manifest = json.loads((results[name] / "manifest.json").read_text(encoding="utf-8"))
    audits = {key: facts["all"] for key, facts in manifest["results"].items() if key.endswith("_audit")}
    assert {key: facts["findings"] for key, facts in audits.items()} == found
    assert all(facts["tested"] > 0 for facts in audits.values())


def test_printed_efficiencies_are_audited_as_of_one_year_and_as_means(tmp_path):
    made = run("run", STUDIES / "provinces" / "efficiency.toml", "-o", tmp_path / "out")
    assert made.exit_code == 0, made.stderr
    found = table(tmp_path / "out", "audit_findings")
    assert len(found) == 30
    impossible = found[found["message"].str.contains("impossible")]["row"].tolist()
    assert impossible == ["山东", "上海", "四川", "贵州", "西藏", "青海", "宁夏", "新疆"]
    assert len(table(tmp_path / "out", "audit_of_means_findings")) == 23


@pytest.mark.parametrize("name", ["border", "us48"])
def test_twice_gives_the_same_bytes(results, name, tmp_path):
    made = run("run", STUDIES / name / "study.toml", "-o", tmp_path / "again")
    assert made.exit_code == 0, made.stderr
    first, second = contents(results[name]), contents(tmp_path / "again")
    assert first.keys() == second.keys()
    assert [one for one in first if first[one] != second[one] and one != "manifest.json"] == []
    manifests = [json.loads(one["manifest.json"]) for one in (first, second)]
    for manifest in manifests:
        del manifest["seconds"], manifest["finished"]
    assert manifests[0] == manifests[1]


def test_published_quadrants_are_followed(results):
    folder = results["urbanisation"]
    moves = table(folder, "moves_matrix")
    quadrants = pd.read_csv(STUDIES / "urbanisation" / "urbanisation_quadrants.csv", dtype={"adcode": str})
    wide = quadrants.pivot(index="adcode", columns="year", values="quadrant")
    steps = [move for step in pairwise(wide.columns) for move in wide[list(step)].itertuples(index=False, name=None)]
    counted = pd.Series(steps).value_counts()
    probabilities = moves.set_index(moves.columns[0])
    for start in ("HH", "LH", "LL", "HL"):
        total = sum(count for (first, _), count in counted.items() if first == start)
        for end in ("HH", "LH", "LL", "HL"):
            expected = counted.get((start, end), 0) / total
            assert probabilities.loc[start, end] == pytest.approx(expected, abs=1e-6)
    z = table(folder, "moran").set_index("time")["z"]
    assert z[2003] == pytest.approx((0.332 + 1 / 30) / 0.061, rel=1e-6)
    assert z[2018] < 1.2


@pytest.mark.parametrize("name", ["border", "west", "provinces", "us48", "urbanisation", "prefectures"])
def test_check_finds_the_bundled_studies_sound(name):
    result = run("check", STUDIES / name / "study.toml")
    assert result.exit_code == 0, result.stderr
    assert ": ok. " in result.stdout


def _long_study(folder: Path) -> Path:
    """The study of the 48 states with so many permutations that it takes minutes."""
    shutil.copytree(STUDIES / "us48", folder)
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    assert "permutations = 999\n" in text
    path.write_text(text.replace("permutations = 999\n", "permutations = 999999\n"), encoding="utf-8")
    return path


@pytest.mark.parametrize("request_to_stop", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_run_leaves_nothing_half_written(tmp_path, request_to_stop):
    path = _long_study(tmp_path / "study")
    place = tmp_path / "results"
    place.mkdir()
    process = subprocess.Popen(
        [*COMMAND, "run", str(path), "-o", str(place)],
        stderr=subprocess.PIPE,
        text=True,
        # A shell starts background jobs with this signal ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )
    try:
        deadline = time.monotonic() + 120
        while not list(tmp_path.glob(".results.partial-*/figures/*.svg")):  # at work, with a part written
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline, "the run did not get to its first figure"
            time.sleep(0.05)
        process.send_signal(request_to_stop)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Interrupted; nothing was written." in errors
    assert "Traceback" not in errors
    assert sorted(one.name for one in tmp_path.iterdir()) == ["results", "study"]
    assert list(place.iterdir()) == []


def test_the_installed_command_knows_its_version():
    made = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=True)
    assert made.stdout == f"spatial-region {sr.__version__}\n"
