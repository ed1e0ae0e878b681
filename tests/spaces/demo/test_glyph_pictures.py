import base64
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from decloak.processing import font_discovery
from decloak.spaces.demo.glyph_pictures import GlyphPictures
from tests.tiny_font import write_font

CHARACTERS = "好人今天气很AB"


@pytest.fixture
def font(tmp_path: Path) -> str:
    return str(write_font(tmp_path / "tiny.ttf", CHARACTERS, family="Tiny Sans"))


def open_picture(address: str | None) -> Image.Image:
    head, _, data = (address or "").partition(",")
    assert head == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_a_picture_is_a_drawn_glyph(font: str) -> None:
    pictures = GlyphPictures(font, font, size=32)
    assert (pictures.problem, pictures.fonts) == (None, ["Tiny Sans", "Tiny Sans"])
    picture = open_picture(pictures.picture("好"))
    assert picture.size == (32, 32)
    assert picture.convert("L").getextrema() == (0, 255)
    assert pictures.picture("好") != pictures.picture("人")


def test_what_no_font_has_is_not_drawn(font: str) -> None:
    assert GlyphPictures(font, font).picture("좋") is None


def test_a_missing_font_is_no_error_but_a_problem(tmp_path: Path) -> None:
    pictures = GlyphPictures(str(tmp_path / "none.ttf"))
    assert pictures.fonts == []
    assert "is not a file" in (pictures.problem or "")
    assert pictures.picture("好") is None


def test_an_emoji_font_is_not_needed(font: str, tmp_path: Path) -> None:
    pictures = GlyphPictures(font, str(tmp_path / "none.ttf"))
    assert pictures.fonts == ["Tiny Sans"]
    assert pictures.picture("好")


def test_a_machine_without_fonts_draws_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(font_discovery, "_package_files", lambda kind: iter(()))
    monkeypatch.setattr(font_discovery, "system_font_folders", lambda: (tmp_path,))
    assert "Fix: pip install" in (GlyphPictures().problem or "")


def test_threads_may_draw_together(font: str) -> None:
    alone = [GlyphPictures(font, font).picture(character) for character in CHARACTERS]
    pictures = GlyphPictures(font, font)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(pictures.picture, CHARACTERS * 5)) == alone * 5
