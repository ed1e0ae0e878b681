"""The attack laboratory: ways in which people hide words from classifiers, to test and to train with.

attack = load_attack("homophone", strength=0.3, seed=0)
attack("a text")                 # the text after the attack
attack.apply("a text").changes   # and what changed
"""

from . import chinese_shape, chinese_sound, emoji_words, english_letters, english_spelling, insertion  # noqa: F401
from .attack_base import Attack, Site, Stage
from .attacked_rows import RowAttack, attack_rows
from .cloaked_text import Change, CloakedText, replay
from .composition import Composition, compose
from .registry import attack_class, available_attacks, composes_with, load_attack, register

__all__ = [
    "Attack",
    "Change",
    "CloakedText",
    "Composition",
    "RowAttack",
    "Site",
    "Stage",
    "attack_class",
    "attack_rows",
    "available_attacks",
    "compose",
    "composes_with",
    "load_attack",
    "register",
    "replay",
]
