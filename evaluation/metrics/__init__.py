"""The measures of classifiers, in four folders that are `evaluate` modules as they stand.

The functions here are those of the folders; importing them needs neither `evaluate` nor, until groups are measured,
fairlearn. A folder is loaded by `evaluate.load("path/of/the/folder")` and published as a Space. Files that several
folders need lie here, with a link in each.
"""

from .cloaking_robustness.robustness import robustness_metrics
from .functionality.functionalities import functionality_metrics
from .group_bias.groups import group_metrics
from .hate_classification.bootstrap import MEASURES, bootstrap_intervals
from .hate_classification.calibration import calibration_metrics
from .hate_classification.classification import METRIC_NAMES, classification_metrics
from .hate_classification.comparison import mcnemar, paired_bootstrap
from .hate_classification.ranking import ranking_metrics, roc_curve_points

__all__ = [
    "MEASURES",
    "METRIC_NAMES",
    "bootstrap_intervals",
    "calibration_metrics",
    "classification_metrics",
    "functionality_metrics",
    "group_metrics",
    "mcnemar",
    "paired_bootstrap",
    "ranking_metrics",
    "robustness_metrics",
    "roc_curve_points",
]
