import json
from pathlib import Path

import pytest

from decloak.evaluation.baselines.lexicon import make_lexicon, shipped_word_lists
from decloak.evaluation.classifiers.opening import open_classifier
from decloak.evaluation.classifiers.word_list import read_word_list, unique_entries


@pytest.mark.parametrize("file", shipped_word_lists(), ids=lambda file: file.stem)
def test_shipped_lists_state_source_licence_and_purpose(file: Path) -> None:
    entries, head = read_word_list(file)
    fields = dict(line.partition(": ")[::2] for line in head[:3])
    assert list(fields) == ["source", "licence", "note"]
    assert fields["licence"].startswith(("CC BY 4.0", "MIT"))
    assert "Shutterstock" in fields["licence"] or any("Permission is hereby granted" in line for line in head)
    assert "not a moderation rule" in fields["note"]
    assert len(unique_entries(entries)) == len(entries)


def test_the_default_reads_english_and_chinese(tmp_path: Path) -> None:
    assert len(shipped_word_lists()) == 3
    folder = make_lexicon([], tmp_path / "x")
    classifier = open_classifier(str(folder))
    english, chinese = (entries[0].entry for entries, _ in map(read_word_list, shipped_word_lists()[:2]))
    got = list(classifier.answers([f"so {english}, yes", chinese, "have a nice day", "祝你愉快"]))
    assert [one["label"] for one in got] == ["hateful", "hateful", "not_hateful", "not_hateful"]
    header = (folder / "words.tsv").read_text(encoding="utf-8")
    assert header.startswith("# A measuring baseline, not a moderation rule.")
    assert "Shutterstock" in header and "Aiqi Jiang" in header


def test_own_lists_are_joined_and_recorded(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("# source: me\nrot\nROT\n", encoding="utf-8")
    (tmp_path / "b.tsv").write_text("rot\t2\nfaint\t0.5\n", encoding="utf-8")
    folder = make_lexicon([tmp_path / "a.txt", tmp_path / "b.tsv"], tmp_path / "x", ["fine", "rude"])
    record = json.loads((folder / "decloak_baseline.json").read_text(encoding="utf-8"))["training"]
    assert (record["entries"], record["entries_alike"]) == (2, 2)
    assert [file["name"] for file in record["files"]] == ["a.txt", "b.tsv"]
    (answer,) = open_classifier(str(folder)).answers(["rot"])
    assert answer["scores"]["rude"] == pytest.approx(0.75, abs=1e-5)
    assert "the list does not state its source and licence" in (folder / "words.tsv").read_text(encoding="utf-8")


def test_nothing_is_written_when_a_list_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("rot\tvery\n", encoding="utf-8")
    for words in ([tmp_path / "a.txt"], [tmp_path / "none.txt"]):
        with pytest.raises((ValueError, FileNotFoundError)):
            make_lexicon(words, tmp_path / "x")
    assert not (tmp_path / "x").exists()
