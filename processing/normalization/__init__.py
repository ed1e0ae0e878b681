"""The inverse of cloaking: texts as they are read, with the way back to how they were written."""

from .edits import Edit
from .normalized_text import NormalizationChange, NormalizedText
from .normalizer import Normalizer, normalize
from .profiles import PROFILES, Profile, full_profile, light_profile
from .steps import Step

__all__ = [
    "PROFILES",
    "Edit",
    "NormalizationChange",
    "NormalizedText",
    "Normalizer",
    "Profile",
    "Step",
    "full_profile",
    "light_profile",
    "normalize",
]
