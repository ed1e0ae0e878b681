"""Metric `cloaking_robustness`: what an attack on texts does to a classifier."""
