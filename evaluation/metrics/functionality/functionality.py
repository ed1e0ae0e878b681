"""The metric `functionality` of the `evaluate` library."""

from collections.abc import Sequence
from typing import Any

import datasets
import evaluate

# evaluate copies the files that this one names in lines like these, and no others: files that only those import stand
# here too. A comment behind such a line would be taken for the address of a file.
from .checked_inputs import checked_classes
from .functionalities import functionality_metrics
from .proportions import wilson_interval

__all__ = ["Functionality", "checked_classes", "functionality_metrics", "wilson_interval"]

_DESCRIPTION = """
Accuracy per functionality of a test suite such as HateCheck, with Wilson intervals, and over hateful and non-hateful
cases.
"""
_INPUTS = """
Args:
    predictions: predicted classes, 0 or 1 (hateful).
    references: true classes, 0 or 1.
    functionalities: name of the functionality that each row tests.

Returns:
    functionalities (label, n, correct, accuracy and interval by name), hateful_accuracy, non_hateful_accuracy,
    accuracy, macro_accuracy and below_half. A measure that is undefined is None.
"""
_CITATION = """
@inproceedings{rottger2021hatecheck,
  title={{HateCheck}: Functional Tests for Hate Speech Detection Models},
  author={R{\\"o}ttger, Paul and Vidgen, Bertie and Nguyen, Dong and Waseem, Zeerak and Margetts, Helen and
    Pierrehumbert, Janet},
  booktitle={Proceedings of ACL-IJCNLP 2021},
  year={2021},
  doi={10.18653/v1/2021.acl-long.4}
}
"""


class Functionality(evaluate.Metric):
    """Accuracy per functionality; see `inputs_description`."""

    def _info(self) -> evaluate.MetricInfo:
        rows = {
            "predictions": datasets.Value("int64"),
            "references": datasets.Value("int64"),
            "functionalities": datasets.Value("string"),
        }
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_INPUTS,
            features=datasets.Features(rows),
            license="Apache-2.0",
        )

    def _compute(
        self, predictions: Sequence[int], references: Sequence[int], functionalities: Sequence[str]
    ) -> dict[str, Any]:
        return functionality_metrics(references, predictions, functionalities)
