"""Invented texts whose class a few characters tell, so that every learner can find it."""

import random

from decloak.evaluation.baselines.training_texts import TrainingTexts


def labelled_texts(n: int = 60, classes: int = 2, seed: int = 0) -> TrainingTexts:
    """Make texts of random letters; those of class k hold the k-th of a few marks. Each class occurs."""
    chooser = random.Random(seed)
    marks = ["abc", "坏人", "天气"]
    labels = ["not_hateful", "hateful", "unsure"][:classes]
    found = [index % classes for index in range(n)]
    texts = [f"{''.join(chooser.choices('efgh ijk', k=8))}{marks[label]} {n}" for n, label in enumerate(found)]
    return TrainingTexts(texts, found, labels, {"made": {"read": n, "kept": n}}, [], seed)
