"""Fonts are found, described and refused as promised."""

import builtins
import importlib
import importlib.util
import sys
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from fontTools.ttLib.ttCollection import TTCollection

from decloak.processing import font_discovery
from decloak.processing.font_discovery import (
    CJK_FONT,
    EMOJI_FONT,
    FontNotFoundError,
    find_cjk_font,
    find_font,
    load_face,
    optional_module,
    system_font_folders,
)
from tests.tiny_font import write_font


@pytest.fixture
def no_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(font_discovery.metadata, "files", lambda name: None)


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """A collection as Noto's: Japanese, Korean, simplified Chinese."""
    fonts = TTCollection()
    fonts.fonts = [
        TTFont(write_font(tmp_path / f"{i}.ttf", "中", f"Tiny Sans CJK {code}"))
        for i, code in enumerate(("JP", "KR", "SC"))
    ]
    path = tmp_path / "fonts" / "deep" / "NotoSansCJK-Regular.ttc"
    path.parent.mkdir(parents=True)
    fonts.save(path)
    return path


def test_given_path_is_taken(tmp_path: Path) -> None:
    face = find_cjk_font(write_font(tmp_path / "any name.ttf", "中", "Own"))
    assert (face.family, face.style, face.index, face.bitmap_size) == ("Own", "Regular", 0, None)
    assert len(face.digest) == 16 and int(face.digest, 16) >= 0


def test_digest_tells_fonts_apart(tmp_path: Path) -> None:
    first, second = (load_face(write_font(tmp_path / f"{text}.ttf", text)) for text in ("ab", "abc"))
    assert first.digest != second.digest


def test_simplified_face_of_a_collection(collection: Path, no_packages: None) -> None:
    face = find_font(CJK_FONT, folders=[collection.parents[1]])
    assert face.path == str(collection)
    assert (face.index, face.family) == (2, "Tiny Sans CJK SC")
    assert find_font(CJK_FONT, collection, index=1).family == "Tiny Sans CJK KR"


def test_preference_is_by_name_not_by_folder(tmp_path: Path, no_packages: None) -> None:
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder, name in zip(folders, ("simhei.ttf", "NotoSansSC-Regular.otf"), strict=True):
        folder.mkdir()
        write_font(folder / name, "中", family=name)
    assert find_font(CJK_FONT, folders=folders).family == "NotoSansSC-Regular.otf"


def test_pip_package_comes_before_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packaged = write_font(tmp_path / "NotoEmoji[wght].ttf", "😀", "Packaged Emoji")
    write_font(tmp_path / "NotoColorEmoji.ttf", "😀", "System Emoji")

    class PackagedFile:
        name = packaged.name

        def locate(self) -> Path:
            return packaged

    monkeypatch.setattr(font_discovery.metadata, "files", lambda name: [PackagedFile()])
    assert find_font(EMOJI_FONT, folders=[tmp_path]).family == "Packaged Emoji"
    packaged.write_bytes(b"damaged")
    assert find_font(EMOJI_FONT, folders=[tmp_path]).family == "System Emoji"


def test_nothing_found_says_what_and_how(tmp_path: Path, no_packages: None) -> None:
    (tmp_path / "simhei.ttf").write_bytes(b"not a font")
    with pytest.raises(FontNotFoundError) as caught:
        find_font(CJK_FONT, folders=[tmp_path, tmp_path / "absent"])
    message = str(caught.value)
    for part in ("pip install pylopdf-fonts-zh-cn", "apt-get install", str(tmp_path), "simhei.ttf", "wqy-microhei"):
        assert part in message
    assert "cannot be opened" in message  # the damaged file is named, not passed over


@pytest.mark.parametrize("content", [None, b"", b"\0\1\0\0garbage", b"ttcf" + bytes(40)])
def test_bad_file_is_a_clear_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "bad.ttc"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FontNotFoundError, match=r"bad\.ttc.*Fix: pip install"):
        find_cjk_font(path)


def test_missing_face_number(tmp_path: Path) -> None:
    with pytest.raises(FontNotFoundError, match="face 7"):
        load_face(write_font(tmp_path / "one.ttf", "a"), index=7)


def test_bitmap_font_opens_at_its_only_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_font(tmp_path / "NotoColorEmoji.ttf", "😀", "Bitmap Emoji")
    image_font = importlib.import_module("PIL.ImageFont")
    original = image_font.truetype

    def only_109(name: str, size: int, **options: object) -> object:
        if size != 109:
            raise OSError("invalid pixel size")
        return original(name, size, **options)

    monkeypatch.setattr(image_font, "truetype", only_109)
    assert load_face(path).bitmap_size == 109


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_every_system_has_folders(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(font_discovery.sys, "platform", platform)
    assert any("fonts" in str(folder).lower() for folder in system_font_folders())


def test_missing_pillow_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_pillow(name: str) -> object:
        raise ModuleNotFoundError(f"No module named {name!r}")

    path = write_font(tmp_path / "a.ttf", "a")
    monkeypatch.setattr(font_discovery.importlib, "import_module", without_pillow)
    with pytest.raises(ImportError, match="pip install Pillow"):
        load_face(path)
    with pytest.raises(ImportError, match="pip install fonttools"):
        optional_module("fontTools.ttLib", "fonttools")


@pytest.mark.parametrize("file", ["font_discovery.py", "glyph_rendering.py"])
def test_importing_needs_no_pillow(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def refuse(name: str, *arguments: object, **options: object) -> object:
        if name.split(".")[0] in ("PIL", "fontTools"):
            raise ImportError(name)
        return original(name, *arguments, **options)

    source = Path(font_discovery.__file__).with_name(file)
    name = f"decloak.processing.fresh_{source.stem}"  # a second copy: reloading would change the classes
    spec = importlib.util.spec_from_file_location(name, source)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(builtins, "__import__", refuse)
    spec.loader.exec_module(module)
    assert module.optional_module
