"""Split a text into the units that have a glyph, and draw those glyphs.

`characters`, `simpler_forms` and `glyph_id` are pure functions of the text: classifying with a bank of glyph
features needs neither a font nor Pillow. `GlyphRenderer` needs both.
"""

import logging
import re
import unicodedata
from collections.abc import Container, Iterator, Mapping
from functools import cached_property
from os import PathLike
from typing import Any

from .font_discovery import (
    EMOJI_FONT,
    FontFace,
    FontNotFoundError,
    find_cjk_font,
    find_emoji_font,
    load_face,
    optional_module,
)

logger = logging.getLogger(__name__)

MEMO_LIMIT = 1 << 16
# The longest emoji sequences in use have 10 code points; longer units (stacks of marks) are drawn as their base.
LONGEST_FORM = 16
INK_MARGIN = 2

# A text is first translated into one letter per code point, then split by a regular expression over those letters.
# x any visible base   m combining mark   v variation selector   j zero-width joiner   i ignorable (zero width)
# s nothing to see (white space, control, surrogate, noncharacter)   p pictograph   t skin tone   r regional indicator
# k keycap base   c enclosing keycap   g tag   L V T Hangul jamo.  From UAX 29, UTS 51 and the properties
# Default_Ignorable_Code_Point and Prepended_Concatenation_Mark of Unicode 15.1; p covers whole blocks, wider than
# Extended_Pictographic (the squared letters excepted), which matters for joined symbols only.
# The first range that holds a code point decides, else its general category.
_RANGES = (
    (0x0023, 0x0023, "k"), (0x002A, 0x002A, "k"), (0x0030, 0x0039, "k"), (0x20E3, 0x20E3, "c"),
    (0x00A9, 0x00A9, "p"), (0x00AE, 0x00AE, "p"), (0x203C, 0x203C, "p"), (0x2049, 0x2049, "p"),
    (0x2122, 0x2122, "p"), (0x2139, 0x2139, "p"), (0x2190, 0x21FF, "p"), (0x2300, 0x23FF, "p"),
    (0x24C2, 0x24C2, "p"), (0x25A0, 0x27BF, "p"), (0x2900, 0x297F, "p"), (0x2B00, 0x2BFF, "p"),
    (0x3030, 0x3030, "p"), (0x303D, 0x303D, "p"), (0x3297, 0x3297, "p"), (0x3299, 0x3299, "p"),
    (0x1F1E6, 0x1F1FF, "r"), (0x1F3FB, 0x1F3FF, "t"),
    (0x1F000, 0x1F10F, "p"), (0x1F16C, 0x1F19A, "p"), (0x1F1AD, 0x1FAFF, "p"), (0x1FC00, 0x1FFFD, "p"),
    (0x115F, 0x1160, "i"), (0x1100, 0x115E, "L"), (0xA960, 0xA97C, "L"), (0x1161, 0x11A7, "V"),
    (0xD7B0, 0xD7C6, "V"), (0x11A8, 0x11FF, "T"), (0xD7CB, 0xD7FB, "T"),
    (0x180B, 0x180D, "v"), (0x180F, 0x180F, "v"), (0xFE00, 0xFE0F, "v"), (0xE0100, 0xE01EF, "v"),
    (0x200D, 0x200D, "j"), (0xE0020, 0xE007F, "g"),
    (0x034F, 0x034F, "i"), (0x17B4, 0x17B5, "i"), (0x2065, 0x2065, "i"), (0x2800, 0x2800, "i"),
    (0x3164, 0x3164, "i"), (0xFFA0, 0xFFA0, "i"), (0xFFF0, 0xFFF8, "i"), (0xE0000, 0xE0FFF, "i"),
    (0xFDD0, 0xFDEF, "s"),
    (0x0600, 0x0605, "x"), (0x06DD, 0x06DD, "x"), (0x070F, 0x070F, "x"), (0x0890, 0x0891, "x"),
    (0x08E2, 0x08E2, "x"), (0x110BD, 0x110BD, "x"), (0x110CD, 0x110CD, "x"),
)  # fmt: skip
_CATEGORIES = {"Mn": "m", "Mc": "m", "Me": "m", "Zs": "s", "Zl": "s", "Zp": "s", "Cc": "s", "Cs": "s", "Cf": "i"}
_PICTOGRAPH = "p[mvc]*t?[mvc]*g*"
_UNIT = re.compile(f"rr|kv?c|{_PICTOGRAPH}(?:j{_PICTOGRAPH})*|(?:L+V*T*|[xkrtVT])(?:[ij]*[mvc])*|[mc](?:[ij]*[mvc])*")


class _Kinds(dict[int, str]):
    """Code point to letter, filled on demand (a table of all would cost 0.3 s at import)."""

    def __missing__(self, point: int) -> str:
        kind = _kind(point)
        if len(self) < MEMO_LIMIT:
            self[point] = kind
        return kind


def _kind(point: int) -> str:
    for first, last, kind in _RANGES:
        if first <= point <= last:
            return kind
    if point & 0xFFFE == 0xFFFE:
        return "s"
    # Unassigned code points count as visible: emoji newer than this Python's Unicode are among them.
    return _CATEGORIES.get(unicodedata.category(chr(point)), "x")


_KINDS = _Kinds()


def characters(text: str, drawable: Container[str] | None = None) -> list[tuple[int, int, str]]:
    """Split a text into the units that get one glyph each.

    A unit is what a reader sees as one character: a letter with its combining marks, a whole emoji sequence (skin
    tone, flag, keycap, joined by U+200D). White space, control characters, lone surrogates and zero-width characters
    are in no unit. Needs no font and no Pillow. Segmentation follows UAX 29 where it matters for glyphs; conjuncts of
    Indic scripts are split.

    Args:
        text: Any string.
        drawable: What has a glyph of its own, such as a bank's table or a renderer's coverage. A joined sequence or
            flag that is not in it is split into its parts, as screens show it; else joiners could hide emoji from
            the model. None keeps every sequence whole.

    Returns:
        (offset, length, character) of each unit in order, in code points; `character` is `text[offset:offset+length]`.
    """
    kinds = text.translate(_KINDS)
    spans = (match.span() for match in _UNIT.finditer(kinds))
    if drawable is None:
        return [(start, end - start, text[start:end]) for start, end in spans]
    units: list[tuple[int, int, str]] = []
    for start, end in spans:
        if end - start == 1:
            units.append((start, 1, text[start]))
        else:
            units.extend(_split_unknown(text, kinds, start, end, drawable))
    return units


def _split_unknown(
    text: str, kinds: str, start: int, end: int, drawable: Container[str]
) -> Iterator[tuple[int, int, str]]:
    """Yield the unit itself, or the parts of a joined sequence or flag that is not drawable."""
    unit, kind = text[start:end], kinds[start:end]
    separable = kind == "rr" or (kind[0] == "p" and "j" in kind)
    if not separable or any(form in drawable for form in _whole_forms(unit)):
        yield start, end - start, unit
        return
    for part in re.finditer("r" if kind == "rr" else "[^j]+", kind):
        first, last = part.span()
        yield start + first, last - first, unit[first:last]


def _without(character: str, letters: str) -> str:
    return "".join(point for point in character if _KINDS[ord(point)] not in letters)


def _whole_forms(character: str) -> tuple[str, str, str]:
    """Return the forms of a sequence that show all of its parts: as it is, without selectors, without skin tones."""
    return character, _without(character, "v"), _without(character, "vt")


def plain_form(character: str) -> str:
    """Return a unit composed (NFC), without selectors and ignorable characters, which do not change its look here."""
    if len(character) == 1:
        return character
    return unicodedata.normalize("NFC", _without(character, "vi"))


def simpler_forms(character: str) -> tuple[str, ...]:
    """Return a unit, then ever simpler stand-ins: without selectors, without skin tone, its base, its plain letter.

    The last step is for mathematical, full-width, half-width and enclosed letters, which are read as the plain letter.
    """
    if len(character) == 1 and character < "\u0250":
        return (character,)
    plain = plain_form(character)
    base = plain[:1]
    forms = (character, plain, _without(plain, "t"), base, _plain_letter(base))
    return tuple(dict.fromkeys(form for form in forms if form))


def _plain_letter(character: str) -> str:
    kind, _, points = unicodedata.decomposition(character).partition(" ") if len(character) == 1 else ("", "", "")
    if kind not in ("<font>", "<wide>", "<narrow>", "<circle>", "<square>") or " " in points:
        return ""
    return chr(int(points, 16))


def glyph_id(character: str, table: Mapping[str, int], unknown: int = 0) -> int:
    """Return the row of a unit in a glyph bank: that of its first form in `simpler_forms` that the table has.

    Args:
        character: A unit from `characters`.
        table: Unit to row.
        unknown: The row for glyphs that the bank does not have.
    """
    row = table.get(character)
    if row is not None:
        return row
    return next((table[form] for form in simpler_forms(character) if form in table), unknown)


def is_emoji(character: str) -> bool:
    """Tell whether a unit is shown as an emoji by default, not as text (UTS 51, approximated for U+2600..U+27BF)."""
    kinds = character.translate(_KINDS)
    if "\ufe0e" in character or kinds[:1] not in ("p", "r", "t", "k"):
        return False
    return character >= "\U0001f000" or "c" in kinds or (kinds[0] == "p" and len(kinds) > 1)


class GlyphRenderer:
    """Draws one glyph per unit of a text: black on white, centred by its ink, never clipped, never a box for "missing".

    Emoji come from the emoji font, in its own colours if it has any; all else from the first font that has it, the
    emoji font last. It can be pickled and copied; fonts are opened on first use. Not for concurrent threads.
    """

    def __init__(
        self,
        font: FontFace | str | PathLike[str],
        emoji_font: FontFace | str | PathLike[str] | None = None,
        size: int = 48,
        font_size: int | None = None,
        fallback_fonts: tuple[FontFace | str | PathLike[str], ...] = (),
    ) -> None:
        """Choose the fonts.

        Args:
            font: The text font, usually from `find_cjk_font`, or a font file.
            emoji_font: The emoji font, usually from `find_emoji_font`, or a font file.
            size: Width and height of the images in pixels.
            font_size: Pixels per em; None: three quarters of `size`. Wider or taller glyphs are scaled down to fit.
            fallback_fonts: More text fonts, for what `font` lacks.

        Raises:
            ValueError: A size is not positive.
            FontNotFoundError: A font file cannot be opened.
        """
        self.size = size
        self.font_size = max(1, size * 3 // 4) if font_size is None else font_size
        if self.size < 1 or self.font_size < 1:
            raise ValueError(f"size={size} and font_size={font_size} must be positive numbers of pixels.")
        self.text_faces = tuple(f if isinstance(f, FontFace) else load_face(f) for f in (font, *fallback_fonts))
        if emoji_font is not None and not isinstance(emoji_font, FontFace):
            emoji_font = load_face(emoji_font, kind=EMOJI_FONT)
        self.emoji_face = emoji_font

    @cached_property
    def _text_fonts(self) -> list["_OpenFont"]:
        return [_OpenFont(face, self.font_size) for face in self.text_faces]

    @cached_property
    def _emoji_fonts(self) -> list["_OpenFont"]:
        return [_OpenFont(self.emoji_face, self.font_size)] if self.emoji_face else []

    def __getstate__(self) -> dict[str, Any]:
        """Return the settings without the opened fonts, which cannot be pickled."""
        return {name: value for name, value in vars(self).items() if name not in ("_text_fonts", "_emoji_fonts")}

    def _font_of(self, form: str) -> "_OpenFont | None":
        if not form or len(form) > LONGEST_FORM:
            return None
        emoji_first = is_emoji(form)
        first, second = (self._emoji_fonts, self._text_fonts) if emoji_first else (self._text_fonts, self._emoji_fonts)
        return next((font for font in (*first, *second) if font.draws(form)), None)

    def __contains__(self, character: object) -> bool:
        """Tell whether exactly this unit, not a simpler form, has a glyph: for `characters(text, drawable=self)`."""
        return isinstance(character, str) and self._font_of(character) is not None

    def drawn_form(self, character: str) -> str:
        """Return the form of a unit that is drawn (see `simpler_forms`), "" if there is none."""
        return next((form for form in simpler_forms(character) if form in self), "")

    def covers(self, character: str) -> bool:
        """Tell whether anything is drawn for a unit, be it a simpler form of it."""
        return self.drawn_form(character) != ""

    def characters(self, text: str) -> list[tuple[int, int, str]]:
        """Return the units of a text (see the function `characters`), with sequences that the fonts lack split."""
        return characters(text, drawable=self)

    def render(self, character: str) -> Any:
        """Draw one unit.

        Args:
            character: A unit from `characters`; one that no font covers gives a white image (see `covers`).

        Returns:
            A `PIL.Image.Image`, RGB, `size` x `size`.

        Raises:
            ImportError: Pillow is missing.
        """
        canvas = optional_module("PIL.Image", "Pillow").new("RGB", (self.size, self.size), "white")
        form = self.drawn_form(character)
        font = self._font_of(form)
        ink = font.ink(form, in_color=font in self._emoji_fonts) if font else None
        if font is None or ink is None:
            return canvas
        scale = min(self.font_size / font.size, self.size / max(ink.size))
        if scale < 1:
            width, height = (max(1, min(self.size, round(side * scale))) for side in ink.size)
            ink = ink.resize((width, height), optional_module("PIL.Image", "Pillow").Resampling.LANCZOS)
        canvas.paste(ink, ((self.size - ink.width) // 2, (self.size - ink.height) // 2))
        return canvas


def default_renderer(
    font: str | PathLike[str] | None = None, emoji_font: str | PathLike[str] | None = None, size: int = 48
) -> GlyphRenderer:
    """Return a renderer with the fonts that are given or found; without an emoji font emoji may lack a glyph.

    Raises:
        FontNotFoundError: A given font cannot be opened, or there is no text font.
    """
    try:
        emoji_face = find_emoji_font(emoji_font)
    except FontNotFoundError as error:
        if emoji_font is not None:
            raise
        logger.warning("No emoji font: emoji that the text font lacks are drawn as nothing. %s", error)
        emoji_face = None
    return GlyphRenderer(find_cjk_font(font), emoji_face, size=size)


class _OpenFont:
    """A face opened at one pixel size, with its coverage."""

    def __init__(self, face: FontFace, pixels: int) -> None:
        image_font = optional_module("PIL.ImageFont", "Pillow")
        self.size = face.bitmap_size or pixels
        self.shapes = bool(optional_module("PIL.features", "Pillow").check("raqm"))
        layout = image_font.Layout.RAQM if self.shapes else image_font.Layout.BASIC
        self.font = image_font.truetype(face.path, self.size, index=face.index, layout_engine=layout)
        self._points = _cmap(face)
        self._missing = None if self._points is not None else self._mask("\U0010ffff")

    def _mask(self, text: str) -> tuple[tuple[int, int], bytes]:
        mask = self.font.getmask(self._shown(text), mode="L")
        return mask.size, bytes(mask)

    def _shown(self, form: str) -> str:
        """Return what FreeType is handed: without shaping it draws boxes for characters that only steer shaping."""
        return form if self.shapes else _without(form, "vijg")

    def has(self, point: str) -> bool:
        """Tell whether the font maps a code point to a glyph of its own, not to its substitute for missing ones."""
        if self._points is not None:
            return ord(point) in self._points
        return self._mask(point) != self._missing

    def draws(self, form: str) -> bool:
        """Tell whether a form leaves ink, as one glyph or as a base with marks."""
        kinds = form.translate(_KINDS)
        if not kinds.strip("sij") or (set(kinds) & {"v", "i"} and not is_emoji(form)):
            return False  # a simpler form looks the same
        parts = [point for point, kind in zip(form, kinds, strict=True) if kind not in "vjig"]
        if not all(self.has(point) for point in parts) or self._mask(form)[1].strip(b"\0") == b"":
            return False
        if len(form) == 1 or kinds[0] not in "prk" or kinds == "pv":
            return True
        # Glyphs side by side are wider than the widest part; tags and tones that the font ignores change nothing.
        fits = self.font.getlength(form) <= 1.25 * max(self.font.getlength(part) for part in parts)
        return self.shapes and fits and self._mask(form) != self._mask(form[0])

    def ink(self, form: str, in_color: bool) -> Any:
        """Draw the form on white, cropped to its ink; None where nothing differs from white."""
        left, top, right, bottom = (int(side) for side in self.font.getbbox(self._shown(form)))
        size = (right - left + 2 * INK_MARGIN, bottom - top + 2 * INK_MARGIN)
        canvas = optional_module("PIL.Image", "Pillow").new("RGB", size, "white")
        draw = optional_module("PIL.ImageDraw", "Pillow").Draw(canvas)
        origin = (INK_MARGIN - left, INK_MARGIN - top)
        draw.text(origin, self._shown(form), fill="black", font=self.font, embedded_color=in_color)
        box = optional_module("PIL.ImageChops", "Pillow").invert(canvas).getbbox()
        return canvas.crop(box) if box else None


def _cmap(face: FontFace) -> frozenset[int] | None:
    """Return the code points that a font has; None without fontTools, or for a file that it cannot read."""
    try:
        tt_font = optional_module("fontTools.ttLib", "fonttools").TTFont
    except ImportError:
        return None
    try:
        with tt_font(face.path, fontNumber=face.index, lazy=True) as font:
            return frozenset(font.getBestCmap() or ())
    except Exception:  # fontTools raises its own and struct's errors on damaged tables; Pillow decides then
        return None
