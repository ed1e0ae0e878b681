"""The metric `group_bias` of the `evaluate` library."""

from collections.abc import Sequence
from typing import Any

import datasets
import evaluate

# evaluate copies the files that this one names in lines like these, and no others: files that only those import stand
# here too. A comment behind such a line would be taken for the address of a file.
from .checked_inputs import checked_classes
from .groups import group_metrics
from .named_groups import NamedGroups
from .proportions import wilson_interval
from .score_curves import auroc

__all__ = ["GroupBias", "NamedGroups", "auroc", "checked_classes", "group_metrics", "wilson_interval"]

_DESCRIPTION = """
How a classifier's errors and ranking differ between the groups that texts mention: false positive and false negative
rates (fairlearn) with gaps and intervals, and the subgroup, BPSN and BNSP AUC of Borkan et al. 2019.
"""
_INPUTS = """
Args:
    predictions: predicted classes, 0 or 1.
    references: true classes, 0 or 1.
    groups: for each row the list of the groups that it mentions; it may be empty.
    scores: scores of class 1, for the AUCs. As an argument of `compute`; to give them to `add` and `add_batch`, load
        the metric with the configuration "scores".
    minimum: rows that a group needs to be measured, 10 by default.

Returns:
    groups (n, positives, too_small, fpr, fnr, gaps, intervals and AUCs by name), overall, fpr_difference,
    fnr_difference, power_means, worst and too_small. A measure that is undefined is None.
"""
_CITATION = """
@inproceedings{borkan2019nuanced,
  title={Nuanced Metrics for Measuring Unintended Bias with Real Data for Text Classification},
  author={Borkan, Daniel and Dixon, Lucas and Sorensen, Jeffrey and Thain, Nithum and Vasserman, Lucy},
  booktitle={Companion Proceedings of the 2019 World Wide Web Conference},
  year={2019},
  doi={10.1145/3308560.3317593}
}
"""
_CONFIGURATIONS: dict[str, dict[str, datasets.Value]] = {
    "default": {},
    "scores": {"scores": datasets.Value("float64")},
}


class GroupBias(evaluate.Metric):
    """Measures of bias between groups; see `inputs_description`."""

    def _info(self) -> evaluate.MetricInfo:
        if self.config_name not in _CONFIGURATIONS:
            raise ValueError(f"the configuration is {self.config_name!r}; use one of {', '.join(_CONFIGURATIONS)}")
        rows = {
            "predictions": datasets.Value("int64"),
            "references": datasets.Value("int64"),
            "groups": datasets.List(datasets.Value("string")),
        }
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_INPUTS,
            features=datasets.Features(rows | _CONFIGURATIONS[self.config_name]),
            license="Apache-2.0",
        )

    def _compute(
        self,
        predictions: Sequence[int],
        references: Sequence[int],
        groups: Sequence[Sequence[str]],
        scores: Sequence[float] | None = None,
        minimum: int = 10,
    ) -> dict[str, Any]:
        return group_metrics(references, predictions, scores, groups, minimum)
