"""How the measures grow with the number of rows."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[3] / "benchmarks" / "metrics.py"


@pytest.mark.slow
def test_200_000_rows_take_seconds_and_little_memory() -> None:
    command = [sys.executable, str(BENCHMARK), "--rows", "200000"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    assert result["rows"] == 200_000
    # A fifth of what a million rows may take; a loop in Python over pairs or thresholds would not end.
    assert sum(result["seconds"].values()) < 30
    assert result["peak_memory_mib"] < 1024
