"""Make the word-list baseline, from lists of one's own or from those that come with decloak."""

import time
from collections.abc import Sequence
from pathlib import Path

from decloak import __version__
from decloak.evaluation.classifiers.lexicon_classifier import LexiconClassifier
from decloak.evaluation.classifiers.word_list import read_word_list, unique_entries

from .training_texts import LABELS, check_output, file_record

FOLDER = Path(__file__).parent / "word_lists"


def shipped_word_lists() -> list[Path]:
    """Return the word lists that come with decloak, each with its source and licence at its head."""
    return sorted(FOLDER.glob("*.tsv"))


def make_lexicon(words: Sequence[Path], output: Path, labels: Sequence[str] = LABELS) -> Path:
    """Join word lists to a baseline and save it as a folder that `open_classifier` loads.

    Args:
        words: Word lists as `read_word_list` reads them; none means those that come with decloak.
        output: Where to; empty or not there.
        labels: Names of the two classes.

    Returns:
        The folder. The heads of the lists, with their licences, stand at the head of its `words.tsv`.

    Raises:
        FileNotFoundError: There is no such list.
        ImportError: ahocorasick_rs is missing.
        ValueError: A list is damaged, or the folder is not empty.
    """
    started = time.monotonic()
    check_output(output)
    files = list(words) or shipped_word_lists()
    entries, header = [], ["A measuring baseline, not a moderation rule."]
    for file in files:
        found, head = read_word_list(file)
        entries += found
        header += ["", f"{file.name}:", *(head or ["the list does not state its source and licence"])]
    unique = unique_entries(entries)
    record = {
        "entries": len(unique),
        "entries_alike": len(entries) - len(unique),
        "files": [file_record(file, "words") for file in files],
        "seconds": round(time.monotonic() - started, 1),
        "decloak": __version__,
    }
    return LexiconClassifier(unique, labels, str(output)).save(output, header, record)


__all__ = ["make_lexicon", "shipped_word_lists"]
