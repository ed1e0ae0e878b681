"""Publishes a folder in all ways; run as a program by `test_round_trip`, because the Hub's address is read at import.

Arguments: the folder, and the name to publish it under. Prints the commits as JSON.
"""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from huggingface_hub import snapshot_download

from decloak.hub_cards.publishing import publish
from decloak.modeling import MMBertForSequenceClassification
from decloak.processing import MultimodalHateProcessor


def main(folder: str, repo_id: str) -> None:
    commit = publish(folder, repo_id)
    again = publish(folder, repo_id)
    branch = publish(folder, repo_id, revision="trial")
    try:
        publish(folder, repo_id, private=True)
    except ValueError as error:
        assert "exists and is public" in str(error)
    else:
        raise AssertionError("a public repository passed for a private one")
    hidden = publish(folder, f"{repo_id}-private", private=True)
    model = MMBertForSequenceClassification.from_pretrained(folder)
    processor = MultimodalHateProcessor.from_pretrained(folder)
    model.push_to_hub(f"{repo_id}-pushed")
    processor.push_to_hub(f"{repo_id}-pushed")
    with TemporaryDirectory() as saved:
        model.save_pretrained(saved, push_to_hub=True, repo_id=f"{repo_id}-saved")
    snapshot = Path(snapshot_download(repo_id, revision=commit))
    names = sorted(file.name for file in snapshot.iterdir())
    print(json.dumps({"commit": commit, "again": again, "branch": branch, "hidden": hidden, "snapshot": names}))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
