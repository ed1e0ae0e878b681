"""Leaks: what the splits of data sets share that they should not."""

from .leak_report import SCHEMA_VERSION, has_leaks, leak_report
from .split_rows import SplitRows, read_split

__all__ = ["SCHEMA_VERSION", "SplitRows", "has_leaks", "leak_report", "read_split"]
