import tomllib

from hypothesis import given, settings
from hypothesis import strategies as st

from spatial_region.cli.positions import Positions, walk

TEXT = '''\
# a comment with [brackets] and = signs
[study]
name = "border"  # [not] a header
title = """two
lines with ] and = """
"quoted key" = 'a "b" \\'

[weights.queen]
kind = "queen"
[weights."k 5"]
k = 5

[[tables]]
path = "a.csv"
wide = { pop = "pop_{time}", "年" = 'x' }
[[tables]]
path = "b.csv"
sub.deep = [
  1,  # one
  { x = 1, y = [2,
     3] },
]
[tables.nested]
z = 1
[[analyses]]
kind = "moran"
at = [2000, 2010]
[[analyses.parts]]
q = -1.5e3
[[analyses]]
kind = 1979-05-27T07:32:00Z
'''


def test_every_key_is_found_on_its_line():
    positions = Positions(TEXT)
    lines = TEXT.splitlines()
    for loc in walk(tomllib.loads(TEXT)):
        assert loc in positions, loc
        if isinstance(loc[-1], str):
            assert loc[-1] in lines[positions.line(loc) - 1], loc


def test_lines_of_nested_parts():
    line = Positions(TEXT).line
    assert line(("study", "name")) == 3
    assert line(("weights", "k 5", "k")) == 11
    assert line(("tables", 0, "wide", "年")) == 15
    assert line(("tables", 1, "sub", "deep", 1, "y", 1)) == 21
    assert line(("tables", 1, "nested", "z")) == 24
    assert line(("analyses", 0, "at", 1)) == 27
    assert line(("analyses", 0, "parts", 0, "q")) == 29
    assert line(("analyses", 1)) == 30


def test_an_absent_key_stands_where_its_table_stands():
    line = Positions(TEXT).line
    assert line(("tables", 1, "on")) == 16
    assert line(("nothing",)) == 1


def test_strings_that_end_in_quotes_or_backslashes_do_not_mislead():
    text = 'a = """x""""\nb = "\\\\"\nc = \'\\\'\nd = """y\\"""z"""\ne = 1'
    assert tomllib.loads(text).keys() == {"a", "b", "c", "d", "e"}
    assert [Positions(text).line((key,)) for key in "abcde"] == [1, 2, 3, 4, 5]


KEYS = st.sampled_from(["a", "b", "c", "name", '"d e"'])
SCALARS = st.sampled_from(["1", '"x]#="', "'}'", "true", '"""m\n#]"""', "1.5"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[\n" + ", # c\n".join(items) + "\n]"),
        st.dictionaries(KEYS, inner.filter(lambda v: "\n" not in v), max_size=3).map(
            lambda d: "{ " + ", ".join(f"{k} = {v}" for k, v in d.items()) + " }"
        ),
    ),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=3), max_size=3))
def test_any_valid_text_is_scanned_to_its_end(tables):
    text = "".join("[[t]]\n" + "".join(f"{k} = {v}\n" for k, v in table.items()) for table in tables) + "end.last = 1\n"
    parsed = tomllib.loads(text)
    positions = Positions(text)
    assert all(loc in positions for loc in walk(parsed))
    last = ("t", len(tables) - 1, "end", "last") if tables else ("end", "last")
    assert positions.line(last) == text.count("\n")
