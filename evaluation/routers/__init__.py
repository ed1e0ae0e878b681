"""Routers of decloak models: which experts they use, in which layer, for which tokens, and what cloaking changes."""

from .alignment import SenseAlignment, measure_alignment
from .analysing import RouterSettings, analyse_routers
from .routed_texts import RoutedText, with_attack, with_twins
from .routers_report import SCHEMA, read_routers

__all__ = [
    "SCHEMA",
    "RoutedText",
    "RouterSettings",
    "SenseAlignment",
    "analyse_routers",
    "measure_alignment",
    "read_routers",
    "with_attack",
    "with_twins",
]
