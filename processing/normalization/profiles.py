"""The two profiles: lists of steps that read like what they do."""

from dataclasses import dataclass

from decloak.processing.tables import load_table

from .censor_step import CensorStep
from .compatibility_step import CompatibilityStep
from .emoji_step import EmojiStep
from .gap_step import GapStep
from .homoglyph_step import HomoglyphStep, plain_latin
from .invisible_step import InvisibleStep
from .join_step import JoinStep
from .leet_step import LeetStep
from .mark_step import MarkStep
from .repeat_step import RepeatStep
from .steps import Step, TableStep, fold_case, full_width, half_width_signs

PROFILES = ("light", "full")


Groups = tuple[tuple[Step, ...], ...]


@dataclass(frozen=True)
class Profile:
    """The steps of a way to normalise.

    Attributes:
        name: Its name.
        groups: The steps in groups. A group begins when the ones before it find nothing more, and they are done again
            after it has changed something.
    """

    name: str
    groups: Groups


def light_profile() -> Profile:
    """Return the steps that leave clean text as it is."""
    return Profile("light", ((InvisibleStep(), full_width(), HomoglyphStep(first_values("homoglyphs"))),))


def full_profile(emoji_language: str = "auto", most_repeats: int = 2) -> Profile:
    """Return the steps that make a view for matching and for a model's input.

    Args:
        emoji_language: The language of the words for emoji: "zh", "en", or "auto" by the text's own script.
        most_repeats: How many of the same letter may follow each other.

    Raises:
        ValueError: An argument is not allowed.
    """
    homoglyphs = first_values("homoglyphs")
    as_it_is_read = (
        InvisibleStep(),
        MarkStep(),
        full_width(),
        half_width_signs(),
        CompatibilityStep(),
        HomoglyphStep(homoglyphs),
        plain_latin(homoglyphs),
    )
    # Small letters have fewer look-alikes than capitals, so these must be undone before.
    one_form = (TableStep("traditional", first_values("traditional")), fold_case())
    names = {"zh": load_table("emoji_words_zh"), "en": load_table("emoji_words_en")}
    whole_words = (
        EmojiStep(names, emoji_language),
        GapStep(),
        JoinStep(first_values("joins")),
        _leet_step(),
        CensorStep(),
        RepeatStep(most_repeats),
    )
    return Profile("full", (as_it_is_read, one_form, whole_words))


def _leet_step() -> LeetStep:
    words = load_table("english_words")
    return LeetStep(load_table("leet"), {word: float(values[0]) for word, values in words.items()})


def first_values(table: str) -> dict[str, str]:
    """Return the best value of each key of a table."""
    return {key: values[0] for key, values in load_table(table).items()}


__all__ = ["PROFILES", "Groups", "Profile", "first_values", "full_profile", "light_profile"]
