"""Banks: frozen tables of what characters look like and syllables sound like, made once and kept in a checkpoint."""

from .feature_bank import FeatureBank, make_bank, principal_components

__all__ = ["FeatureBank", "make_bank", "principal_components"]
