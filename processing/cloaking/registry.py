"""All attacks by name."""

from collections.abc import Iterable
from typing import TypeVar

from .attack_base import Attack

_ATTACKS: dict[str, type[Attack]] = {}
AnyAttack = TypeVar("AnyAttack", bound=type[Attack])


def register(attack: AnyAttack) -> AnyAttack:
    """Add an attack to the registry; a decorator of the class.

    Raises:
        ValueError: Another attack has this name.
    """
    if _ATTACKS.setdefault(attack.name, attack) is not attack:
        raise ValueError(f"The attack {attack.name} is registered already, as {_ATTACKS[attack.name].__name__}.")
    return attack


def available_attacks(language: str | None = None) -> list[str]:
    """Return the names of all attacks, or of those for one language ("zh", "en")."""
    return [name for name, attack in _ATTACKS.items() if language is None or language in attack.languages]


def attack_class(name: str) -> type[Attack]:
    """Return the class of an attack.

    Raises:
        ValueError: There is no attack of this name.
    """
    if name not in _ATTACKS:
        raise ValueError(f"There is no attack {name!r}; choose from {', '.join(_ATTACKS)}.")
    return _ATTACKS[name]


def load_attack(name: str, strength: float = 0.3, seed: int = 0, target_words: Iterable[str] | None = None) -> Attack:
    """Make an attack.

    Args:
        name: One of `available_attacks()`.
        strength: Share of the places that change, 0 (nothing) to 1 (all).
        seed: Another seed chooses other places and replacements.
        target_words: Change only these words; None changes all kinds.

    Raises:
        ValueError: There is no such attack, or an argument is out of its range.
    """
    return attack_class(name)(strength=strength, seed=seed, target_words=target_words)


def composes_with(name: str) -> tuple[str, ...]:
    """Return the names of the attacks that may be applied after this one.

    Raises:
        ValueError: There is no attack of this name.
    """
    first = attack_class(name)
    return tuple(other for other, attack in _ATTACKS.items() if first.composes_with(attack))


__all__ = ["attack_class", "available_attacks", "composes_with", "load_attack", "register"]
