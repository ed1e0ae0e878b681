"""A word list as a classifier: the baseline that every learnt model has to beat."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from .baseline_folder import FILE, read_manifest, write_manifest
from .batch_classifier import BatchClassifier, check_batch_size
from .fingerprints import fingerprint
from .text_classifier import answer
from .word_list import WordListEntry, folded, read_word_list, unique_entries

WORDS = "words.tsv"
# One hit of severity 1 would make a tie of 0.5 and 0.5, which readers of scores break in different ways: it counts
# this much more. Large enough to last in float32.
_TIE = 1e-6


class LexiconClassifier(BatchClassifier):
    """Answers by counting entries of a word list: a measuring baseline, not a moderation rule.

    Texts and entries are compared in NFKC and case-folded. An edge of an entry that is a letter or digit, but not a
    Chinese character or kana, must be the edge of a word: half of what an English list finds without that is inside
    other words. Chinese is written without spaces, so its entries are found anywhere. Of hits that overlap the
    leftmost counts, the longest of those. The score is `1 - 0.5 ** s`, with `s` the sum of the severities of the hits.

    Args:
        words: From `unique_entries`.
        labels: Names of the two classes.
        name: What reports call it.
        batch_size: Texts that are taken at once.

    Raises:
        ImportError: ahocorasick_rs is missing.
        ValueError: There are no words, or not two labels.
    """

    kind: ClassVar[str] = "lexicon"

    def __init__(
        self, words: Mapping[str, WordListEntry], labels: Sequence[str], name: str, batch_size: int = 256
    ) -> None:
        from ahocorasick_rs import AhoCorasick

        if not words or len(labels) != 2:
            raise ValueError(f"{len(words)} words and {len(labels)} labels; some words and two labels are needed")
        self.words = dict(words)
        self.labels = list(labels)
        self.name = name
        self.batch_size = check_batch_size(batch_size)
        self._patterns = list(self.words)
        self._entries = list(self.words.values())
        self._edges = [(_is_letter(pattern[0]), _is_letter(pattern[-1])) for pattern in self._patterns]
        self._automaton = AhoCorasick(self._patterns)

    @classmethod
    def load(cls, folder: str | Path, name: str | None = None, batch_size: int = 256) -> "LexiconClassifier":
        """Load what `save` wrote.

        Raises:
            ValueError: A file is missing or damaged.
        """
        folder = Path(folder)
        manifest = read_manifest(folder)
        try:
            entries, _ = read_word_list(folder / WORDS)
            return cls(unique_entries(entries), manifest["labels"], name or str(folder), batch_size)
        except (OSError, ValueError) as error:
            raise ValueError(f"{folder} is no whole lexicon baseline ({FILE}, {WORDS}): {error}") from error

    def save(self, folder: str | Path, header: Sequence[str], training: dict[str, Any]) -> Path:
        """Save it as `decloak_baseline.json` and `words.tsv`.

        Args:
            folder: Made if it is missing.
            header: Lines that state where the words are from and under which licence.
            training: How it was made.

        Returns:
            The folder.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        lines = [f"# {line}".rstrip() for line in header]
        lines += ["entry\tseverity", *(f"{word.entry}\t{word.severity!r}" for word in self._entries)]
        (folder / WORDS).write_text("\n".join(lines) + "\n", encoding="utf-8")
        write_manifest(folder, self.kind, self.labels, {"entries": len(self._entries)}, training)
        return folder

    def hits(self, text: str) -> list[WordListEntry]:
        """Find entries in a text, in order; none overlap."""
        return [self._entries[index] for index in self._hits(folded(text))]

    def _hits(self, text: str) -> Iterator[int]:
        found = (
            (start, -end, index)
            for index, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True)
            if self._is_whole(text, index, start, end)
        )
        free = 0
        for start, end, index in sorted(found):
            if start >= free:
                free = -end
                yield index

    def _is_whole(self, text: str, index: int, start: int, end: int) -> bool:
        left, right = self._edges[index]
        inside = left and start > 0 and _is_letter(text[start - 1])
        return not inside and not (right and end < len(text) and _is_letter(text[end]))

    def answer_batch(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """Answer some texts; `reasons` are the entries that were found, each once."""
        return [self._answer(self.hits(text)) for text in texts]

    def _answer(self, hits: list[WordListEntry]) -> dict[str, Any]:
        severity = sum(hit.severity for hit in hits) * (1 + _TIE)
        clean = 0.5**severity
        reasons = list(dict.fromkeys(hit.entry for hit in hits))
        return answer([clean, 1 - clean], self.labels) | {"reasons": reasons}

    def fingerprint(self) -> str:
        """Hash the words and their severities."""
        words = {word: entry.severity for word, entry in self.words.items()}
        return fingerprint({"kind": self.kind, "labels": self.labels, "words": words})


def _is_letter(character: str) -> bool:
    """Tell what words of alphabets consist of, marks included, from Chinese characters and kana."""
    if not (character.isalnum() or character == "_" or "\u0300" <= character <= "\u036f"):
        return False
    return not ("\u3040" <= character <= "\u30ff" or "\u3400" <= character <= "\u9fff" or "\U00020000" <= character)


__all__ = ["LexiconClassifier"]
