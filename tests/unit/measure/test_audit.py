"""Audit: tables whose figures follow from unrounded truth are clean, and a figure that cannot be true is found."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import spatial_region as sr
from spatial_region.errors import DuplicateError, InputError, OptionError, ReadError, UnknownNameError

RNG_ROWS = 400


def printed(values, decimals) -> list[str]:
    return [f"{value:.{decimals}f}" for value in values]


def frame(decimals: int = 2, **columns) -> pd.DataFrame:
    made = pd.DataFrame({name: printed(values, decimals) for name, values in columns.items()})
    return made.set_axis([f"r{place}" for place in range(len(made))])


def bump(table: pd.DataFrame, row: int, column: str, by: float) -> pd.DataFrame:
    """Return the table with one cell changed, printed with the digits that it had."""
    changed = table.copy()
    text = changed.iloc[row][column]
    digits = len(text.partition(".")[2])
    changed.iloc[row, changed.columns.get_loc(column)] = f"{float(text) + by:.{digits}f}"
    return changed


def truths(seed: int, digits: int) -> dict[str, tuple[pd.DataFrame, list, str, float]]:
    """Return for each check a printed table that is true, the check, and a cell and a change that it must find."""
    rng = np.random.default_rng(seed)
    n = RNG_ROWS
    pure, scale = rng.uniform(0.3, 1, n), rng.uniform(0.3, 1, n)
    u = rng.uniform(0.05, 1, (n, 3))
    c2 = 2 * np.sqrt(u[:, 0] * u[:, 1]) / (u[:, 0] + u[:, 1])
    t2 = 0.4 * u[:, 0] + 0.6 * u[:, 1]
    share = rng.dirichlet(np.ones(3), n)
    inner = rng.uniform(0.05, 0.4, (n, 3))
    between = rng.uniform(0.01, 0.1, n)
    whole = (share * inner).sum(axis=1) + between
    part = 100 * share * inner / whole[:, None]
    moran, se = rng.uniform(-0.3, 0.8, n), rng.uniform(0.03, 0.2, n)
    z = (moran + 1 / 30) / se
    names = ["a", "b", "c"]
    return {
        "efficiency": (
            frame(digits, te=pure * scale, pure=pure, scale=scale),
            [sr.checks.Efficiency("te", "pure", "scale")], "te", 0.1,
        ),
        "formula": (
            frame(digits, rate=(pure / scale - 1) * 100, now=pure, then=scale),
            [sr.checks.Formula("rate", "(now / then - 1) * 100")], "rate", 40.0,
        ),
        "coupling": (
            frame(digits, u1=u[:, 0], u2=u[:, 1], C=c2, T=t2, D=np.sqrt(c2 * t2)),
            [sr.checks.Coupling(["u1", "u2"], C="C", T="T", D="D", shares=[0.4, 0.6])], "D", -0.25,
        ),
        "theil": (
            frame(digits, T=whole, **{f"T{k}": inner[:, i] for i, k in enumerate(names)},
                  **{f"s{k}": part[:, i] for i, k in enumerate(names)},
                  within=part.sum(axis=1), between=100 - part.sum(axis=1)),
            [sr.checks.TheilParts("T", ["Ta", "Tb", "Tc"], ["sa", "sb", "sc"], "within", "between")], "within", 1.0,
        ),
        "moran": (
            frame(digits, I=moran, se=se, z=z, p=2 * stats.norm.sf(np.abs(z))),
            [sr.checks.Moran("I", se="se", z="z", p="p", n=31)], "p", 1.5,
        ),
        "shares": (
            frame(digits, **{name: 100 * share[:, i] for i, name in enumerate(names)}),
            [sr.checks.Shares(names, complete=True)], "a", 3.0,
        ),
        "ascending": (
            frame(digits, least=np.minimum(pure, scale), mean=(pure + scale) / 2, most=np.maximum(pure, scale)),
            [sr.checks.Ascending(["least", "mean", "most"])], "mean", 1.0,
        ),
    }  # fmt: skip


@pytest.mark.parametrize("digits", [1, 2, 3, 4])
@pytest.mark.parametrize("name", list(truths(0, 2)))
def test_true_tables_raise_no_alarm_whatever_the_digits(name, digits):
    table, checks, _, _ = truths(digits, digits)[name]
    found = sr.audit(table, checks)
    assert found.checked["tested"].sum() >= len(table)
    assert found.findings.empty, found.summary()
    assert found


@pytest.mark.parametrize("name", list(truths(0, 2)))
def test_a_false_cell_is_found_where_it_stands(name):
    table, checks, column, by = truths(5, 3)[name]
    found = sr.audit(bump(table, 7, column, by), checks)
    assert not found
    assert set(found.findings["row"]) == {"r7"}
    assert not found.findings.drop_duplicates(["row", "column"])["message"].eq("").any()


def test_a_finding_is_what_no_unrounded_numbers_allow():
    """By brute force: a product is reported exactly when no pair on a fine grid of what the digits allow gives it."""
    steps = np.linspace(-0.005, 0.005, 41)
    for pure in ("0.90", "0.95"):
        for scale in ("0.80", "0.87"):
            for te in np.arange(0.60, 0.90, 0.01):
                text = f"{te:.2f}"
                grid = np.minimum(float(pure) + steps, 1)[:, None] * (float(scale) + steps)[None, :]
                possible = bool(((grid >= float(text) - 0.005) & (grid <= float(text) + 0.005)).any())
                table = pd.DataFrame({"te": [text], "p": [pure], "s": [scale]}, index=["x"])
                assert bool(sr.audit(table, sr.checks.Efficiency("te", "p", "s"))) == possible


def test_means_of_efficiencies_obey_the_bounds_and_need_not_multiply():
    rng = np.random.default_rng(2)
    pure, scale = rng.uniform(0.2, 1, (200, 8)), rng.uniform(0.2, 1, (200, 8))
    table = frame(4, te=(pure * scale).mean(axis=1), p=pure.mean(axis=1), s=scale.mean(axis=1))
    assert sr.audit(table, sr.checks.Efficiency("te", "p", "s", averaged=True))
    assert len(sr.audit(table, sr.checks.Efficiency("te", "p", "s")).findings) > 100
    low = pd.DataFrame({"te": ["0.70"], "p": ["0.95"], "s": ["0.90"]}, index=["x"])
    message = sr.audit(low, sr.checks.Efficiency("te", "p", "s", averaged=True)).findings["message"][0]
    assert message == "is below 0.95 + 0.90 - 1, the least of a mean of products"
    above = pd.DataFrame({"te": ["1.20"], "p": ["0.95"], "s": ["0.90"]}, index=["x"])
    assert "no efficiency" in sr.audit(above, sr.checks.Efficiency("te", "p", "s")).findings["message"][0]


def test_means_sums_and_gaps_of_rows():
    rng = np.random.default_rng(4)
    rows = []
    for year in ("2000", "2010"):
        values = rng.uniform(5, 20, 12)
        country = 30.0
        each = {**{f"p{i}": v for i, v in enumerate(values)}, "mean": values.mean(), "sum": values.sum(),
                "country": country, "gap": country - values.mean()}  # fmt: skip
        rows += [{"region": name, "year": year, "value": f"{value:.2f}"} for name, value in each.items()]
    table = pd.DataFrame(rows)
    extra = ["mean", "sum", "country", "gap"]
    checks = [
        sr.checks.MeanOf("value", "mean", by="year", excluding=extra[1:]),
        sr.checks.SumOf("value", "sum", by="year", members=[f"p{i}" for i in range(12)]),
        sr.checks.RowFormula("value", "gap", "country - mean", by="year"),
    ]
    assert sr.audit(table, checks, index="region")
    shuffled = table.sample(frac=1, random_state=1)
    assert sr.audit(shuffled, checks, index="region")
    wrong = table.assign(value=table["value"].where(table["region"] != "mean", "99.00"))
    found = sr.audit(wrong, checks, index="region").findings
    assert found["message"].str.contains("outside its 12 members").sum() == 2
    assert found["message"].str.contains("does not follow from country").sum() == 2
    near = table.assign(value=table["value"].where(table["region"] != "mean", "13.00"))
    weighted = sr.checks.MeanOf("value", "mean", by="year", excluding=extra[1:], weighted=True)
    assert sr.audit(near, weighted, index="region")
    assert not sr.audit(near, checks[0], index="region")


def test_ranks_with_ties_and_out_of_order():
    values = ["10.1", "9.5", "9.5", "8.0", "7.2"]
    for ranks in (
        ["1", "2", "3", "4", "5"],
        ["1", "3", "2", "4", "5"],
        ["1", "2.5", "2.5", "4", "5"],
        ["1", "2", "2", "4", "5"],
    ):
        table = pd.DataFrame({"value": values, "rank": ranks}, index=list("abcde"))
        assert sr.audit(table, sr.checks.Ranks("rank", "value")), ranks
    table = pd.DataFrame({"value": values, "rank": ["1", "2", "4", "3", "5"]}, index=list("abcde"))
    found = sr.audit(table, sr.checks.Ranks("rank", "value")).findings
    assert found["row"].tolist() == ["c", "d"]
    assert found["implied"].tolist() == ["2 to 3", "4"]
    lowest = pd.DataFrame({"value": values, "rank": list("54321")}, index=list("abcde"))
    assert len(sr.audit(lowest, sr.checks.Ranks("rank", "value", highest_first=False)).findings) == 0
    assert len(sr.audit(lowest, sr.checks.Ranks("rank", "value")).findings) >= 4


def test_a_rank_given_twice_is_found():
    table = pd.DataFrame({"value": ["9", "5", "1"], "rank": ["1", "2", "2"]}, index=list("abc"))
    messages = sr.audit(table, sr.checks.Ranks("rank", "value")).findings["message"]
    assert messages.str.contains("given to b (5) and c (1) alike", regex=False).any()


def test_shares_over_the_whole():
    table = pd.DataFrame({"year": ["a", "a", "b", "b"], "share": ["60.0", "45.0", "101.2", "0.0"]}, index=list("wxyz"))
    found = sr.audit(table, sr.checks.Shares("share", by="year")).findings
    assert found.loc[found["row"] == "y", "message"].str.contains("no share of 100").any()
    assert found["message"].str.contains("that add to 105").any()
    assert not sr.audit(table, sr.checks.Shares("share", by="year", complete=True))
    alone = sr.audit(table, sr.checks.Shares("share", together=False)).findings
    assert alone["row"].tolist() == ["y"]
    thirds = pd.DataFrame({"share": ["33.3", "33.3", "33.3"]}, index=list("abc"))
    assert sr.audit(thirds, sr.checks.Shares("share", complete=True))


def test_weights_that_do_not_add_to_one():
    table = pd.DataFrame({"of": ["a", "a", "b", "b"], "weight": ["0.50", "0.50", "0.40", "0.50"]}, index=list("wxyz"))
    found = sr.audit(table, sr.checks.Total("weight", 1, by="of")).findings
    assert found["row"].tolist() == ["y"]
    assert found["implied"].tolist() == ["0.495 to 0.505"]


@pytest.mark.parametrize(
    ("coefficient", "t", "found"),
    [
        ("0.120***", "2.90", 0), ("0.120***", "2.30", 1), ("0.120**", "2.30", 0), ("0.120", "2.30", 1),
        ("0.120*", "2.30", 1), ("0.120*", "1.70", 0), ("0.120*", "1.20", 1), ("0.120", "0.40", 0),
        ("-0.120***", "-2.90", 0), ("-0.120**", "2.30", 1),
    ],
)  # fmt: skip
def test_stars_against_t(coefficient, t, found):
    table = pd.DataFrame({"b": [coefficient, "1.0***"], "t": [t, "-9.9"]}, index=["x", "signed"]).iloc[[0, 1]]
    table.loc["signed", "b"] = "-1.0***"
    listed = sr.audit(table, sr.checks.Stars("b", t="t", df=float("inf"))).findings
    assert len(listed) == found
    assert set(listed["row"]) <= {"x"}


def test_stars_from_simulated_regressions_are_clean_and_moved_ones_are_found():
    rng = np.random.default_rng(9)
    b, se, df = rng.normal(0, 1, 300), rng.uniform(0.2, 1, 300), 25
    p = 2 * stats.t.sf(np.abs(b / se), df)
    mark = np.select([p < 0.01, p < 0.05, p < 0.1], ["***", "**", "*"], "")
    table = frame(3, se=se, t=np.abs(b / se), p=p)
    table.insert(0, "b", [f"{value:.3f}{stars}" for value, stars in zip(b, mark, strict=True)])
    everything = [
        sr.checks.Stars("b", se="se", t="t", p="p", df=df),
        sr.checks.Stars("b", t="t"),
        sr.checks.Stars("b", p="p"),
        sr.checks.Stars("b", se="se", df=df),
    ]
    assert sr.audit(table, everything)
    none = table.assign(b=table["b"].str.rstrip("*"))
    assert sr.audit(none, sr.checks.Stars("b", se="se", p="p", df=df, marked=False))
    assert len(sr.audit(none, sr.checks.Stars("b", p="p")).findings) == pytest.approx((mark != "").sum(), abs=3)
    three = table.assign(b=table["b"].str.rstrip("*") + "***")
    # Without the degrees of freedom only stars that even the normal distribution does not give are reported.
    assert 0 < len(sr.audit(three, sr.checks.Stars("b", t="t")).findings) <= (p > 0.01).sum()
    wrong_p = table.assign(p="0.999")
    assert sr.audit(wrong_p, sr.checks.Stars("b", se="se", p="p", df=df)).findings["column"].eq("p").sum() > 200
    wrong_t = table.assign(t="77.000")
    assert sr.audit(wrong_t, sr.checks.Stars("b", se="se", t="t", df=df)).findings["column"].eq("t").all()


def test_p_below_a_bound():
    table = pd.DataFrame(
        {"b": ["0.500***", "0.500"], "t": ["5.00", "1.00"], "p": ["<0.001", "<0.001"]}, index=["x", "y"]
    )
    found = sr.audit(table, sr.checks.Stars("b", t="t", p="p", df=float("inf"))).findings
    assert found[["row", "column"]].values.tolist() == [["y", "p"]]  # the stars of y agree with its t


def test_stars_in_a_column_of_their_own():
    table = pd.DataFrame({"b": ["0.5", "0.5"], "p": ["0.03", "0.03"], "sig": ["**", "***"]}, index=["x", "y"])
    found = sr.audit(table, sr.checks.Stars("b", p="p", stars="sig")).findings
    assert found[["row", "column", "printed"]].values.tolist() == [["y", "sig", "***"]]
    with pytest.raises(InputError, match="levels= does not explain"):
        sr.audit(table, sr.checks.Stars("b", p="p", stars="sig", levels={"**": 0.05}))


def test_a_plain_coefficient_without_degrees_of_freedom_is_not_said_to_lack_stars():
    table = pd.DataFrame({"b": ["0.5"], "t": ["2.6"]}, index=["x"])
    assert sr.audit(table, sr.checks.Stars("b", t="t"))  # with 3 degrees of freedom t = 2.6 has p = 0.08
    assert not sr.audit(table, sr.checks.Stars("b", t="t", df=1000))


def test_moran_by_variance_sides_and_other_expectations():
    value, variance = 0.30, 0.0049
    z = (value + 1 / 30) / math.sqrt(variance)
    table = pd.DataFrame(
        {"I": ["0.3000"], "var": ["0.004900"], "z": [f"{z:.3f}"], "p": [f"{stats.norm.sf(z):.8f}"]}, index=["2003"]
    )
    assert sr.audit(table, sr.checks.Moran("I", variance="var", z="z", p="p", n=31, alternative="greater"))
    assert not sr.audit(table, sr.checks.Moran("I", variance="var", z="z", p="p", n=31))
    assert not sr.audit(table, sr.checks.Moran("I", variance="var", z="z", expected=0.0))
    low = table.assign(p=[f"{stats.norm.cdf(z):.8f}"])
    assert sr.audit(low, sr.checks.Moran("I", variance="var", p="p", n=31, alternative="less"))
    own = table.assign(e=["-0.033333"])
    assert sr.audit(own, sr.checks.Moran("I", variance="var", z="z", expected="e"))
    assert sr.audit(own, sr.checks.Moran("I", z="z", p="p", alternative="greater"))


@pytest.mark.parametrize("variant", ["standard", "wang", "fan"])
def test_coupling_of_several_systems_and_scales(variant):
    rng = np.random.default_rng(6)
    u = rng.uniform(0.2, 0.9, (60, 3))
    systems = pd.DataFrame(u, columns=["a", "b", "c"])
    spread = np.abs(u[:, [0, 0, 1]] - u[:, [1, 2, 2]]).sum(axis=1) / 3
    c = {
        "standard": 3 * u.prod(axis=1) ** (1 / 3) / u.sum(axis=1),
        "wang": np.sqrt((1 - spread) * (u / u.max(axis=1, keepdims=True)).prod(axis=1) ** 0.5),
        "fan": 1 - 2 * np.sqrt((3 * (u**2).sum(axis=1) - u.sum(axis=1) ** 2) / 9),
    }[variant]
    t = u.mean(axis=1)
    table = frame(2, **{name: 100 * systems[name] for name in systems}, T=100 * t)
    table["C"], table["D"] = printed(c, 3), printed(np.sqrt(c * t), 3)
    check = sr.checks.Coupling(["a", "b", "c"], C="C", T="T", D="D", variant=variant, scale=100)
    assert sr.audit(table, check)
    assert sr.audit(bump(table, 3, "C", 0.3), check).findings["row"].tolist()[0] == "r3"
    assert sr.audit(bump(table, 4, "T", 5), check).findings["column"].tolist() == ["T"]


def test_a_degree_may_be_checked_by_itself():
    table = pd.DataFrame({"u1": ["0.42"], "u2": ["0.55"], "C": ["0.991"], "T": ["0.485"], "D": ["0.693"]}, index=["x"])
    for name in "CTD":
        check = sr.checks.Coupling(["u1", "u2"], **{name: name})
        assert sr.audit(table, check)
        assert sr.audit(table.assign(**{name: "0.111"}), check).findings["column"].tolist() == [name]
    nothing = table.assign(u1="0", u2="0", C="0.5", T="0.000", D="0.000")
    # What prints as 0 may be up to 0.5, and C of such systems anything.
    assert sr.audit(nothing, sr.checks.Coupling(["u1", "u2"], C="C", T="T", D="D"))


def test_rounding_keeps_the_order_of_figures_with_the_same_digits():
    table = pd.DataFrame({"value": ["0.9", "0.7", "0.8"], "rank": ["1", "2", "3"]}, index=list("abc"))
    assert sr.audit(table, sr.checks.Ranks("rank", "value")).findings["row"].tolist() == ["b", "c"]
    assert sr.audit(table, sr.checks.Ranks("rank", "value"), rounding="either").findings["row"].tolist() == ["b", "c"]
    mixed = table.assign(value=["0.9", "0.75", "0.8"])  # 0.8 may be 0.751, and 0.75 may be 0.752
    assert sr.audit(mixed, sr.checks.Ranks("rank", "value"))
    assert not sr.audit(mixed.assign(value=["0.9", "0.74", "0.8"]), sr.checks.Ranks("rank", "value"))
    rng = np.random.default_rng(3)
    x = rng.normal(size=3000)
    ranks = pd.Series(x).rank(ascending=False).astype(int).astype(str)
    true = frame(1, value=x).assign(rank=ranks.to_numpy())
    assert sr.audit(true, sr.checks.Ranks("rank", "value"))


@pytest.mark.parametrize("highest_first", [True, False])
def test_possible_ranks_by_brute_force(highest_first):
    """Every pair of figures is compared: the same digits by print, different digits by their intervals."""
    rng = np.random.default_rng(12)
    x = rng.uniform(0, 2, 60)
    digits = rng.integers(0, 3, 60)
    texts = [f"{value:.{places}f}" for value, places in zip(x, digits, strict=True)]
    table = pd.DataFrame(
        {"value": texts, "rank": rng.integers(1, 61, 60).astype(str)}, index=[f"r{i}" for i in range(60)]
    )
    found = sr.audit(table, sr.checks.Ranks("rank", "value", highest_first=highest_first)).findings
    found = found[found["implied"] != ""].set_index("row")

    def larger(i: int, j: int) -> bool:
        a, b = float(texts[i]), float(texts[j])
        if digits[i] == digits[j]:
            return a > b
        return round(a - 0.5 * 10.0 ** -digits[i], 9) > round(b + 0.5 * 10.0 ** -digits[j], 9)

    for i in range(60):
        above = sum(larger(j, i) if highest_first else larger(i, j) for j in range(60))
        below = sum(larger(i, j) if highest_first else larger(j, i) for j in range(60))
        fits = 1 + above <= int(table["rank"].iloc[i]) <= 60 - below
        assert fits == (f"r{i}" not in found.index)
        if not fits:
            assert (found.loc[f"r{i}", "low"], found.loc[f"r{i}", "high"]) == (1 + above, 60 - below)


def test_memberships_and_classes():
    table = pd.DataFrame(
        [("A", "east", "x"), ("A", "west", "y"), ("B", "east", "x"), ("B", "west", "y"), ("C", "east", "y"),
         ("C", "west", "x"), ("D", "east", "x")],
        columns=["source", "group", "member"],
    )  # fmt: skip
    found = sr.audit(table, sr.checks.Memberships("source", "group", "member", ["east", "west"]), index="source")
    assert found.findings["printed"].tolist() == ["C (east 1, west 1)"]
    assert found.checked["tested"].tolist() == [3]
    classes = pd.DataFrame({"class": ["[0—0.10]", "(0.10—0.20]", "[0.20-0.30]", "(0.40,0.50]"]}, index=list("abcd"))
    messages = sr.audit(classes, sr.checks.ClassEdges("class")).findings["message"].tolist()
    assert messages == ["shares 0.2 with (0.10—0.20]", "leaves a gap after [0.20-0.30]"]
    with pytest.raises(InputError, match="write it like"):
        sr.audit(classes.assign(**{"class": "low"}), sr.checks.ClassEdges("class"))


def test_members_that_are_lacking_or_twice():
    rows = [(year, region) for year in ("a", "b", "c") for region in "xyz"]
    table = pd.DataFrame(rows, columns=["year", "region"])
    assert sr.audit(table, sr.checks.Complete("region", by="year"), index="year")
    lacking = sr.audit(table.drop(4), sr.checks.Complete("region", by="year"), index="year").findings
    assert lacking[["row", "printed", "message"]].values.tolist() == [["b", "b", "lacks y"]]
    twice = pd.concat([table, table.iloc[[0]]])
    found = sr.audit(twice, sr.checks.Complete("region", by="year"), index="year").findings
    assert found["message"].tolist() == ["occurs 2 times in a"]


def test_numbers_lose_their_last_zeros_and_may_get_them_back():
    floats = pd.DataFrame({"te": [0.8, 0.7434], "p": [1.0, 1.0], "s": [0.8, 0.7434]}, index=["a", "b"])
    check = sr.checks.Efficiency("te", "p", "s")
    assert sr.audit(floats, check)
    assert sr.audit(floats.assign(te=[0.7997, 0.7434]), check)  # 1.0, as floats tell it, may be 0.9996
    digits = {"te": 4, "p": 4, "s": 4}
    assert not sr.audit(floats.assign(te=[0.7997, 0.7434]), check, decimals=digits)
    texts = floats.astype(str)
    assert not sr.audit(texts.assign(te=["0.7997", "0.7434"]), check, decimals=digits)


def test_a_workbook_holds_numbers_without_their_digits(tmp_path):
    path = tmp_path / "table.xlsx"
    table = pd.DataFrame(
        {"province": ["a", "b", "c"], "te": [0.8, 0.7434, None], "p": [1.0, 0.9999, 1.0], "s": [0.8, 0.7434, 1]}
    )
    table.to_excel(path, index=False)
    found = sr.audit(path, sr.checks.Efficiency("te", "p", "s"), index="province")
    assert found.findings.empty, found.summary()
    assert found.checked[["tested", "blank"]].values.tolist() == [[2, 1]]
    table.assign(te=[0.8003, 0.7434, None]).to_excel(path, index=False)
    wrong = sr.audit(path, sr.checks.Efficiency("te", "p", "s"), index="province").findings
    assert wrong[["row", "printed"]].values.tolist() == [["a", "0.8003"]]


def test_cut_off_figures_need_a_whole_unit():
    table = pd.DataFrame({"growth": ["4.46"], "now": ["10867.91"], "then": ["6155.80"]}, index=["2023"])
    check = sr.checks.Formula("growth", "((now / then) ** (1/13) - 1) * 100")  # 4.4695 %
    assert sr.audit(table, check).findings["implied"].tolist() == ["4.47"]
    assert sr.audit(table, check, rounding="either")


def test_the_result_says_what_was_tested_and_what_was_not():
    table = pd.DataFrame({"a": ["1", "", "—"], "b": ["2", "3", "4"], "other": ["u", "v", "w"]}, index=list("xyz"))
    found = sr.audit(table, [sr.checks.Ascending(["a", "b"]), sr.checks.Bounds("a", low=0)])
    assert found.untested == ("other",)
    assert found.checked["blank"].tolist() == [2, 2]
    assert found.checked["tested"].tolist() == [1, 1]
    text = found.summary()
    assert "Not tested: other" in text
    assert "0 <= a: 1 statement, 2 blank, 0 findings" in text
    assert found.table().columns.tolist() == ["rule", "row", "column", "printed", "implied", "low", "high", "message"]
    assert found.spec.function == "audit"
    assert found.spec.options["rules"] == ("a <= b", "0 <= a")


def test_rows_are_chosen_with_where():
    table = pd.DataFrame({"kind": ["x", "x", "total"], "share": ["40", "60", "100"]}, index=list("abc"))
    assert not sr.audit(table, sr.checks.Shares("share"))
    assert sr.audit(table, sr.checks.Shares("share", where={"kind": "x"}))
    assert sr.audit(table, sr.checks.Shares("share", together=False, where={"kind": ["x", "total"]}))
    with pytest.raises(UnknownNameError, match="no row has kind = y"):
        sr.audit(table, sr.checks.Shares("share", where={"kind": "y"}))


def test_order_of_rows_and_columns_does_not_matter():
    table, checks, column, by = truths(5, 3)["theil"]
    wrong = bump(table, 7, column, by)
    first = sr.audit(wrong, checks).findings
    other = sr.audit(wrong.iloc[::-1, ::-1], checks).findings
    pd.testing.assert_frame_equal(first, other)


def test_the_table_is_left_as_it_was():
    table, checks, _, _ = truths(1, 3)["coupling"]
    before = table.copy()
    sr.audit(table, checks)
    pd.testing.assert_frame_equal(table, before)


def test_files(tmp_path):
    path = tmp_path / "表.csv"
    path.write_text("省,TE,PTE,SE\n北京,0.90,1.00,0.90\n新疆,0.99,0.76,0.85\n", encoding="utf-8")
    found = sr.audit(path, sr.checks.Efficiency("TE", "PTE", "SE"), index="省")
    assert found.findings["row"].tolist() == ["新疆"]
    with pytest.raises(InputError, match="index="):
        sr.audit(str(path), sr.checks.Efficiency("TE", "PTE", "SE"))
    with pytest.raises(ReadError):
        sr.audit(tmp_path / "none.csv", sr.checks.Bounds("TE"), index="省")


def test_bad_requests_are_named():
    table = pd.DataFrame({"a": ["1", "x"], "b": ["1", "2"]}, index=["r", "s"])
    checks = sr.checks
    with pytest.raises(UnknownNameError, match="no column 'c'"):
        sr.audit(table, checks.Bounds("c"))
    with pytest.raises(InputError, match="'a' of 's' is 'x', which is no number"):
        sr.audit(table, checks.Bounds("a", low=0))
    with pytest.raises(InputError, match=r"one or more of sr\.checks"):
        sr.audit(table, [])
    with pytest.raises(InputError, match=r"one or more of sr\.checks; found 'a'"):
        sr.audit(table, ["a"])
    with pytest.raises(InputError, match="pandas DataFrame; found list"):
        sr.audit([1], checks.Bounds("a"))
    with pytest.raises(OptionError, match="rounding"):
        sr.audit(table, checks.Bounds("b"), rounding="up")
    with pytest.raises(UnknownNameError, match="index: no column 'z'"):
        sr.audit(table, checks.Bounds("b"), index="z")
    with pytest.raises(UnknownNameError, match="no row 'mean'"):
        sr.audit(table, checks.MeanOf("b", "mean"))
    with pytest.raises(DuplicateError, match="2 rows are 'r'"):
        sr.audit(pd.concat([table, table]), checks.MeanOf("b", "r"))
    with pytest.raises(InputError, match="has no members"):
        sr.audit(table.iloc[:1], checks.MeanOf("b", "r"))
    with pytest.raises(InputError, match="at least two columns"):
        sr.audit(table, checks.Ascending(["b"]))
    with pytest.raises(InputError, match="as many shares"):
        sr.audit(table, checks.Coupling(["b", "b"], C="b", shares=[1]))
    with pytest.raises(InputError, match="must add to 1"):
        sr.audit(table, checks.Coupling(["b", "b"], C="b", shares=[0.5, 0.6]))
    with pytest.raises(InputError, match="'b' of 's' is 2; the coupling of systems"):
        sr.audit(table, checks.Coupling(["b", "b"], C="b", variant="fan"))
    with pytest.raises(InputError, match="C=, T= or D="):
        sr.audit(table, checks.Coupling(["b", "b"]))
    with pytest.raises(InputError, match="se=, t= or p="):
        sr.audit(table, checks.Stars("b"))
    with pytest.raises(InputError, match="needs z= or p="):
        sr.audit(table, checks.Moran("b", se="b", n=3))
    with pytest.raises(InputError, match="either n="):
        sr.audit(table, checks.Moran("b", se="b", z="b"))
    with pytest.raises(InputError, match="not both"):
        sr.audit(table, checks.Moran("b", se="b", variance="b", z="b", n=3))
    with pytest.raises(InputError, match="an index and a share"):
        sr.audit(table, checks.TheilParts("b", ["b"], []))
    twice = pd.DataFrame([["1", "2"]], columns=["a", "a"])
    with pytest.raises(DuplicateError, match="more than once"):
        sr.audit(twice, checks.Bounds("a"))
