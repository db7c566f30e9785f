"""Saving: whole or not at all, the same bytes, no global state, and no box in place of a character."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest

from spatial_region import viz
from spatial_region.errors import InputError, MissingGlyphError, OutputError
from spatial_region.viz import fonts, style


@pytest.fixture
def bars() -> viz.Figure:
    return viz.factor_bars(pd.Series({"rain": 0.25, "soil": 0.5}), title="q−values (R²) – 100 %, US$ and $x$")


@pytest.mark.parametrize(("suffix", "magic"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")])
def test_saves_the_same_bytes_each_time(bars: viz.Figure, tmp_path: Path, suffix: str, magic: bytes) -> None:
    first = bars.save(tmp_path / f"a{suffix}").read_bytes()
    again = viz.factor_bars(pd.Series({"rain": 0.25, "soil": 0.5}), title="q−values (R²) – 100 %, US$ and $x$").save(
        tmp_path / f"b{suffix}"
    )
    assert first.startswith(magic)
    assert first == again.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"a{suffix}", f"b{suffix}"]


def test_dpi_sets_the_size_of_the_png(bars: viz.Figure, tmp_path: Path) -> None:
    content = bars.save(tmp_path / "a.png", dpi=200).read_bytes()
    width = int.from_bytes(content[16:20], "big")
    assert width == round(bars.figure.get_size_inches()[0] * 200)


def test_refuses_an_unknown_suffix_and_a_missing_folder(bars: viz.Figure, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'map.bmp' should end in .png, .svg or .pdf"):
        bars.save(tmp_path / "map.bmp")
    with pytest.raises(OutputError, match=r"cannot write .*map.png.*folder"):
        bars.save(tmp_path / "nowhere" / "map.png")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    bars: viz.Figure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "map.png"
    target.write_bytes(b"old")

    def full_disk(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full_disk)
    with pytest.raises(OutputError, match="No space left"):
        bars.save(target)
    assert [path.name for path in tmp_path.iterdir()] == ["map.png"]
    assert target.read_bytes() == b"old"


def test_leaves_matplotlib_settings_alone_and_pyplot_unloaded(bars: viz.Figure, tmp_path: Path) -> None:
    before = dict(matplotlib.rcParams)
    viz.factor_bars(pd.Series({"雨": 0.25}), lang="zh").save(tmp_path / "a.svg")
    assert dict(matplotlib.rcParams) == before
    assert "zhplot" not in sys.modules


def test_ignores_the_settings_of_the_user() -> None:
    q = pd.Series({"rain": 0.25, "soil": 0.5})
    plain = viz.factor_bars(q).to_bytes()
    with matplotlib.rc_context({"font.size": 30, "figure.autolayout": True, "axes.facecolor": "black"}):
        assert viz.factor_bars(q).to_bytes() == plain


def test_notebook_picture(bars: viz.Figure) -> None:
    assert bars._repr_png_().startswith(b"\x89PNG")
    assert repr(bars).startswith("Figure of 2 rows, 6.0 x")


def test_chinese_is_drawn_without_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    if fonts.chinese_family() is None:
        pytest.skip("no font with Chinese is installed")
    with caplog.at_level(logging.WARNING):
        viz.factor_bars(pd.Series({"对外开放": 0.25}), lang="zh", title="因子 −1 R² ≤").save(tmp_path / "a.pdf")
    assert not caplog.records
    assert not recwarn.list


def test_a_missing_glyph_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(MissingGlyphError, match=r"𒀀 \(U\+12000\), found in 'cuneiform 𒀀'"):
        viz.factor_bars(pd.Series({"cuneiform 𒀀": 0.25}))


def test_a_missing_glyph_added_later_is_an_error_when_saving(bars: viz.Figure, tmp_path: Path) -> None:
    bars.figure.text(0.5, 0.5, "𒀀")
    with pytest.raises(MissingGlyphError, match=r"U\+12000"):
        bars.save(tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_without_a_chinese_font_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (fonts, style):
        monkeypatch.setattr(module, "families", lambda lang: [fonts.LATIN_FAMILY])
    monkeypatch.setattr(fonts, "chinese_family", lambda: None)
    with pytest.raises(MissingGlyphError, match=r'pip install "spatial_region\[fonts\]"'):
        viz.factor_bars(pd.Series({"对外开放": 0.25}), lang="zh")


def test_the_packaged_font_has_every_character_of_gb2312_hanzi() -> None:
    packaged = fonts._packaged_font()
    if packaged is None:
        pytest.skip("the font package is not installed")
    cells = [bytes([row, cell]) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF)]
    hanzi = "".join(cell.decode("gb2312", errors="ignore") for cell in cells)
    assert len(hanzi) == 6763  # GB 2312-1980: 3755 of level 1 and 3008 of level 2
    assert {ord(sign) for sign in hanzi} <= fonts.characters_of(str(packaged))


def test_wrapping_keeps_every_word_and_the_width() -> None:
    with style.style("en"):
        text = "Government guidance and spending on infrastructure in border prefectures"
        wrapped = style.wrap(text, 1.5, 8.5)
        assert wrapped.split() == text.split()
        assert max(style.text_size(line, 8.5)[0] for line in wrapped.split("\n")) <= 1.5
        broken = style.wrap("x" * 80, 1.0, 8.5)
        assert broken.replace("\n", "") == "x" * 80
        assert max(style.text_size(line, 8.5)[0] for line in broken.split("\n")) <= 1.0


def test_wrapping_breaks_chinese_but_not_before_a_full_stop() -> None:
    if fonts.chinese_family() is None:
        pytest.skip("no font with Chinese is installed")
    with style.style("zh"):
        text = "城乡高质量融合水平，以及区域协调发展。"
        width = style.text_size(text[:-1], 8.5)[0] + 0.001
        wrapped = style.wrap(text, width, 8.5)
        assert wrapped.replace("\n", "") == text
        assert not any(line.startswith(("，", "。")) for line in wrapped.split("\n"))
        # Whatever the width, no line ends with an opening bracket or begins with a closing one.
        units = "城市碳排放强度（吨/万元）与《年鉴》（km²）"
        for size in np.arange(0.7, 3.0, 0.05):
            lines = style.wrap(units, size, 8.5).split("\n")
            assert "".join(lines) == units
            assert not any(line.endswith(("（", "《")) or line.startswith(("）", "》")) for line in lines)
