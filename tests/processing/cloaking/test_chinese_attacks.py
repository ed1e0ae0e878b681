"""Chinese attacks on sentences whose results are known."""

import pytest

from decloak.processing.cloaking import load_attack
from decloak.processing.cloaking.chinese_sound import confused, exact_homophones, near_homophones
from decloak.processing.cloaking.lookups import common_homophones, first_readings, phrase_reader
from decloak.processing.tables import load_table
from tests.processing.cloaking.attack_texts import CHINESE

COMMON = list(load_table("character_frequencies"))[:3000]


def whole(name: str, text: str, seed: int = 0) -> str:
    return load_attack(name, 1.0, seed)(text)


@pytest.mark.parametrize("seed", range(10))
def test_a_homophone_sounds_the_same(seed: int) -> None:
    result = load_attack("homophone", 1.0, seed).apply(CHINESE)
    before, after = phrase_reader()(CHINESE), map(first_readings().get, result.text)
    assert len(result.changes) > 30
    for old, new, heard, said in zip(CHINESE, result.text, before, after, strict=True):
        assert old == new or heard == said


def test_a_homophone_fits_the_phrase() -> None:
    """行 is hang in a bank and xing on its own; 乐 is yue in music."""
    bank = {load_attack("homophone", 1.0, seed).apply("银行").text[1] for seed in range(40)}
    assert bank <= set(common_homophones()["hang2"])
    assert bank
    assert whole("pinyin", "银行行不行") == "yinhangxingbuxing"
    assert whole("pinyin", "音乐快乐") == "yinyuekuaile"


def test_homophones_are_common_and_the_most_common_first() -> None:
    frequencies = {character: float(values[0]) for character, values in load_table("character_frequencies").items()}
    found = exact_homophones("十", "shi2")
    assert "时" in found
    assert "十" not in found
    assert list(found) == sorted(found, key=lambda character: -frequencies[character])
    assert min(frequencies[character] for same in common_homophones().values() for character in same) >= 5


@pytest.mark.parametrize(
    ("character", "syllable", "heard"),
    [
        ("妈", "ma1", {"ma2", "ma3", "ma4"}),
        ("牛", "niu2", {"niu3", "liu2", "liu4"}),
        ("兰", "lan2", {"lan4", "nan2", "lang2"}),
        ("张", "zhang1", {"zhang3", "zang1", "zhan1"}),
        ("身", "shen1", {"shen2", "sen1", "sheng1"}),
        ("林", "lin2", {"lin4", "nin2", "ling2"}),
        ("光", "guang1", {"guang3", "guan1"}),
    ],
)
def test_near_homophones_by_tone_and_by_confusion(character: str, syllable: str, heard: set[str]) -> None:
    sounds = {first_readings()[other] for other in near_homophones(character, syllable)}
    assert sounds & heard
    assert syllable not in sounds
    assert all(sound[:-1] in {other[:-1] for other in heard} | {syllable[:-1]} for sound in sounds)


def test_near_homophones_take_one_confusion_at_a_time() -> None:
    assert set(confused("zhang")) == {"zang", "zhan"}
    assert set(confused("lin")) == {"nin", "ling"}
    assert set(confused("san")) == {"shan", "sang"}
    assert confused("guang") == ["guan"]
    assert confused("ma") == []


def test_most_common_characters_have_a_near_homophone() -> None:
    read = [(one, first_readings()[one]) for one in COMMON if one in first_readings()]
    assert sum(bool(near_homophones(*one)) for one in read) > 0.95 * len(COMMON)
    assert sum(bool(exact_homophones(*one)) for one in read) > 0.85 * len(COMMON)


def test_pinyin() -> None:
    assert whole("pinyin", "你好，女孩 ok") == "nihao，nvhai ok"
    assert whole("pinyin_initial", "你好，中国人") == "nh，zgr"


def test_digits_and_letters_for_syllables() -> None:
    assert whole("sign_sound", "爸爸你起床吧三遍") == "88你7床83遍"
    assert {whole("sign_sound", "一", seed) for seed in range(20)} == {"1", "E"}


@pytest.mark.parametrize(
    ("text", "split"),
    [("好", "女子"), ("明", "日月"), ("林", "木木"), ("骂", "口口马"), ("拆", "扌斥"), ("说", "讠兑")],
)
def test_a_character_is_split(text: str, split: str) -> None:
    assert load_table("splits")[text][0] == split
    assert whole("split", text) in load_table("splits")[text]


def test_what_encloses_is_not_split() -> None:
    assert whole("split", "国人一了这") == "国人一了这"


@pytest.mark.parametrize(("character", "alike"), [("大", "太"), ("己", "已"), ("末", "未"), ("抢", "枪"), ("博", "搏")])
def test_lookalikes(character: str, alike: str) -> None:
    assert alike in load_table("lookalikes")[character][:3]
    assert whole("lookalike", character) in load_table("lookalikes")[character]


@pytest.mark.parametrize(
    ("simplified", "traditional"),
    [
        ("我们说汉语", "我們說漢語"),
        ("头发和发现", "頭髮和發現"),
        ("皇后以后", "皇后以後"),
        ("干杯干净干活", "干杯干淨幹活"),  # the form of the first two is left simplified by the normaliser too
        ("好人", "好人"),
    ],
)
def test_traditional_forms_fit_the_phrase(simplified: str, traditional: str) -> None:
    assert whole("traditional", simplified) == traditional


def test_a_traditional_phrase_may_be_changed_in_part() -> None:
    assert load_attack("traditional", 1.0).apply("头发", spans=[(1, 2)]).text in ("头發", "头髮")


def test_a_mask_hides_chinese_only() -> None:
    result = whole("mask", "好人abc，7")
    assert result[2:] == "abc，7"
    assert set(result[:2]) <= set("*○□×")


@pytest.mark.parametrize("seed", range(5))
def test_a_shuffle_stays_inside_of_a_clause(seed: int) -> None:
    result = whole("shuffle", CHINESE, seed)
    assert result != CHINESE
    assert [sorted(clause) for clause in result.split("，")] == [sorted(clause) for clause in CHINESE.split("，")]
    for old, new in zip(CHINESE, result, strict=True):
        assert old == new or (old not in "，。！" and new not in "，。！")


def test_a_shuffle_swaps_neighbours() -> None:
    assert whole("shuffle", "天气") == "气天"
    assert {whole("shuffle", "我们去", seed) for seed in range(20)} == {"们我去", "我去们"}
    assert whole("shuffle", "妈妈") == "妈妈"
