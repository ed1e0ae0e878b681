"""Calibration: scores that are probabilities, and thresholds at stated false-positive rates, kept in the checkpoint."""

from .calibrating import METHODS, calibrate
from .calibration import Calibration

__all__ = ["METHODS", "Calibration", "calibrate"]
