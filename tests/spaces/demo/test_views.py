import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.spaces.demo import views
from decloak.spaces.demo.explanation import explain
from decloak.spaces.demo.glyph_pictures import GlyphPictures
from tests.processing.hearing import hearing_processor
from tests.processing.test_processor_transcript import transcribing
from tests.tiny_font import write_font

ATTACK = "<img src=x onerror=alert(1)>\"'&好"


@pytest.fixture
def pictures(tmp_path: Path) -> GlyphPictures:
    font = str(write_font(tmp_path / "tiny.ttf", "好人<>", family="Tiny Sans"))
    return GlyphPictures(font, font)


@pytest.fixture
def no_pictures(tmp_path: Path) -> GlyphPictures:
    return GlyphPictures(str(tmp_path / "missing.ttf"))


def tags(html: str) -> set[str]:
    return set(re.findall(r"<([a-zA-Z0-9]+)", html))


def test_texts_are_escaped_everywhere(classifier: Any, pictures: GlyphPictures, no_pictures: GlyphPictures) -> None:
    explanation = explain(classifier, ATTACK)
    parts = [
        views.message(ATTACK),
        views.verdict(explanation),
        views.glyph_list(explanation, 0, no_pictures),
        views.layer_map(explanation, 0),
        views.token_map(explanation, 0, None),
    ]
    for part in parts:
        assert tags(part) <= {
            *("section", "h3", "p", "div", "strong", "b", "span", "ul", "ol", "li", "dl", "dt", "dd"),
            *("table", "caption", "thead", "tbody", "tr", "th", "td"),
        }
    assert "&lt;img src=x onerror=alert(1)&gt;&#34;&#39;&amp;好" in parts[0]
    drawn = views.glyph_list(explanation, 0, pictures)
    assert re.findall(r'<img src="(?!data:image/png;base64,)', drawn) == []
    assert 'alt="好 (U+597D)"' in drawn


def test_unknown_glyphs_are_marked_by_more_than_colour(classifier: Any, pictures: GlyphPictures) -> None:
    html = views.glyph_list(explain(classifier, "好🙂"), 0, pictures)
    assert html.count('class="dc-unknown"') == html.count('class="dc-badge"') == 1
    assert "🙂 (U+1F642): unknown to the model" in html
    assert "Dashed, with a question mark" in html
    assert "Drawn here with Tiny Sans" in html
    assert "Dashed" not in views.glyph_list(explain(classifier, "好"), 0, pictures)


def test_without_a_font_glyphs_are_text(classifier: Any, no_pictures: GlyphPictures) -> None:
    html = views.glyph_list(explain(classifier, "好"), 0, no_pictures)
    assert "<img" not in html
    assert 'aria-label="好 (U+597D)">好</span>' in html
    assert "no font to draw them" in html


def test_without_vision_the_page_says_so(classifier: Any, pictures: GlyphPictures) -> None:
    assert "Vision was not used" in views.glyph_list(explain(classifier, "好", ["text"]), 0, pictures)


def test_sounds_are_shown_where_there_are_any(make_classifier: Any, pictures: GlyphPictures) -> None:
    heard = explain(make_classifier(hearing_processor()), "你好", ["text", "speech"])
    html = views.glyph_list(heard, 0, pictures)
    assert "Its sounds" in html and "What the model heard" not in html
    assert "ni3 hao3" in html
    assert "heard" not in views.glyph_list(explain(make_classifier(), "你好"), 0, pictures)


def test_heard_words_are_shown(make_classifier: Any, pictures: GlyphPictures) -> None:
    classifier = make_classifier(transcribing(sound_units=None), transcript=True, banks=False)
    html = views.glyph_list(explain(classifier, "怀仁", ["text", "speech"]), 0, pictures)
    assert "What the model heard" in html and "Its sounds" not in html
    assert re.search(r"<li>怀仁 .*<strong>坏人</strong>", html)


def test_heat_maps_show_every_weight(classifier: Any) -> None:
    explanation = explain(classifier, "好人")
    window = explanation.windows[0]
    layers, tokens = views.layer_map(explanation, 0), views.token_map(explanation, 0, 1)
    assert re.findall(r">(\d\.\d\d)</td>", layers) == [f"{value:.2f}" for value in window.layer_weights().flat]
    assert re.findall(r"</b> (\d\.\d\d)</span>", tokens) == [f"{value:.2f}" for value in window.weights[1].flat]
    assert views.token_map(explanation, 0, None) != tokens


def test_the_verdict_tells_of_windows(classifier: Any) -> None:
    assert "Read whole" in views.verdict(explain(classifier, "好"))
    explanation = explain(classifier, "今天气很好人" * 30)
    html = views.verdict(explanation)
    assert f"Split into {len(explanation.windows)} overlapping windows" in html
    assert f"window {explanation.deciding + 1}, decides" in html


def test_a_model_without_experts_has_no_heat_maps(make_classifier: Any) -> None:
    explanation = explain(make_classifier(expert_layers=[]), "好")
    assert "This model has no experts" in views.layer_map(explanation, 0)
    assert "dc-cell" not in views.token_map(explanation, 0, None)


@given(st.floats(min_value=0, max_value=1))
def test_numbers_can_be_read_on_their_cells(weight: float) -> None:
    style = re.fullmatch(r"background:#([0-9a-f]{6});color:#([0-9a-f]{6})", views.heat(weight))
    assert style
    fill, ink = (np.array(list(bytes.fromhex(part))) for part in style.groups())
    assert views.contrast(fill, int(ink[0])) >= 4.5


def test_heat_grows_darker() -> None:
    fills = [sum(bytes.fromhex(views.heat(step / 20)[12:18])) for step in range(21)]
    assert fills == sorted(set(fills), reverse=True)


def test_contrast_is_that_of_the_standard() -> None:
    assert views.contrast(np.array([255, 255, 255]), 0) == pytest.approx(21)
    assert views.contrast(np.array([119, 119, 119]), 255) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ab", "ab"),
        (" ab", "ab"),
        ("a b", "a b"),
        ("  ", "␣␣"),
        ("\u200b", "U+200B"),
        ("a\u200bb", "a⟨U+200B⟩b"),
        ("\u202e\n", "⟨U+202E⟩⟨U+000A⟩"),
    ],
)
def test_nothing_hides(text: str, expected: str) -> None:
    assert views.visible(text) == expected


@given(st.text(min_size=1))
def test_what_is_shown_can_be_printed(text: str) -> None:
    assert views.visible(text).isprintable()


def test_code_points_of_long_units_are_cut_and_counted() -> None:
    assert views.code_points("👍") == "U+1F44D"
    assert views.code_points("e" + "\u0301" * 9) == "U+0065 U+0301 U+0301 U+0301 and 6 more"


def test_thresholds_of_a_calibrated_model_are_shown(make_classifier: Any) -> None:
    calibrated = make_classifier(thresholds={"zh": {"0.01": 1.0, "0.05": 0.0}, "en": {"0.01": 0.0}})
    html = views.verdict(explain(calibrated, "好人"))
    assert "false-positive rate of 1 %: 1.0000, not reached" in html
    assert "false-positive rate of 5 %: 0.0000, reached" in html
    assert "Threshold" not in views.verdict(explain(make_classifier(), "好人"))
