"""The ground of all plots: matplotlib figures as SVG that takes the colours and the font of the page."""

import io
import re
import warnings
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from .escaped_text import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# By day. The page's style sheet has each once more, by night too: a plot names them by `var(--plot-NAME)`.
# Blue, orange and the others are told apart by those who see few colours (Okabe and Ito, 2008).
COLOURS = {
    "ink": "#1b2430",
    "muted": "#5a6472",
    "grid": "#d8dde4",
    "surface": "#fefefe",
    "blue": "#0072b2",
    "orange": "#d55e00",
    "green": "#009e73",
    "purple": "#b0558d",
    "amber": "#b87d00",
    "sky": "#3f9fd6",
    "grey": "#77808c",
}
SERIES = ("blue", "orange", "green", "purple", "amber", "sky", "grey")
MARKERS = ("o", "s", "D", "^", "v", "P", "X")
FONT_SIZE = 12
WIDTH = 464  # points, which the page shows as pixels where there is room
LONGEST_LABEL = 26  # in average letters
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "decloak",
    "text.parse_math": False,  # a label with two dollar signs is no formula
    "font.size": FONT_SIZE,
    "axes.edgecolor": COLOURS["muted"],
    "axes.labelcolor": COLOURS["ink"],
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.unicode_minus": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": COLOURS["grid"],
    "grid.linewidth": 0.8,
    "text.color": COLOURS["ink"],
    "xtick.color": COLOURS["muted"],
    "ytick.color": COLOURS["muted"],
    "xtick.labelcolor": COLOURS["ink"],
    "ytick.labelcolor": COLOURS["ink"],
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "hatch.color": COLOURS["surface"],
    "hatch.linewidth": 1.5,
}
_VARIABLES = {colour: f"var(--plot-{name})" for name, colour in COLOURS.items()}
_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"
_REFERENCE = re.compile(r"#([\w.-]+)")
_FONT = re.compile(r"font: (?P<face>.*?)(?P<size>[\d.]+px)\b")


@contextmanager
def plot_style() -> Iterator[None]:
    """Draw in the style of the reports, whatever the reader's matplotlib is set to; afterwards it is as it was.

    Raises:
        ImportError: matplotlib is missing.
    """
    try:
        import matplotlib
    except ImportError as error:
        raise ImportError(f'The page\'s plots need matplotlib ({error}): pip install "decloak[evaluate]"') from error
    with matplotlib.rc_context(), warnings.catch_warnings():
        # Measuring text in a font that lacks Chinese; the reader's browser has other fonts.
        warnings.filterwarnings("ignore", message=r"Glyph \d+")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


def new_figure(height: float, left: float, width: float = WIDTH, bottom: float = 42, top: float = 12) -> "Axes":
    """Make a figure with one pair of axes.

    Args:
        height: Of the figure, in points.
        left: Room for labels at the left, in points.
        width: Of the figure, in points.
        bottom: Room for the axis below, in points.
        top: Room above, in points.

    Returns:
        The axes; `axes.figure` is the figure. No pyplot: nothing stays behind.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / 72, height / 72), dpi=72)
    box = (left / width, bottom / height, (width - left - 16) / width, (height - bottom - top) / height)
    return figure.add_axes(box)


def figure_of(axes: "Axes") -> "Figure":
    """Return the figure of axes from `new_figure`."""
    figure = axes.figure
    assert figure is not None  # noqa: S101  only axes that were taken out of their figure have none
    return figure  # type: ignore[return-value]


def label(text: str) -> str:
    """Return a text as a label of a plot: visible, and with an ellipsis where it is too long; the table has it all."""
    text = visible(text)
    while text_width(text) > LONGEST_LABEL * FONT_SIZE * 0.56:
        text = f"{text.removesuffix('…')[:-1]}…"
    return text


def text_width(text: str) -> float:
    """Estimate how wide a text is in the reader's font, in points; Chinese is as wide as high."""
    return FONT_SIZE * sum(1.0 if east_asian_width(character) in "WF" else 0.56 for character in text)


def label_room(labels: list[str]) -> float:
    """Return the room that labels need at the left, in points."""
    return 18 + max(map(text_width, labels), default=0)


def to_svg(axes: "Axes", name: str, title: str) -> str:
    """Turn a figure into an element for a page.

    Args:
        axes: From `new_figure`.
        name: Unique in the page; the element's own ids start with it.
        title: What the plot shows, for those who cannot see it.

    Returns:
        `<svg ...>...</svg>` without scripts, addresses or dates; the same bytes for the same figure.
    """
    buffer = io.StringIO()
    figure_of(axes).savefig(buffer, format="svg", metadata={"Date": None})
    drawn = ElementTree.fromstring(buffer.getvalue())  # noqa: S314  written above, every text in it escaped
    _clean(drawn, name)
    width = drawn.attrib["viewBox"].split()[2]
    drawn.attrib.update(
        {"class": "plot", "role": "img", "aria-label": visible(title), "style": f"max-width: {width}px"}
    )
    return ElementTree.tostring(drawn, encoding="unicode")


def _clean(svg: Any, name: str) -> None:
    """Leave out what concerns a file of its own, and make ids unique among the plots of a page."""
    for attribute in ("width", "height", "version"):
        svg.attrib.pop(attribute, None)
    for parent in list(svg.iter()):
        for child in list(parent):
            # matplotlib's own style sheet would be that of the whole page.
            if child.tag in (f"{_SVG}metadata", f"{_SVG}style"):
                parent.remove(child)
    used = set(_REFERENCE.findall(" ".join(value for element in svg.iter() for value in element.attrib.values())))
    for element in svg.iter():
        _clean_element(element, name, used)


def _clean_element(element: Any, name: str, used: set[str]) -> None:
    element.tag = element.tag.removeprefix(_SVG)
    element.tail = None
    if not (element.text or "").strip():
        element.text = None
    # A style may name a colour by a variable, an attribute may not everywhere.
    colours = [f"{key}: {element.attrib.pop(key)}" for key in ("fill", "stroke") if key in element.attrib]
    if colours:
        element.attrib["style"] = "; ".join([*colours, element.attrib.get("style", "")])
    if (link := element.attrib.pop(_LINK, None)) is not None:
        element.attrib["href"] = link
    for attribute, value in list(element.attrib.items()):
        if (attribute == "id" and value not in used) or value.startswith("rotate(-0 "):
            del element.attrib[attribute]
        else:
            element.attrib[attribute] = _attribute(attribute, value, name)


def _attribute(attribute: str, value: str, name: str) -> str:
    if attribute == "id":
        return f"{name}-{value}"
    if attribute == "href":
        return f"#{name}-{value[1:]}"
    if attribute == "style":
        value = "; ".join(filter(None, map(_declaration, value.split(";"))))
    return value.replace("url(#", f"url(#{name}-")


def _declaration(text: str) -> str:
    """Name a colour instead of giving it, and leave the font's family to the page."""
    text = text.strip()
    if font := _FONT.match(text):
        weight = "; font-weight: bold" if "bold" in font["face"] or "700" in font["face"] else ""
        return f"font-size: {font['size']}{weight}"
    key, _, value = text.partition(": ")
    return "" if key == "font-family" else f"{key}: {_VARIABLES.get(value.lower(), value)}" if key else ""


__all__ = [
    "COLOURS",
    "FONT_SIZE",
    "LONGEST_LABEL",
    "MARKERS",
    "SERIES",
    "WIDTH",
    "figure_of",
    "label",
    "label_room",
    "new_figure",
    "plot_style",
    "text_width",
    "to_svg",
]
