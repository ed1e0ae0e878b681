"""The page's parts as HTML: templates that escape every text, and heat maps that need no script."""

from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from decloak.spaces.demo.explanation import MAX_CHARACTERS, Explanation, Glyph
from decloak.spaces.demo.glyph_pictures import GlyphPictures

TEMPLATES = Path(__file__).parent / "templates"
# Light to dark blue, evenly darker to the eye and to those who see few colours (ColorBrewer's Blues, Apache-2.0).
PALETTE = np.array([[247, 251, 255], [198, 219, 239], [107, 174, 214], [33, 113, 181], [8, 48, 107]], dtype=float)
# The weights that have these colours: steps are finest around 1/3, the weight of each of three equal experts.
PALETTE_WEIGHTS = np.array([0.0, 0.25, 0.42, 0.65, 1.0])
SHOWN_CODE_POINTS = 4

_environment = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def head(name: str) -> str:
    """Return the page's title, with the model's name."""
    return _render("head", name=name)


def placeholder() -> str:
    """Return what stands where the answer will be."""
    return _render("placeholder")


def message(text: str) -> str:
    """Return a message about bad input."""
    return _render("message", text=text)


def verdict(explanation: Explanation) -> str:
    """Return the label, all scores, the senses used and how the text was read."""
    return _render("verdict", explanation=explanation)


def glyph_list(explanation: Explanation, window: int, pictures: GlyphPictures) -> str:
    """Return the glyphs of a window, those marked that the model cannot tell from others, and what it heard."""
    part = explanation.windows[window]
    return _render(
        "glyphs",
        explanation=explanation,
        seen=part.glyphs,
        heard=part.sounds,
        words=part.words,
        pictures=pictures,
        some_unknown=not all(glyph.known for glyph in part.glyphs),
    )


def layer_map(explanation: Explanation, window: int) -> str:
    """Return a table of layers and experts, each cell the mean weight over the tokens of a window."""
    weights = explanation.windows[window].layer_weights().tolist()
    return _render("layers", explanation=explanation, rows=list(zip(explanation.layers, weights, strict=True)))


def token_map(explanation: Explanation, window: int, layer: int | None) -> str:
    """Return the experts' weights for each token of a window, in one layer (by index) or as the mean of all."""
    part = explanation.windows[window]
    weights = part.token_weights(layer).tolist() if explanation.layers else []
    rows = list(zip(part.tokens, weights, strict=True)) if weights else []
    return _render("tokens", explanation=explanation, rows=rows)


def heat(value: float) -> str:
    """Return the colours of a cell for a weight from 0 to 1: the fill, and black or white, whichever reads better."""
    fill = np.rint([np.interp(value, PALETTE_WEIGHTS, channel) for channel in PALETTE.T]).astype(int)
    ink = "#ffffff" if contrast(fill, 255) > contrast(fill, 0) else "#000000"
    return f"background:#{bytes(fill.tolist()).hex()};color:{ink}"


def contrast(fill: np.ndarray, grey: int) -> float:
    """Return the contrast ratio of a colour (red, green, blue from 0 to 255) and a grey (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(fill), _luminance(np.full(3, grey))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: np.ndarray) -> float:
    part = colour / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))


def visible(text: str) -> str:
    """Return a text with its invisible characters named (`U+200B`), so that nothing hides on the page."""
    if not text.strip(" "):
        return "␣" * min(len(text), 3)
    if len(text) == 1 and not text.isprintable():
        return f"U+{ord(text):04X}"
    return "".join(char if char.isprintable() else f"⟨U+{ord(char):04X}⟩" for char in text.strip(" "))


def code_points(character: str) -> str:
    """Return the code points of a character, the first few of a long one."""
    names = [f"U+{ord(point):04X}" for point in character[:SHOWN_CODE_POINTS]]
    more = len(character) - SHOWN_CODE_POINTS
    return " ".join(names) + (f" and {more} more" if more > 0 else "")


def short(character: str) -> str:
    """Return what a page shows of a unit without a picture: a base with at most a few marks."""
    return character[: SHOWN_CODE_POINTS * 3]


def glyph_name(glyph: Glyph) -> str:
    """Return what a screen reader says and a pointer shows for a glyph."""
    name = f"{short(glyph.character)} ({code_points(glyph.character)})"
    if not glyph.known:
        return f"{name}: unknown to the model"
    return name if glyph.seen_as == glyph.character else f"{name}: seen as {glyph.seen_as}"


def _render(template: str, /, **values: Any) -> str:
    return _environment.get_template(f"{template}.html.jinja").render(**values)


_environment.globals["max_characters"] = MAX_CHARACTERS
_environment.filters |= {"heat": heat, "visible": visible, "short": short, "glyph_name": glyph_name}

__all__ = [
    "code_points",
    "glyph_list",
    "head",
    "heat",
    "layer_map",
    "message",
    "placeholder",
    "token_map",
    "verdict",
    "visible",
]
