"""Any text classifier behind one interface: decloak's, transformers', sentence embeddings, callables, baselines."""

from .text_classifier import TextClassifier

__all__ = ["TextClassifier"]
