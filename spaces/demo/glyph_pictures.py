"""Pictures of glyphs for a page: drawn once, as data that needs no further request."""

import base64
import io
from functools import lru_cache
from threading import Lock
from typing import Any

from decloak.processing.font_discovery import find_cjk_font, find_emoji_font
from decloak.processing.glyph_rendering import GlyphRenderer


class GlyphPictures:
    """Draws glyphs with the fonts of this machine; without any, says why and draws nothing.

    Attributes:
        fonts: names of the fonts, empty if there are none.
        problem: why nothing is drawn, or None.
    """

    def __init__(self, font: str | None = None, emoji_font: str | None = None, size: int = 48) -> None:
        """Look for the fonts.

        Args:
            font: path of the font for characters; found if None.
            emoji_font: path of the font for emoji; found if None, and done without if there is none.
            size: width and height in pixels.
        """
        self.fonts: list[str] = []
        self.problem: str | None = None
        self._renderer: GlyphRenderer | None = None
        self._lock = Lock()  # the renderer is not for concurrent threads
        self._picture = lru_cache(maxsize=8192)(self._draw)
        try:
            text_face = find_cjk_font(font)
        except (OSError, ImportError) as error:
            self.problem = str(error)
            return
        emoji_face = _emoji_face(emoji_font)
        self.fonts = [face.family for face in (text_face, emoji_face) if face is not None]
        self._renderer = GlyphRenderer(text_face, emoji_face, size=size)

    def picture(self, character: str) -> str | None:
        """Return a `data:` address of a picture of a character; None where no font has it."""
        with self._lock:
            return self._picture(character)

    def _draw(self, character: str) -> str | None:
        if self._renderer is None or not self._renderer.covers(character):
            return None
        file = io.BytesIO()
        self._renderer.render(character).save(file, format="PNG", optimize=True)
        return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def _emoji_face(path: str | None) -> Any:
    try:
        return find_emoji_font(path)
    except OSError:
        return None


__all__ = ["GlyphPictures"]
