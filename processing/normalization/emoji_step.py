"""Write emoji as words."""

import re
from collections.abc import Mapping, Sequence

from .edits import Edit
from .han import HAN
from .steps import character_class

_HAN = re.compile(f"[{HAN}]")
_TONE = "[\U0001f3fb-\U0001f3ff]"
_FLAG_LETTER = "[\U0001f1e6-\U0001f1ff]"
_TAGS = "[\U000e0020-\U000e007f]*"
_SELECTOR = "[\ufe0e\ufe0f]?"
# What is dropped, step by step, until a name is found.
_SELECTORS = re.compile("[\ufe0e\ufe0f]")
_TONES = re.compile(_TONE)
_TAIL = re.compile("[\u200d\U000e0020-\U000e007f].*", re.DOTALL)
LANGUAGES = ("auto", "zh", "en")

Names = Mapping[str, Sequence[str]]


class EmojiStep:
    """Replaces each emoji by its name.

    Skin tones are dropped; a joined emoji without a name is named by its first part. English names get spaces around
    them.
    """

    name = "emoji"

    def __init__(self, names: Mapping[str, Names], language: str = "auto") -> None:
        """Take the names.

        Args:
            names: "zh" and "en" to emoji to names, the best first.
            language: "zh", "en", or "auto": Chinese in a text with Chinese characters, else English.

        Raises:
            ValueError: There is no such language.
        """
        if language not in LANGUAGES:
            raise ValueError(f"language={language!r} is not known; choose from {', '.join(LANGUAGES)}.")
        self.language = language
        self.names = {code: _first_names(table) for code, table in names.items()}
        self._emoji = re.compile(_emoji_pattern({key for table in names.values() for key in table}))

    def edits(self, text: str) -> list[Edit]:
        """Find the emoji that have a name."""
        matches = list(self._emoji.finditer(text))
        if not matches:
            return []
        language = self.language if self.language != "auto" else ("zh" if _HAN.search(text) else "en")
        found = ((match, self._name(match.group(), self.names[language])) for match in matches)
        spaced = language == "en"
        return [
            Edit(match.start(), match.end(), _spaced(text, match, name) if spaced else name, self.name)
            for match, name in found
            if name
        ]

    def _name(self, emoji: str, names: Mapping[str, str]) -> str:
        plain = _SELECTORS.sub("", emoji)
        untoned = _TONES.sub("", plain)
        forms = (emoji, plain, untoned, _TAIL.sub("", untoned))
        return next((names[form] for form in forms if form in names), "")


def _first_names(table: Names) -> dict[str, str]:
    return {emoji: names[0].casefold() for emoji, names in table.items()}


def _spaced(text: str, match: re.Match[str], name: str) -> str:
    before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
    left = " " if before and not before.isspace() else ""
    right = " " if after and not after.isspace() else ""
    return f"{left}{name}{right}"


def _emoji_pattern(keys: set[str]) -> str:
    """Return a pattern for emoji: pictographs with tone and tags, joined ones, flags and keycaps."""
    pictographs = {key for key in keys if len(key) == 1 and not re.match(f"{_TONE}|{_FLAG_LETTER}", key)}
    one = f"{character_class(pictographs)}{_SELECTOR}{_TONE}?{_TAGS}"
    return f"{_FLAG_LETTER}{{2}}|[0-9#*]\ufe0f?\u20e3|{one}(?:\u200d{one})*"


__all__ = ["LANGUAGES", "EmojiStep"]
