"""Writes tiny TrueType fonts for tests: every glyph is a rectangle of its own size."""

from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._g_l_y_f import Glyph

UNITS_PER_EM = 1000


def _rectangle(width: int, height: int) -> Glyph:
    pen = TTGlyphPen(None)
    pen.moveTo((50, 0))
    for corner in ((50, height), (50 + width, height), (50 + width, 0)):
        pen.lineTo(corner)
    pen.closePath()
    return pen.glyph()


def write_font(path: Path, characters: str, family: str = "Tiny", blank: str = " ") -> Path:
    """Writes a font with one rectangle per character; those in `blank` are mapped to an empty glyph.

    The glyph for missing characters is a square, as in real fonts, so that tests can see a "tofu box".
    """
    names = {ord(character): f"g{number}" for number, character in enumerate(characters)}
    names |= {ord(character): "empty" for character in blank}
    glyphs = {".notdef": _rectangle(900, 900), "empty": TTGlyphPen(None).glyph()}
    glyphs |= {f"g{i}": _rectangle(200 + 37 * i % 600, 300 + 53 * i % 500) for i in range(len(characters))}
    builder = FontBuilder(UNITS_PER_EM, isTTF=True)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap(names)
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics({name: (1000, 50) for name in glyphs})
    builder.setupHorizontalHeader(ascent=900, descent=-100)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=900, sTypoDescender=-100)
    builder.setupPost()
    builder.save(path)
    return path
