"""English attacks on sentences whose results are known."""

import unicodedata

import pytest

from decloak.processing.cloaking import load_attack
from decloak.processing.cloaking.english_spelling import VOWELS
from decloak.processing.normalization import normalize
from decloak.processing.tables import load_table
from tests.processing.cloaking.attack_texts import CHINESE, ENGLISH

SEEDS = range(12)


def results(name: str, text: str) -> set[str]:
    return {load_attack(name, 1.0, seed)(text) for seed in SEEDS}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["homoglyphs", "full_width", "zero_width", "strike_through"])
def test_normalising_undoes_it(name: str, seed: int) -> None:
    attacked = load_attack(name, 0.6, seed)(ENGLISH)
    assert attacked != ENGLISH
    assert normalize(attacked, "full") == normalize(ENGLISH, "full")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["traditional", "zero_width", "strike_through"])
def test_normalising_undoes_it_in_chinese(name: str, seed: int) -> None:
    attacked = load_attack(name, 0.6, seed)(CHINESE)
    assert attacked != CHINESE
    assert normalize(attacked, "full") == normalize(CHINESE, "full")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_sign_stands_for_the_letter_that_it_is_read_as(seed: int) -> None:
    result = load_attack("leet", 1.0, seed).apply(ENGLISH)
    assert len(result.changes) > 20
    for change in result.changes:
        assert load_table("leet")[change.new][0] == change.original.lower()
        around = ENGLISH[change.start - 1] + ENGLISH[change.end]
        assert around.isalpha(), "a sign that begins or ends a word cannot be told from a number"
    assert not {change.end for change in result.changes} & {change.start for change in result.changes}
    for left_alone in ("cat is on it", "covid19x route66st", "<user> <number>"):
        assert load_attack("leet", 1.0, seed)(left_alone) == left_alone


def test_leet_inside_of_a_word_is_undone() -> None:
    for attacked in results("leet", "neighbour"):
        assert normalize(attacked, "full") == "neighbour"


def test_a_homoglyph_looks_like_its_letter() -> None:
    for attacked in results("homoglyphs", "Apace cop"):
        assert attacked.isalpha() or " " in attacked
        assert not any(letter.isascii() for letter in attacked.replace(" ", ""))
        assert [unicodedata.name(letter).split(" ")[0] for letter in attacked[:5]] == ["CYRILLIC"] * 5


def test_full_width() -> None:
    assert load_attack("full_width", 1.0)("Az 09, é好") == "Ａｚ ０９, é好"


def test_accents() -> None:
    for attacked in results("accents", "hate Q"):
        assert unicodedata.normalize("NFD", attacked).translate(dict.fromkeys(range(0x300, 0x370))) == "hate Q"
        assert not set(attacked) & set("ate")
        assert attacked.endswith(" Q")  # there is no such letter with an accent


def test_words_are_joined() -> None:
    assert load_attack("joined_words", 1.0)("this is, a  good\nday 2 be here") == "thisis, a  good\nday 2 behere"
    assert load_attack("joined_words", 1.0).apply("a b c", spans=[(0, 3)]).text == "ab c"


def test_case() -> None:
    assert load_attack("random_case", 1.0)("Ab cÀ ß好") == "aB CÀ ß好"


def test_a_slip_changes_one_place_of_a_word() -> None:
    for attacked in results("misspelling", "table"):
        assert attacked[0] == "t"
        assert attacked != "table"
        assert len(attacked) in (4, 5)
    swapped = {word for word in results("misspelling", "table") if sorted(word) == sorted("table")}
    dropped = {word for word in results("misspelling", "table") if len(word) == 4}
    hit = results("misspelling", "table") - swapped - dropped
    assert swapped
    assert dropped
    for word in hit:
        [(old, new)] = [(old, new) for old, new in zip("table", word, strict=True) if old != new]
        assert new in load_table("keyboard_neighbours")[old]


def test_a_slip_of_equal_letters_is_a_slip() -> None:
    assert "bee" not in results("misspelling", "bee")


def test_a_slip_keeps_capitals() -> None:
    assert all(attacked.isupper() for attacked in results("misspelling", "TABLE"))


@pytest.mark.parametrize(
    ("word", "options"),
    [
        ("phone", {"fone"}),
        ("Phone", {"Fone"}),
        ("PHONE", {"FONE"}),
        ("you", {"u", "ya"}),
        ("You", {"U", "Ya"}),
        ("night", {"nite"}),
        ("school", {"skool"}),  # the whole word before some letters (schul)
        ("black", {"blak", "blakk", "blac"}),
        ("boys", {"boyz"}),
        ("knee", {"nee", "knea", "kni"}),
        ("is", {"is"}),  # too short for a rule about some letters
    ],
)
def test_respellings(word: str, options: set[str]) -> None:
    found = results("phonetic_spelling", word)
    assert found <= options
    assert found


def test_vowels_drop_out() -> None:
    assert load_attack("vowel_drop", 1.0)("people apple idea a the queue") == "ppl appl idea a the queue"
    text = load_attack("vowel_drop", 1.0)(ENGLISH)
    assert [word[0] for word in text.split()] == [word[0] for word in ENGLISH.split()]
    dropped = [change.original for change in load_attack("vowel_drop", 0.5).apply(ENGLISH).changes]
    assert set(dropped) <= VOWELS


def test_letters_are_repeated() -> None:
    assert results("repeated_letters", "hat") == {"haat", "haaat", "haaaat"}
    assert results("repeated_letters", "the") <= {"thee", "theee", "theeee"}
    assert results("repeated_letters", "at") == {"at"}


def test_letters_are_censored() -> None:
    found = results("censoring", "horse")
    assert {"h*rse", "hors*"} & found or "h***e" in found
    for word in found:
        assert word[0] == "h"
        assert word[-1] == "e"
        assert len(word) == 5
        assert set(word) - set("horse") <= set("*-#_@")
    assert any(word.count("*") == 3 for word in found)
    assert any(word[2:] == "rse" for word in found)


@pytest.mark.parametrize("name", ["leet", "homoglyphs", "full_width", "random_case", "misspelling", "censoring"])
def test_accented_letters_stay(name: str) -> None:
    assert load_attack(name, 1.0)("é ñ e\u0301 n\u0303") == "é ñ e\u0301 n\u0303"
