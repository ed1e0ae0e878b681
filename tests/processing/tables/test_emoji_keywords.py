"""What emoji stand for: the builder of the keywords, and the shipped tables."""

import json
from pathlib import Path

from decloak.processing.tables import load_table, table_header
from decloak.processing.tables.builders.emoji_keywords import MOST_EMOJI, build, keywords

ANNOTATIONS = {
    "💊": {"default": ["药", "药丸", "生病", "用药维他命", "pill", "药"], "tts": ["药丸"]},
    "⚖": {"default": ["公平"], "tts": ["天平"]},
    "🫥": {"default": ["abc"], "tts": ["虚线脸"]},
    "x": {"default": ["叉"], "tts": ["叉"]},
}


def test_keywords_are_short_chinese_words_that_are_no_name() -> None:
    assert dict(keywords(ANNOTATIONS)) == {"💊": ["药", "生病"], "⚖": ["公平"]}


def test_words_that_many_emoji_share_are_kinds_and_left_out() -> None:
    names = [name for name in load_table("emoji_words_zh") if "\ufe0f" not in name][: MOST_EMOJI + 1]
    entries = {
        name: {"default": ["某种", f"独{number}"[:1] + "字" * (1 + number % 3)]} for number, name in enumerate(names)
    }
    assert all("某种" not in words for _, words in keywords(entries))
    fewer = dict(list(entries.items())[:MOST_EMOJI])
    assert all("某种" in words for _, words in keywords(fewer))


def test_the_builder_writes_a_table(tmp_path: Path) -> None:
    source = tmp_path / "annotations.json"
    source.write_text(json.dumps({"annotations": {"annotations": ANNOTATIONS}}), encoding="utf-8")
    path = build(source, tmp_path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("# ")] == ["⚖\t公平", "💊\t药\t生病"]
    assert any(line.startswith("# licence: Unicode") for line in lines)


def test_the_shipped_tables_name_emoji_that_have_names() -> None:
    names = {emoji.replace("\ufe0f", "") for emoji in load_table("emoji_words_zh")}
    for table in ("emoji_keywords_zh", "emoji_slang_zh"):
        assert set(load_table(table)) <= names
        assert table_header(table)["note"]
        assert all(len(set(words)) == len(words) for words in load_table(table).values())
