"""Reads a page strictly, as no browser does, so that whatever is left open or loaded from elsewhere shows."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

VOID = {"meta", "link", "input", "br", "hr", "img"}
LOADING = ("src", "srcset", "href", "action", "data", "poster", "formaction", "ping", "xlink:href")


@dataclass
class Page:
    """What a page holds, section by section."""

    problems: list[str] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)
    cells: dict[str, list[tuple[str, float | None]]] = field(default_factory=dict)
    scripts: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)

    def text(self, section: str) -> str:
        return " ".join(self.texts.get(section, []))

    def values(self, section: str) -> set[float]:
        """The numbers by which the cells of a section sort, in full precision."""
        return {value for _, value in self.cells.get(section, []) if value is not None}

    def written(self, section: str) -> list[str]:
        return [text for text, _ in self.cells.get(section, [])]

    def loaded(self) -> set[str]:
        """Addresses outside the page that an element names."""
        found = {attributes[name] for _, attributes in self.tags for name in LOADING if name in attributes}
        return {address for address in found if not address.startswith("#") and address != "data:,"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.open: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if len(attributes) != len(attrs):
            self.page.problems.append(f"{tag} has an attribute twice at {self.getpos()}")
        self.page.tags.append((tag, attributes))
        if "id" in attributes:
            self.page.ids.append(attributes["id"])
        if tag in ("td", "th"):
            value = attributes.get("data-value")
            self.page.cells.setdefault(self.section, []).append(("", float(value) if value else None))
        if tag not in VOID:
            self.open.append((tag, attributes))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1][0] != tag:
            self.page.problems.append(f"</{tag}> at {self.getpos()} closes {self.open[-1:]}")
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        inside = [tag for tag, _ in self.open]
        if "script" in inside:
            self.page.scripts.append(data)
        elif "style" in inside:
            self.page.styles.append(data)
        elif data.strip():
            self.page.texts.setdefault(self.section, []).append(data.strip())
            if {"h1", "h2", "h3", "h4"} & set(inside):
                self.page.headings.append(data.strip())
            if {"td", "th"} & set(inside):
                cells = self.page.cells[self.section]
                cells[-1] = (cells[-1][0] + data.strip(), cells[-1][1])

    @property
    def section(self) -> str:
        return next((attributes["id"] for tag, attributes in reversed(self.open) if tag == "section"), "")


def read_page(file: Path) -> Page:
    """Read a page that must be UTF-8."""
    reader = _Reader()
    reader.feed(file.read_text(encoding="utf-8"))
    reader.close()
    if reader.open:
        reader.page.problems.append(f"left open: {reader.open}")
    return reader.page
