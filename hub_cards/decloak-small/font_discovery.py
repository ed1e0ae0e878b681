"""Find the fonts that glyphs are drawn with.

Looked for in this order: the file that was given, font packages installed with pip, the system's font folders.
Packages are located through their metadata and never imported. Pillow is needed to open a font, nothing else.
"""

import hashlib
import importlib
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import ModuleType

FONT_SUFFIXES = (".ttf", ".otf", ".ttc", ".otc")
OUTLINE_PIXELS = 32
# Sizes of the bitmap strikes of colour fonts, which open at no other size: Noto (109, 128), Apple (160 ... 20).
BITMAP_PIXELS = (109, 128, 136, 160, 96, 64, 52, 48, 40, 32, 26, 20)
MAXIMUM_FACES = 64
DIGEST_LENGTH = 16


class FontNotFoundError(OSError):
    """No usable font; the message says where was looked and what to install."""


@dataclass(frozen=True)
class FontFace:
    """One face of a font file.

    Attributes:
        path: The file.
        index: The face's number inside a collection (ttc, otc), else 0.
        family: The face's family name, as the file states it.
        style: The face's style name, "Regular" for instance.
        bitmap_size: The only pixel size at which a bitmap (colour) font opens; None for outlines.
        digest: The first 16 hexadecimal digits of the file's sha256: it identifies the font's version.
    """

    path: str
    index: int
    family: str
    style: str
    bitmap_size: int | None
    digest: str


@dataclass(frozen=True)
class FontKind:
    """What to look for: names in the order of preference, and what to tell a user who has none.

    Attributes:
        label: The kind's name in messages.
        packages: (pip distribution, file name inside it) pairs.
        files: Lower-case file names in the system's font folders.
        families: Family-name endings that choose the face of a collection.
        install: The commands that provide such a font.
    """

    label: str
    packages: tuple[tuple[str, str], ...]
    files: tuple[str, ...]
    families: tuple[str, ...]
    install: str


CJK_FONT = FontKind(
    label="Chinese (CJK) font",
    packages=(("pylopdf-fonts-zh-cn", "NotoSansSC-Regular.otf"),),
    files=(
        "notosanssc-regular.otf",
        "notosanscjksc-regular.otf",
        "notosanscjk-regular.ttc",
        "notosanssc[wght].ttf",
        "notosanscjk-vf.otf.ttc",
        "sourcehansanssc-regular.otf",
        "sourcehansanscn-regular.otf",
        "sourcehansans-regular.ttc",
        "sourcehansans.ttc",
        "pingfang.ttc",
        "msyh.ttc",
        "msyh.ttf",
        "wqy-microhei.ttc",
        "wqy-zenhei.ttc",
        "hiragino sans gb.ttc",
        "stheiti light.ttc",
        "stheiti medium.ttc",
        "simhei.ttf",
        "droidsansfallbackfull.ttf",
        "arial unicode.ttf",
    ),
    families=(" SC", " CN", " GB", "YaHei", "Micro Hei", "Zen Hei"),
    install="pip install pylopdf-fonts-zh-cn   or   apt-get install fonts-wqy-microhei",
)

EMOJI_FONT = FontKind(
    label="emoji font",
    packages=(("manimgx-fonts", "NotoEmoji[wght].ttf"),),
    files=(
        "notoemoji[wght].ttf",
        "notoemoji-regular.ttf",
        "notoemoji-variablefont_wght.ttf",
        "notocoloremoji.ttf",
        "seguiemj.ttf",
        "apple color emoji.ttc",
        "symbola.ttf",
        "symbola_hint.ttf",
    ),
    families=("Emoji",),
    install="pip install manimgx-fonts   or   apt-get install fonts-noto-color-emoji",
)


def optional_module(name: str, package: str) -> ModuleType:
    """Import a module that only drawing needs.

    Args:
        name: The module, "PIL.ImageFont" for instance.
        package: The pip package that provides it.

    Raises:
        ImportError: The module is missing; the message names the package.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(
            f"Drawing glyphs needs {name}, which cannot be imported ({error}). Fix: pip install {package}. "
            "(Classifying with a glyph bank needs no font and no Pillow.)"
        ) from error


def system_font_folders() -> tuple[Path, ...]:
    """Return the folders in which this system (Linux, macOS or Windows) keeps fonts, whether they exist or not."""
    home = Path.home()
    if sys.platform == "darwin":
        assets = Path("/System/Library/AssetsV2")  # newer releases keep PingFang here
        return (home / "Library/Fonts", Path("/Library/Fonts"), Path("/System/Library/Fonts"), assets)
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA", str(home / "AppData/Local"))
        windows = os.environ.get("WINDIR", "C:\\Windows")
        return (Path(local) / "Microsoft/Windows/Fonts", Path(windows) / "Fonts")
    shared = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    own = os.environ.get("XDG_DATA_HOME") or str(home / ".local/share")
    folders = [Path(own) / "fonts", home / ".fonts"]
    return (*folders, *(Path(folder) / "fonts" for folder in shared.split(":") if folder))


def _open_face(path: Path, index: int) -> tuple[str, str, int | None]:
    """Return family, style and bitmap size of one face; OSError where FreeType cannot open it."""
    image_font = optional_module("PIL.ImageFont", "Pillow")
    first_error: OSError | None = None
    for size in (OUTLINE_PIXELS, *BITMAP_PIXELS):
        try:
            family, style = image_font.truetype(str(path), size, index=index).getname()
        except OSError as error:
            first_error = first_error or error
            if "pixel size" not in str(error):
                break
        else:
            # A bitmap font may have a strike of the outline size too: every other outline size then fails.
            if size != OUTLINE_PIXELS:
                return family or path.stem, style or "", size
            if _opens(path, index, OUTLINE_PIXELS + 1):
                return family or path.stem, style or "", None
    raise first_error or OSError(f"cannot open {path}")


def _opens(path: Path, index: int, size: int) -> bool:
    try:
        optional_module("PIL.ImageFont", "Pillow").truetype(str(path), size, index=index)
    except OSError:
        return False
    return True


def _preferred_index(path: Path, families: tuple[str, ...]) -> int:
    """Return the face of a collection whose family ends as wanted (" SC" of Noto Sans CJK has index 2), else 0."""
    if path.suffix.lower() not in (".ttc", ".otc"):
        return 0
    names: list[str] = []
    for index in range(MAXIMUM_FACES):
        try:
            names.append(_open_face(path, index)[0])
        except OSError:
            break
    matches = (i for end in families for i, name in enumerate(names) if name.endswith(end))
    return next(matches, 0)


def load_face(path: str | os.PathLike[str], index: int | None = None, kind: FontKind = CJK_FONT) -> FontFace:
    """Open a font file and describe one face of it.

    Args:
        path: A ttf, otf, ttc or otc file.
        index: The face of a collection; None chooses the one for `kind` (simplified Chinese first).
        kind: Decides between the faces of a collection.

    Raises:
        FontNotFoundError: There is no such file, or it is not a font that Pillow can open.
        ImportError: Pillow is missing.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        raise FontNotFoundError(
            f"The {kind.label} {str(path)!r} is not a file. Give a ttf, otf, ttc or otc file, "
            f"or None to search. Fix: {kind.install}"
        )
    try:
        number = _preferred_index(file, kind.families) if index is None else index
        family, style, bitmap_size = _open_face(file, number)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()[:DIGEST_LENGTH]
    except OSError as error:
        raise FontNotFoundError(
            f"The {kind.label} {str(path)!r} (face {index}) cannot be opened: {error}. Allowed: a TrueType or "
            f"OpenType file or collection and the number of one of its faces. Fix: {kind.install}"
        ) from error
    return FontFace(str(file), number, family, style, bitmap_size, digest)


def _package_files(kind: FontKind) -> Iterator[Path]:
    for distribution, name in kind.packages:
        try:
            files = metadata.files(distribution) or []
        except metadata.PackageNotFoundError:
            continue
        yield from (Path(str(file.locate())) for file in files if file.name == name)


def _system_files(kind: FontKind, folders: Iterable[Path]) -> Iterator[Path]:
    """Yield files of the wanted names, best name first, whatever folder they lie in."""
    found: dict[str, Path] = {}
    for folder in folders:
        for root, _, names in os.walk(folder):
            for name in sorted(names):
                if name.lower().endswith(FONT_SUFFIXES):
                    found.setdefault(name.lower(), Path(root, name))
    yield from (found[name] for name in kind.files if name in found)


def find_font(
    kind: FontKind,
    path: str | os.PathLike[str] | None = None,
    index: int | None = None,
    folders: Iterable[Path] | None = None,
) -> FontFace:
    """Find a font of a kind.

    Args:
        kind: `CJK_FONT` or `EMOJI_FONT`.
        path: A font file to use instead of searching; then nothing else is tried.
        index: The face of a collection; None chooses it.
        folders: Where to search after the pip packages; None: the system's font folders.

    Raises:
        FontNotFoundError: None was found; the message lists what was looked for, what could not be opened, the fix.
        ImportError: Pillow is missing.
    """
    if path is not None:
        return load_face(path, index, kind)
    searched = tuple(system_font_folders() if folders is None else folders)
    broken: list[str] = []
    for source in (_package_files(kind), _system_files(kind, searched)):
        for file in source:
            try:
                return load_face(file, index, kind)
            except FontNotFoundError as error:
                broken.append(str(error))
    packages = ", ".join(f"{name} ({file})" for name, file in kind.packages)
    raise FontNotFoundError(
        f"No {kind.label} was found. Looked for the pip package {packages}, then for {', '.join(kind.files)} in "
        f"{', '.join(map(str, searched))}. Could not be used: {'; '.join(broken) or 'none'}. "
        f"Fix: {kind.install}, or give the path of a font file."
    )


def find_cjk_font(path: str | os.PathLike[str] | None = None, index: int | None = None) -> FontFace:
    """Find a font with Chinese characters; see `find_font`."""
    return find_font(CJK_FONT, path, index)


def find_emoji_font(path: str | os.PathLike[str] | None = None, index: int | None = None) -> FontFace:
    """Find a font with emoji, of one colour or many; see `find_font`."""
    return find_font(EMOJI_FONT, path, index)
