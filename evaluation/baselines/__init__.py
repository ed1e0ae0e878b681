"""Baselines to set beside every result: what is written without pickles, `open_classifier` loads."""
