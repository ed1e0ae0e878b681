"""Building banks from encoders and an engine, in one process and in several."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from transformers import CLIPImageProcessorPil

from decloak.processing.espeak_engine import EspeakSpeechEngine
from decloak.processing.speech_engine_base import SpeechEngineError
from decloak.training.banks import building
from decloak.training.banks.building import (
    SpeechSource,
    make_glyphs,
    make_sounds,
    texts_of,
    words_of,
)
from decloak.training.banks.sound_bank import texts_to_hear
from decloak.training.banks.sound_tables import SoundTables
from tests.tiny import CJK, LATIN, PICTURE, tiny_tokenizer
from tests.tiny_font import write_font
from tests.training.banks.singing import SingingSource, add_feature_extractor, few_tables


@pytest.fixture(scope="module")
def whisper(encoder_folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = Path(shutil.copytree(encoder_folders["whisper_encoder"], tmp_path_factory.mktemp("whisper") / "it"))
    add_feature_extractor(folder)
    return str(folder)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> SoundTables:
    """Speak a few syllables instead of all."""
    monkeypatch.setattr(building, "make_sound_tables", few_tables)
    return few_tables()


def source(whisper: str, cache: Path, threads: int | None = None) -> SingingSource:
    return SingingSource(whisper, "singing", None, None, cache, threads)


@pytest.mark.slow
def test_two_processes_give_the_bank_of_one(whisper: str, few: SoundTables, tmp_path: Path) -> None:
    assert len(texts_to_hear(few)) > building.TEXTS_AT_ONCE  # each process gets a part
    made = make_sounds(source(whisper, tmp_path / "a.sqlite", 1), dimension=4)
    again = make_sounds(source(whisper, tmp_path / "b.sqlite", 1), dimension=4, workers=2)
    assert made.sound_tables == again.sound_tables == few and made.glyphs is None
    assert made.speaker == again.speaker
    assert made.speaker == {"speech_engine": "singing", "speech_voice": "sine", "speech_version": "singing-1"}
    alone, both = made.sounds, again.sounds
    assert alone is not None and both is not None
    heard = source(whisper, tmp_path / "b.sqlite").open()
    assert heard.cache is not None and len(heard.cache) == len(texts_to_hear(few))
    assert alone.units == both.units and alone.missing == both.missing
    assert alone.source == both.source and "singing" in alone.source
    np.testing.assert_array_equal(alone.features, both.features)
    np.testing.assert_array_equal(alone.raw_features, both.raw_features)
    spoken = [unit for unit in alone.units if unit[-1].isdigit()]
    assert set(spoken) == {"ni3", "hao3", "huai4", "ren2", "jin1", "tian1", "qi4", "hen3"}
    assert set(alone.units) == {*spoken, *(unit[:-1] for unit in spoken)}
    assert set(alone.missing) == set(few["readings"]) - set(spoken)  # digits, of which the engine is silent


def test_a_build_goes_on_where_it_was(whisper: str, few: SoundTables, tmp_path: Path) -> None:
    first = source(whisper, tmp_path / "heard.sqlite").open()
    texts = texts_to_hear(few)
    for text, tokens in texts[:5]:
        first(text, tokens)
    make_sounds(source(whisper, tmp_path / "heard.sqlite"), dimension=2)
    assert first.cache is not None and len(first.cache) == len(texts)


def test_an_engine_that_comes_with_decloak(whisper: str, tmp_path: Path) -> None:
    try:
        EspeakSpeechEngine()
    except SpeechEngineError as error:
        pytest.skip(f"espeak-ng does not run: {error}")
    hear = SpeechSource(whisper, "espeak", None, "en-us", tmp_path / "heard.sqlite", 1).open()
    hello = hear("hello", 4)
    assert hello is not None and np.isfinite(hello).all() and hello.std() > 0
    assert hear("!", 1) is None
    assert hear.cache is not None and len(hear.cache) == 2


def test_words_need_a_phonemizer(
    whisper: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: SoundTables
) -> None:
    asked = []

    def tables(words: list[str], phonemize: object) -> SoundTables:
        asked.append((words, phonemize))
        return few_tables()

    monkeypatch.setattr(building, "make_sound_tables", tables)
    monkeypatch.setattr(building, "english_phonemizer", lambda: "phonemizer")
    make_sounds(source(whisper, tmp_path / "heard.sqlite"), ["hello"], dimension=2)
    make_sounds(source(whisper, tmp_path / "heard.sqlite"), dimension=2)
    assert asked == [(["hello"], "phonemizer"), ((), None)]


def test_glyphs_of_texts(encoder_folders: dict[str, Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(encoder_folders["clip_vision"], tmp_path / "clip"))
    side = {"height": PICTURE, "width": PICTURE}
    CLIPImageProcessorPil(size={"shortest_edge": PICTURE}, crop_size=side).save_pretrained(folder)
    font = str(write_font(tmp_path / "tiny.ttf", CJK[:-2] + LATIN))
    texts = ["你你好好", "今天气气很很"]
    bank = make_glyphs(str(folder), texts, 5, limit=99, minimum_count=2, font=font, emoji_font=font)
    assert bank.features.shape[1] == 5 and bank.source == str(folder)
    assert bank.units[:94] == tuple(LATIN)
    assert set(bank.units[94:]) == {"你", "好"} and {"气", "很"} <= set(bank.missing)
    assert "今" not in {*bank.units, *bank.missing}


def test_texts_of_a_table(tmp_path: Path) -> None:
    table = tmp_path / "texts.csv"
    table.write_text("text,label\n你好,0\n,1\nhello there,1\n", encoding="utf-8")
    assert texts_of(table) == ["你好", "hello there"]
    (tmp_path / "other.csv").write_text("words,label\na,1\n", encoding="utf-8")
    with pytest.raises(ValueError, match="text"):
        texts_of(tmp_path / "other.csv")


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (
            ["\u2581the", "\u2581Cat", "ing", "\u2581cat", "\u25812", "\u2581你", "\u2581don't", "\u2581"],
            ["the", "cat", "don't"],
        ),
        (["[PAD]", "the", "##ing", "cat", "你", "!"], ["the", "cat"]),
    ],
)
def test_words_of_a_tokenizer(pieces: list[str], expected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """By the pieces that begin a word, where they are marked; the usual ones have the lowest ids."""

    class Tokenizer:
        def get_vocab(self) -> dict[str, int]:
            numbered = {piece: number for number, piece in enumerate(pieces)}
            return dict(sorted(numbered.items()))

    monkeypatch.setattr(building.AutoTokenizer, "from_pretrained", lambda name: Tokenizer())
    assert words_of("folder", 9) == expected
    assert words_of("folder", 1) == expected[:1]


def test_words_of_a_saved_tokenizer(tmp_path: Path) -> None:
    tiny_tokenizer().save_pretrained(tmp_path)
    assert set(words_of(str(tmp_path), 99)) == set("abcdefghijklmnopqrstuvwxyz")
