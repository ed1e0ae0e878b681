import sys
import unicodedata
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decloak.processing import kokoro_phonemes
from decloak.processing.kokoro_phonemes import MisakiPhonemizer, clean_text, is_speakable, split_phonemes

PHONEME_TEXT = st.text(st.sampled_from('abɕʰ→↓ˈ  ,:—.!?;…")”'), max_size=200)
HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
RARE_HAN = st.characters(min_codepoint=0x3400, max_codepoint=0x4DBF)
NUMBERS = st.sampled_from("0123456789.-/%℃年月日个亿万千百十点负")
ANY_TEXT = st.text(st.one_of(HAN, RARE_HAN, NUMBERS, st.characters()), max_size=60)


class SpellingG2P:
    """Stands for misaki's ZHG2P: a character is read as itself in brackets, and one has no reading."""

    map_punctuation = staticmethod(lambda text: text.replace("，", ", "))

    def __call__(self, text: str) -> tuple[str, None]:
        return self.word2ipa(text), None

    def word2ipa(self, text: str) -> str:
        if "兙" in text:
            raise ValueError(text)
        spelled = text.translate({ord("0") + digit: chr(ord("a") + digit) for digit in range(10)})
        return "".join(f"<{c}>" if "\u4e00" <= c <= "\u9fff" or c in "abcdefghij" else c for c in spelled)


@pytest.fixture
def fake_g2p(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the two phonemizers: Chinese in angle brackets, English in square ones."""
    monkeypatch.setattr(kokoro_phonemes, "_chinese_g2p", SpellingG2P)
    english = lambda british: lambda token: (f"[{'GB' if british else 'US'} {token.text}]", 2)  # noqa: E731
    monkeypatch.setattr(kokoro_phonemes, "_english_g2p", english)
    converter = SimpleNamespace(an2cn=lambda digits, mode: mode[0] + digits.translate(str.maketrans("0", "零")))
    monkeypatch.setattr(kokoro_phonemes, "import_optional", lambda name, purpose: converter)


@given(PHONEME_TEXT, st.integers(1, 30), st.none() | st.integers(1, 40))
def test_splitting_neither_loses_nor_reorders(phonemes: str, limit: int, target: int | None) -> None:
    pieces = split_phonemes(phonemes, limit, target)
    assert "".join(pieces) == phonemes
    assert all(0 < len(piece) <= limit for piece in pieces)


@given(st.text(st.characters()), st.integers(1, 5))
def test_splitting_takes_any_text(text: str, limit: int) -> None:
    assert "".join(split_phonemes(text, limit)) == text


@pytest.mark.parametrize(
    ("phonemes", "limit", "pieces"),
    [
        ("", 5, []),
        ("ab. cd. ef.", 8, ["ab. cd. ", "ef."]),
        ("ab! cd, ef gh.", 11, ["ab! ", "cd, ef gh."]),
        ("ab cd, ef gh ij.", 8, ["ab cd, ", "ef gh ", "ij."]),
        ("ab cd, ef gh. ij.", 7, ["ab cd, ", "ef gh. ", "ij."]),
        ("abc def", 5, ["abc ", "def"]),
        ("abcdefgh i", 3, ["abc", "def", "gh ", "i"]),
        ('a." b', 4, ['a." ', "b"]),
        ("a.b c", 4, ["a.b ", "c"]),
    ],
)
def test_where_phonemes_are_split(phonemes: str, limit: int, pieces: list[str]) -> None:
    assert split_phonemes(phonemes, limit) == pieces


@pytest.mark.parametrize(
    ("phonemes", "pieces"),
    [
        ("ab. cd. ef.", ["ab. ", "cd. ef."]),  # sentences share a piece up to the target
        ("ab, cdefghi, j.", ["ab, ", "cdefghi, ", "j."]),  # a sentence is cut after clauses
        ("abc def gh. ij.", ["abc def gh. ", "ij."]),  # a clause stays whole up to the limit
        ("abc def ghi jkl mn.", ["abc ", "def ", "ghi ", "jkl mn."]),
    ],
)
def test_target_and_limit(phonemes: str, pieces: list[str]) -> None:
    assert split_phonemes(phonemes, limit=12, target=7) == pieces


@pytest.mark.parametrize(("limit", "target"), [(0, None), (5, 0), (-1, 5)])
def test_splitting_needs_room(limit: int, target: int | None) -> None:
    with pytest.raises(ValueError, match="at least 1 is allowed"):
        split_phonemes("a", limit, target)


def test_what_is_speakable() -> None:
    assert is_speakable("ˈI")
    assert not is_speakable("")
    assert not is_speakable(" .,!?→“”")


@given(st.text(st.characters()))
def test_cleaning_any_text(text: str) -> None:
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    assert "\n\n" not in cleaned and "  " not in cleaned
    categories = {unicodedata.category(c) for c in cleaned if c not in "\n °℃+="}
    assert not categories & {"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "So", "Sk", "Sm", "Zs", "Zl", "Zp"}
    cleaned.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("ＡＢ１２", "AB12"),
        ("𝐛𝐚𝐝", "bad"),
        ("cafe\u0301", "café"),
        ("b\u0336a\u0336d", "bad"),
        ("a\u200bb\u00adc", "abc"),
        ("٣ ३", "3 3"),
        ("你\ud800好\x00😀", "你好"),
        ("f*ck_you", "fckyou"),
        ("a\u3000 b\r\nc\u2028\n\nd", "a b\nc\nd"),
        ("你好，世界！", "你好，世界！"),
        ("25℃ $5", "25℃ $5"),
    ],
)
def test_what_cleaning_keeps(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [
        ("你好", "<你><好>."),
        ("你好！", "<你><好>！."),
        ("hello there", "[US hello there]."),
        ("hello，you。", "[US hello, you.]."),
        ("你SB真的", "<你> [US SB] <真><的>."),
        ("COVID-19病毒", "[US COVID-19] <病><毒>."),
        ("我don't know，好", "<我> [US don't know] ，<好>."),
        ("你12", "<你><b><c>."),
        ("12", "<b><c>."),
        ("你25°C", "<你><c><f>℃."),
        ("你\nhi", "<你>. [US hi]."),
        ("〇", "<零>."),
        ("你兙好", "<你><好>."),
        ("㐀你", "㐀<你>."),
        ("привет你", "<你>."),
        ("hi привет", "[US hi]."),
        ("カタカナ 한글", ""),
        ("a" * 41, f"[US {'a' * 40} a]."),
        ("a 12345678901234567", "[US a " + " ".join("12345678901234567") + "]."),
        ("", ""),
        ("😀", ""),
    ],
)
def test_which_phonemizer_reads_what(fake_g2p: None, text: str, phonemes: str) -> None:
    assert MisakiPhonemizer()(text) == phonemes


def test_options_of_the_phonemizer(fake_g2p: None) -> None:
    assert MisakiPhonemizer(british=True, digits_in="en")("12") == "[GB 12]."
    assert MisakiPhonemizer(digits_in="en")("12个") == "<b><c><个>."


def test_long_numbers_are_read_digit_by_digit(fake_g2p: None, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    monkeypatch.setattr(SpellingG2P, "word2ipa", lambda self, text: read.append(text) or "a")
    MisakiPhonemizer()("电话0138，编号123456789，12个，2008年，100块，3.014，0.123456789，12.5")
    assert read == ["电话d零138，编号d123456789，12个，2008年，100块，3.014，d零点d123456789，12.5"]


def test_digits_that_were_not_read_are_spelled(fake_g2p: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SpellingG2P, "word2ipa", lambda self, text: text)
    assert MisakiPhonemizer()("1个") == "d1个."


@given(ANY_TEXT)
def test_any_text_is_read(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kokoro_phonemes, "_chinese_g2p", SpellingG2P)
        patch.setattr(kokoro_phonemes, "_english_g2p", lambda british: lambda token: (token.text, 2))
        patch.setattr(kokoro_phonemes, "_spell_number", lambda match: "a")
        phonemes = MisakiPhonemizer()(text)
    readable = [c for c in clean_text(text) if "\u4e00" <= c <= "\u9fff" and c != "兙"]
    assert [c for c in phonemes if "\u4e00" <= c <= "\u9fff" and f"<{c}>" in phonemes] == readable


@pytest.mark.parametrize(
    ("text", "missing"), [("你好", "misaki.zh"), ("hello", "misaki.espeak"), ("123456789", "cn2an")]
)
def test_missing_packages_name_the_extra(monkeypatch: pytest.MonkeyPatch, text: str, missing: str) -> None:
    kokoro_phonemes._chinese_g2p.cache_clear()
    kokoro_phonemes._english_g2p.cache_clear()
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match=r'pip install "decloak\[speech\]"'):
        MisakiPhonemizer()(text)


@pytest.fixture(scope="module")
def misaki() -> None:
    reason = "needs the phonemizers of decloak[speech], which are GPL-3 and no part of decloak[dev]"
    for package in ("misaki", "pypinyin", "jieba", "cn2an", "phonemizer", "espeakng_loader"):
        pytest.importorskip(package, reason=reason)


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [
        ("今天天气很好。", "ʨi→ntʰjɛ→ntʰjɛ→nʨʰi↘ xə↓n xau↓."),
        ("hello world", "həlˈO wˈɜɹld."),
        ("你是SB吗", "ni↓ ʂɨ↘ ˌɛsbˈi ma."),
        ("好，25°C。", "xau↓, ɚ↘ʂɨ↗u↓ ʂɤ↘ʂɨ↘tu↘."),
        ("兙了", "lɤ."),
        ("㐀了", "ʨʰjou̯→lɤ."),
        ("100块", "i↘pai↓kʰwai↘."),
    ],
)
def test_misaki_reads(misaki: None, text: str, phonemes: str) -> None:
    assert MisakiPhonemizer()(text) == phonemes


def test_misaki_reads_numbers_of_any_length(misaki: None) -> None:
    assert MisakiPhonemizer()("兙0." + "9" * 20).count("ʨjou↓") == 20
    assert MisakiPhonemizer()("12345678901234567890." + "9" * 5).count("ʨjou↓") == 5 + 2
    assert MisakiPhonemizer()("9" * 40).count("ʨjou↓") == 40
    assert MisakiPhonemizer(digits_in="en")("9" * 40).count("nˈIn") == 40


@settings(max_examples=50, deadline=None)
@given(ANY_TEXT)
def test_misaki_reads_any_text(misaki: None, text: str) -> None:
    phonemes = MisakiPhonemizer()(text)
    assert not any(c.isascii() and c.isdigit() for c in phonemes)
    assert not any("\u4e00" <= c <= "\u9fff" for c in phonemes)
