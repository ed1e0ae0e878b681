"""Normalise texts, and know where everything came from."""

from functools import cache

from .edits import Edit, apply_edits
from .normalized_text import NormalizedText
from .profiles import PROFILES, Groups, Profile, full_profile, light_profile

# Ordinary and cloaked texts come to rest after two or three rounds.
MOST_ROUNDS = 16


class Normalizer:
    """Undoes cloaking, by the steps of a profile.

    The result is at rest: to normalise it again changes nothing. A text that does not come to rest in 16 rounds, which
    only a text made for that purpose does not, is left as it was before the group of steps that goes on.
    """

    def __init__(self, profile: str | Profile = "light", emoji_language: str = "auto", most_repeats: int = 2) -> None:
        """Choose the steps.

        Args:
            profile: "light", "full", or steps of your own.
            emoji_language: For "full": the language of the words for emoji; "zh", "en", or "auto".
            most_repeats: For "full": how many of the same letter may follow each other.

        Raises:
            ValueError: An argument is not allowed.
        """
        if isinstance(profile, str):
            if profile not in PROFILES:
                raise ValueError(f"profile={profile!r} is not known; choose from {', '.join(PROFILES)}.")
            profile = light_profile() if profile == "light" else full_profile(emoji_language, most_repeats)
        self.profile = profile

    def __call__(self, text: str) -> NormalizedText:
        """Normalise a text.

        Args:
            text: Any string, lone surrogates included.

        Raises:
            TypeError: The text is no string.
        """
        if not isinstance(text, str):
            raise TypeError(f"A text is a str; {type(text).__name__} was given: {text!r:.80}.")
        result: str = text
        layers: list[list[Edit]] = []
        groups = self.profile.groups
        for count in range(1, len(groups) + 1):
            rested = _at_rest(result, groups[:count])
            if rested is None:
                break
            result = rested[0]
            layers += rested[1]
        return NormalizedText(text, result, tuple(layers))


def _at_rest(text: str, groups: Groups) -> tuple[str, list[list[Edit]]] | None:
    """Apply the last group of steps until no step of any group finds anything.

    Args:
        text: A text in which the steps of the other groups find nothing.
        groups: The groups in their order; after a change the earlier ones are done again.

    Returns:
        The text and the replacements of each step that changed something; None if it does not come to rest.
    """
    layers: list[list[Edit]] = []
    for _ in range(MOST_ROUNDS):
        done = len(layers)
        for step in groups[-1]:
            if edits := step.edits(text):
                layers.append(edits)
                text = apply_edits(text, edits)
        if len(layers) == done:
            return text, layers
        for count in range(1, len(groups)):
            rested = _at_rest(text, groups[:count])
            if rested is None:
                return None
            text = rested[0]
            layers += rested[1]
    return None


@cache
def _normalizer(profile: str) -> Normalizer:
    return Normalizer(profile)


def normalize(text: str, profile: str = "light") -> str:
    """Return a text without its cloak.

    Args:
        text: Any string.
        profile: "light" leaves clean text alone; "full" makes a view for matching and for a model's input.

    Raises:
        ValueError: There is no such profile.
        TypeError: The text is no string.
    """
    return _normalizer(profile)(text).text


__all__ = ["Normalizer", "normalize"]
