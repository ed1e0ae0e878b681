"""The answers to single rows beside a report, for paired comparisons: numbers and hashes, no texts unless wanted."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from decloak.evaluation.report_sections import text_hash
from decloak.evaluation.scored_rows import ScoredRows
from decloak.training.data.checksums import sha256_of

if TYPE_CHECKING:
    import pyarrow

FILE = "predictions.parquet"


def write_predictions(scored: ScoredRows, labels: Sequence[str], folder: Path, texts: bool = False) -> dict[str, Any]:
    """Write `predictions.parquet` with a row for each answered row.

    Columns: `row` (number in the data), `id`, `group`, `sha256` (of the text), `true`, `predicted` (class ids),
    `score` (of class 1 of two, else of the predicted class), and `text` if `texts`.

    Returns:
        `file`, its `sha256` and `rows`, for the report.
    """
    import pyarrow
    from pyarrow import parquet

    places = range(len(scored.rows))
    score = scored.positive if len(labels) == 2 else scored.scores[places, scored.predicted]
    columns: dict[str, Any] = {
        "row": pyarrow.array([row.number for row in scored.rows], pyarrow.int64()),
        "id": _strings(scored, "id"),
        "group": _strings(scored, "group"),
        "sha256": pyarrow.array([text_hash(row.text) for row in scored.rows], pyarrow.string()),
        "true": pyarrow.array(scored.true),
        "predicted": pyarrow.array(scored.predicted),
        "score": pyarrow.array(score),
    }
    if texts:
        columns["text"] = pyarrow.array([_encodable(row.text) for row in scored.rows], pyarrow.string())
    file = folder / FILE
    parquet.write_table(pyarrow.table(columns), file)
    return {"file": FILE, "sha256": sha256_of(file), "rows": len(scored.rows)}


def read_predictions(report: dict[str, Any], folder: Path) -> "pyarrow.Table":
    """Read the predictions of a report that lies in `folder`.

    Raises:
        FileNotFoundError: The file is not beside the report.
        ValueError: The report has none, or the file is not the one that it was written with.
    """
    from pyarrow import parquet

    named = report.get("predictions")
    if not named:
        raise ValueError(
            f"the report of {report.get('model')} on {report.get('data')} keeps no answers to single rows, which a "
            "paired comparison needs: evaluate with --report DIR"
        )
    file = folder / Path(named["file"]).name
    if not file.is_file():
        raise FileNotFoundError(f"there is no {file}: keep {named['file']} beside its report")
    if sha256_of(file) != named["sha256"]:
        raise ValueError(f"{file} is not the file that its report was written with; evaluate again")
    return parquet.read_table(file)


def _strings(scored: ScoredRows, name: str) -> Any:
    import pyarrow

    values = (row.values.get(name) for row in scored.rows)
    return pyarrow.array([None if value is None else _encodable(str(value)) for value in values], pyarrow.string())


def _encodable(value: str) -> str:
    """Write lone surrogates as escapes, so that two names stay two."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


__all__ = ["FILE", "read_predictions", "write_predictions"]
