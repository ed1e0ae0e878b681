"""Metric `hate_classification`: classes, ranking, calibration, and how sure each is."""
