"""The metric `cloaking_robustness` of the `evaluate` library."""

from collections.abc import Sequence
from typing import Any

import datasets
import evaluate

# evaluate copies the files that this one names in lines like these, and no others: files that only those import stand
# here too. A comment behind such a line would be taken for the address of a file.
from .checked_inputs import checked_classes
from .proportions import wilson_interval
from .robustness import robustness_metrics
from .score_curves import auroc

__all__ = ["CloakingRobustness", "auroc", "checked_classes", "robustness_metrics", "wilson_interval"]

_DESCRIPTION = """
What an attack on texts, such as spelling them to hide, does to a classifier: drop of macro-F1 and AUROC, attack success
rate, evasion and false alarms, over all rows and over those that the attack changed.
"""
_INPUTS = """
Args:
    predictions: predicted classes of the texts, 0 or 1.
    references: true classes, 0 or 1.
    attacked_predictions: predicted classes of the attacked texts.
    scores, attacked_scores: scores of class 1, both or neither. As arguments of `compute`; to give them to `add` and
        `add_batch`, load the metric with the configuration "scores" or "scores_and_changed".
    changed: whether the attack changed the text, all by default; likewise with "changed" or "scores_and_changed".

Returns:
    n, changed, macro_f1, attacked_macro_f1, absolute_drop, relative_drop, attack_success_rate,
    attack_success_interval, evasion_rate, false_alarm_rate, auroc, attacked_auroc, auroc_drop, changed_rows (the same
    over changed rows) and unstable. A measure that is undefined is None.
"""
_SCORES = {name: datasets.Value("float64") for name in ("scores", "attacked_scores")}
_CHANGED = {"changed": datasets.Value("bool")}
_CONFIGURATIONS: dict[str, dict[str, datasets.Value]] = {
    "default": {},
    "scores": _SCORES,
    "changed": _CHANGED,
    "scores_and_changed": _SCORES | _CHANGED,
}


class CloakingRobustness(evaluate.Metric):
    """Measures of robustness against an attack; see `inputs_description`."""

    def _info(self) -> evaluate.MetricInfo:
        if self.config_name not in _CONFIGURATIONS:
            raise ValueError(f"the configuration is {self.config_name!r}; use one of {', '.join(_CONFIGURATIONS)}")
        classes = {name: datasets.Value("int64") for name in ("predictions", "references", "attacked_predictions")}
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation="",
            inputs_description=_INPUTS,
            features=datasets.Features(classes | _CONFIGURATIONS[self.config_name]),
            license="Apache-2.0",
        )

    def _compute(
        self,
        predictions: Sequence[int],
        references: Sequence[int],
        attacked_predictions: Sequence[int],
        scores: Sequence[float] | None = None,
        attacked_scores: Sequence[float] | None = None,
        changed: Sequence[bool] | None = None,
    ) -> dict[str, Any]:
        return robustness_metrics(references, predictions, attacked_predictions, scores, attacked_scores, changed)
