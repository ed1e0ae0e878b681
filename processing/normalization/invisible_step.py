"""Remove characters that nobody sees, except where a script or an emoji needs them."""

import re

from .edits import Edit

# Default_Ignorable_Code_Point of Unicode, and the controls of ASCII that are no white space. Not U+0080 to U+009F,
# which are wrongly decoded quotes more often than anything else.
_INVISIBLE = (
    "\x00-\x08\x0e-\x1b\x7f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_RUN = re.compile(f"[{_INVISIBLE}]+")
_SELECTORS = "\ufe0e\ufe0f"
_JOINER, _NON_JOINER, _BREAK = "\u200d", "\u200c", "\u200b"
# Marks that order right-to-left text; the two overrides U+202D and U+202E are not among them, they only deceive.
_DIRECTIONS = "\u061c\u200e\u200f\u202a-\u202c\u2066-\u2069"
_DIRECTION = re.compile(f"[{_DIRECTIONS}]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
# Scripts whose letters join or form conjuncts: Arabic to Mandaic, India, Myanmar, Khmer, Mongolian and their kin.
_JOINING = re.compile(
    "[\u0620-\u08ff\u0900-\u0dff\u0f00-\u0fff\u1000-\u109f\u1780-\u18af\u1a20-\u1aaf\u1b00-\u1bff\ua840-\ua8ff"
    "\ua980-\ua9ff\uaa60-\uaaff\uabc0-\uabff\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00010aff\U00011000-\U00011fff"
    "\U0001e900-\U0001e95f]"
)
# Scripts that write no spaces and break lines at U+200B: Thai, Lao, Tibetan, Myanmar, Khmer, Tai Tham.
_UNSPACED = re.compile("[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\uaa60-\uaadf]")
_MONGOLIAN = re.compile("[\u1800-\u18af]")
_JAMO = re.compile("[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]")
# What can be an emoji or a part of one (UTS 51), whole blocks.
_EMOJI = re.compile(
    "[\xa9\xae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
_FLAG, _FLAG_TAGS = "\U0001f3f4", re.compile("[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
_KEYCAP = "\u20e3"


class InvisibleStep:
    """Removes zero-width, control, tag and bidirectional characters and stray variation selectors.

    Kept are: joiners and selectors inside emoji; U+200C and U+200D between letters of scripts that join, U+200B between
    letters of scripts without spaces; marks of direction in texts with right-to-left letters, unless inside a word;
    Mongolian selectors; fillers beside Hangul jamo.
    """

    name = "invisible"

    def edits(self, text: str) -> list[Edit]:
        """Find the runs of invisible characters, and what of each must stay."""
        first = _RUN.search(text)
        if first is None:
            return []
        right_to_left = _RIGHT_TO_LEFT.search(text) is not None
        found = (
            (match.start(), match.end(), _needed(text, match, right_to_left))
            for match in _RUN.finditer(text, first.start())
        )
        return [Edit(start, end, kept, self.name) for start, end, kept in found if len(kept) < end - start]


def _needed(text: str, run: re.Match[str], right_to_left: bool) -> str:
    """Return the part of a run of invisible characters that the visible ones around it need."""
    before, after = text[run.start() - 1 : run.start()], text[run.end() : run.end() + 1]
    if before == _FLAG and (tags := _FLAG_TAGS.match(run.group())):
        return tags.group()
    # Each once: a second one of the same kind has no effect.
    return "".join(c for c in dict.fromkeys(run.group()) if _is_needed(c, before, after, right_to_left))


def _is_needed(character: str, before: str, after: str, right_to_left: bool) -> bool:
    if character in _SELECTORS:
        return _EMOJI.match(before) is not None or (after == _KEYCAP and before != "" and before in "0123456789#*")
    if character in (_JOINER, _NON_JOINER):
        return _joins(character, before, after)
    if _DIRECTION.match(character):
        inside_word = _RIGHT_TO_LEFT.match(before) and _RIGHT_TO_LEFT.match(after)
        return right_to_left and not inside_word
    if character == _BREAK:
        return bool(_UNSPACED.match(before) and _UNSPACED.match(after))
    return _is_script_filler(character, before, after)


def _joins(character: str, before: str, after: str) -> bool:
    if character == _JOINER and _EMOJI.match(before):
        return _EMOJI.match(after) is not None
    if not _JOINING.match(before):
        return False
    # A trailing joiner shows a letter's joined form, as in abbreviations.
    return _JOINING.match(after) is not None or (character == _JOINER and not after.isalpha())


def _is_script_filler(character: str, before: str, after: str) -> bool:
    if "\u180b" <= character <= "\u180f":
        return _MONGOLIAN.match(before) is not None
    if character in "\u115f\u1160":
        return _JAMO.match(before) is not None or _JAMO.match(after) is not None
    return False


__all__ = ["InvisibleStep"]
