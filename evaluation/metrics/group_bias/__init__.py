"""Metric `group_bias`: how errors and ranking differ between the groups that texts mention."""
