"""Texts are split into visible units, and each unit is drawn whole or not at all."""

import copy
import pickle
import time
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from decloak.processing import glyph_rendering
from decloak.processing.font_discovery import load_face
from decloak.processing.glyph_rendering import (
    GlyphRenderer,
    characters,
    glyph_id,
    is_emoji,
    plain_form,
    simpler_forms,
)
from tests.tiny_font import write_font

FAMILY = "👨\u200d👩\u200d👧"
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
INVISIBLE = {"\u115f", "\u1160", "\u3164", "\uffa0", "\u2800", *map(chr, range(0xFFF0, 0xFFF9)), "\u2065"}

any_text = st.text(st.characters(exclude_categories=()))
tricky_text = st.text(
    st.sampled_from("a1é中\u0301\u200d\u200b\ufe0f\ufe0e\u20e3\ud800\udfff\u3164 \n👨👩❤🏽🇨🇳🏴\U000e0067\U000e007f한ᄒ")
)


def units(text: str) -> list[str]:
    return [unit for _, _, unit in characters(text)]


def visible(character: str) -> bool:
    """An independent, coarse definition: what surely leaves ink."""
    return unicodedata.category(character)[0] in "LNPS" and character not in INVISIBLE


@given(any_text | tricky_text, st.none() | st.just(frozenset("a👨")))
@example("\ud800\udc00", None)
@example("", frozenset())
def test_units_are_ordered_apart_and_complete(text: str, drawable: frozenset[str] | None) -> None:
    end = 0
    covered: set[int] = set()
    for offset, length, unit in characters(text, drawable):
        assert end <= offset < offset + length <= len(text)
        assert unit == text[offset : offset + length]
        end = offset + length
        covered.update(range(offset, end))
    assert all(index in covered for index, character in enumerate(text) if visible(character))


@given(any_text | tricky_text)
def test_no_unit_is_blank_or_a_surrogate(text: str) -> None:
    for unit in units(text):
        assert not unit.isspace()
        assert not any(unicodedata.category(character) in ("Cc", "Cs", "Zs") for character in unit)


@given(any_text | tricky_text)
def test_forms_get_simpler(text: str) -> None:
    for unit in units(text):
        forms = simpler_forms(unit)
        assert forms[0] == unit
        assert len(set(forms)) == len(forms)
        assert "" not in forms
        assert len(forms[-1]) == 1
        assert glyph_id(unit, {forms[-1]: 5}) == 5
        assert glyph_id(unit, {}) == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("垃 圾\n", ["垃", "圾"]),
        ("e\u0301x", ["e\u0301", "x"]),
        ("\u0301", ["\u0301"]),
        ("字\ufe00", ["字\ufe00"]),
        ("f\u200bu\u200dc\u00adk\u2060", list("fuck")),
        ("\x00\x1b\u3000\ufeff\ud83d\u3164\u2800", []),
        ("\u1112\u1161\u11ab", ["\u1112\u1161\u11ab"]),
        ("👍🏽👍", ["👍🏽", "👍"]),
        ("❤\ufe0f❤", ["❤\ufe0f", "❤"]),
        (FAMILY, [FAMILY]),
        (FAMILY + "\u200d", [FAMILY]),
        ("🇨🇳🇺🇸🇫", ["🇨🇳", "🇺🇸", "🇫"]),
        ("1\ufe0f\u20e312", ["1\ufe0f\u20e3", "1", "2"]),
        (ENGLAND + "a", [ENGLAND, "a"]),
        ("a🏽", ["a", "🏽"]),
        ("🅰\u200d🅱\u200dA", ["🅰\u200d🅱", "A"]),
        ("\U0001fae8", ["\U0001fae8"]),
        ("\U0001faff", ["\U0001faff"]),
    ],
)
def test_segmentation(text: str, expected: list[str]) -> None:
    assert units(text) == expected


def test_joiners_cannot_hide_emoji() -> None:
    text = "🐔\u200d🐔🇨🇳" + FAMILY
    assert [unit for _, _, unit in characters(text, drawable={FAMILY, "🐔"})] == ["🐔", "🐔", "🇨", "🇳", FAMILY]
    assert characters("🐔\u200d🐔", drawable={"🐔"}) == [(0, 1, "🐔"), (2, 1, "🐔")]
    assert characters("🇨🇳", drawable={"🇨🇳"}) == [(0, 2, "🇨🇳")]


@pytest.mark.parametrize(
    ("unit", "known", "row"),
    [
        ("❤\ufe0f", "❤", 1),
        ("👍🏽", "👍", 1),
        ("e\u0301", "é", 1),
        ("q\u0301\u0302\u0303", "q", 1),
        ("Ａ", "A", 1),
        ("𝒉", "h", 1),
        ("ⓗ", "h", 1),
        ("㊛", "女", 1),
        ("🄷", "H", 1),
        ("字\ufe00", "字", 1),
        ("1\ufe0f\u20e3", "1", 1),
        ("а", "a", 0),
    ],
)
def test_lookup_falls_back_only_to_what_looks_alike(unit: str, known: str, row: int) -> None:
    assert glyph_id(unit, {known: 1}) == row


def test_emoji_are_told_from_text() -> None:
    assert all(map(is_emoji, ["😀", "❤\ufe0f", "🇨🇳", "1\ufe0f\u20e3", "👍🏽", FAMILY]))
    assert not any(map(is_emoji, ["中", "❤", "☺\ufe0e", "1", "©", "", "a\u0301"]))
    assert plain_form("a\u0301\ufe00") == "á"


def test_segmentation_is_fast_and_linear() -> None:
    texts = ["这些人说话总是这样，我不同意 they said 😀👍🏽 again and again!!"[:50]] * 2000
    start = time.perf_counter()
    for text in texts:
        characters(text)
    assert (time.perf_counter() - start) / len(texts) < 1 / 4000  # 20,000 a second on an idle core
    hard = ["a" + "\u200b" * 200_000, "a" + "\u0301" * 200_000, "😀\u200d" * 100_000, ("a" + "\u200b" * 99) * 2000]
    start = time.perf_counter()
    for text in hard:
        for _, _, unit in characters(text, drawable={"a"}):
            glyph_id(unit, {"a": 1})
    assert time.perf_counter() - start < 20


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> GlyphRenderer:
    folder = tmp_path_factory.mktemp("fonts")
    text = write_font(folder / "text.ttf", "abcq中é\u0301#1")
    emoji = write_font(folder / "emoji.ttf", "😀👍👨👩❤🇨🇳")
    return GlyphRenderer(text, emoji, size=48)


@pytest.fixture(params=["fonttools", "pillow"])
def each_check(
    request: pytest.FixtureRequest, renderer: GlyphRenderer, monkeypatch: pytest.MonkeyPatch
) -> GlyphRenderer:
    """The renderer with the coverage check by fontTools, and with the one by Pillow alone."""
    if request.param == "pillow":
        monkeypatch.setattr(glyph_rendering, "_cmap", lambda face: None)
    return copy.deepcopy(renderer)


def ink(image: object) -> np.ndarray:
    return 255 - np.asarray(image.convert("L"), dtype=int)  # type: ignore[attr-defined]


@pytest.mark.parametrize("unit", ["a", "b", "中", "😀", "❤", "é"])
def test_glyph_is_centred_and_whole(each_check: GlyphRenderer, unit: str) -> None:
    image = each_check.render(unit)
    assert image.mode == "RGB" and image.size == (48, 48)
    rows, columns = np.nonzero(ink(image) > 100)
    assert rows.size > 0
    for low, high in ((rows.min(), rows.max()), (columns.min(), columns.max())):
        assert low > 0 and high < 47
        assert abs(low - (47 - high)) <= 1


@pytest.mark.parametrize("unit", ["z", "国", "🤡", " ", "", "\u200b", "\ud800", "\n", "\U0010ffff"])
def test_missing_glyph_is_nothing_not_a_box(each_check: GlyphRenderer, unit: str) -> None:
    assert not each_check.covers(unit)
    assert unit not in each_check
    assert ink(each_check.render(unit)).max() == 0


@pytest.mark.parametrize(
    ("unit", "form"),
    [
        ("👍🏽", "👍"),
        ("👨\u200d👩", "👨"),
        ("🇨🇳", "🇨"),
        ("Ａ", ""),
        ("ａ", "a"),
        ("e\u0301", "é"),
        ("a\ufe00", "a"),
        ("q" + "\u0301" * 5000, "q"),
        ("q\u0301", "q\u0301"),
        ("1\ufe0f\u20e3", "1"),
    ],
)
def test_what_the_font_cannot_draw_falls_back(each_check: GlyphRenderer, unit: str, form: str) -> None:
    assert each_check.drawn_form(unit) == form
    assert each_check.covers(unit) == bool(form)
    expected = each_check.render(form) if form else each_check.render("")
    assert each_check.render(unit).tobytes() == expected.tobytes()


def test_renderer_splits_what_it_cannot_join(renderer: GlyphRenderer) -> None:
    assert [unit for _, _, unit in renderer.characters("👨\u200d👩a")] == ["👨", "👩", "a"]


def test_oversized_glyph_is_scaled_to_fit(renderer: GlyphRenderer) -> None:
    large = GlyphRenderer(renderer.text_faces[0], size=16, font_size=90)
    rows, columns = np.nonzero(ink(large.render("c")) > 30)
    assert max(np.ptp(rows), np.ptp(columns)) == 15


def test_fallback_font_is_used(renderer: GlyphRenderer, tmp_path: Path) -> None:
    more = load_face(write_font(tmp_path / "more.ttf", "z"))
    assert GlyphRenderer(renderer.text_faces[0], fallback_fonts=(more,)).covers("z")


def test_without_shaping_sequences_are_not_joined(renderer: GlyphRenderer, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import features

    monkeypatch.setattr(features, "check", lambda name: False)
    plain = copy.deepcopy(renderer)
    assert plain.render("❤\ufe0f").tobytes() == plain.render("❤").tobytes()  # no box for the selector
    assert plain.drawn_form("👨\u200d👩") == "👨"
    assert ink(plain.render("中")).max() > 0


def test_renderer_travels(renderer: GlyphRenderer) -> None:
    expected = renderer.render("中").tobytes()
    for other in (pickle.loads(pickle.dumps(renderer)), copy.deepcopy(renderer)):  # noqa: S301 (its own bytes)
        assert other.render("中").tobytes() == expected


@pytest.mark.parametrize("sizes", [{"size": 0}, {"size": 48, "font_size": 0}, {"size": -3}])
def test_bad_sizes(renderer: GlyphRenderer, sizes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        GlyphRenderer(renderer.text_faces[0], **sizes)


@given(text=any_text | tricky_text)
def test_any_text_can_be_drawn(renderer: GlyphRenderer, text: str) -> None:
    for _, _, unit in renderer.characters(text):
        image = renderer.render(unit)
        assert image.size == (48, 48)
        assert (ink(image).max() > 0) == renderer.covers(unit)
