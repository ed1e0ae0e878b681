"""Metric `functionality`: accuracy per functionality of a test suite such as HateCheck."""
