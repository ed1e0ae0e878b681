"""The door: profiles, errors, spans of a match, reasons; and what clean text keeps."""

import pytest

from decloak.processing.normalization import (
    PROFILES,
    NormalizationChange,
    Normalizer,
    Profile,
    full_profile,
    light_profile,
    normalize,
)
from decloak.processing.normalization.edits import Edit
from decloak.processing.normalization.steps import PatternStep, TableStep

CLEAN = {
    "English": "Isn't it a lovely day? We met at 5pm, paid $5 (not £7.50) and left on 2024-05-17.",
    "Chinese": "今天天气很好，我们去公园吧！你说：“好的”……《书名》、①②③。",
    "traditional": "今天天氣很好，我們後來去了公園。",
    "Russian": "Привет! Сегодня хорошая погода, а ОСА и СССР: слова из похожих букв.",
    "Ukrainian": "Сьогодні гарна погода, її кіт спить.",
    "Russian with Latin words": "Мой iPhone 12 и USB-кабель лежат в VIP зале, wifi есть, smsка пришла.",
    "Greek": "Καλημέρα, τι κάνεις; Όλα καλά με την Άννα.",
    "Greek letters as symbols": "the α particle, μ and σ of the sample, Δx and ω",
    "Bulgarian": "Добро утро! Аз съм тук.",
    "Persian": "می\u200cخواهم کتاب\u200cها را بخوانم",
    "Arabic with marks of direction": "مرحبا \u200fWiFi\u200f بكم",
    "Hebrew": "שלום \u200fABC\u200f לכולם, מה שלומך?",
    "Hindi": "नमस्ते, क्\u200dष और श्\u200cर आप कैसे हैं?",
    "Thai": "สวัสดี\u200bครับ",
    "Khmer": "សួស្តី\u200bអ្នក",
    "Korean": "안녕하세요 ㅋㅋㅋ",
    "Old Korean": "\u1112\u119e\u11ab",
    "Japanese": "こんにちは、元気ですか？カタカナ・ﾊﾝｶｸ",
    "Vietnamese": "Tiếng Việt rất đẹp, Nguyễn Ánh",
    "Turkish": "Işık ılık, İstanbul güzel",
    "German": "Die Straße ist schön, Grüße aus Köln",
    "Mongolian": "\u182e\u1823\u1829\u182d\u1823\u182f\u180e\u1820",
    "emoji": "👨\u200d👩\u200d👧 ❤\ufe0f 1\ufe0f\u20e3 👍🏽 🇺🇸 🏳\ufe0f\u200d🌈 ☺\ufe0e",
    "flag of a region": "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "addresses": "see https://example.org/a_b?c=d and www.example.com, mail me@example.org, @some_name #tag",
    "faces": "Σ(°Д°) (´・ω・`) ¯\\_(ツ)_/¯ (о_о)ノ",
    "formulas": "E = mc², H₂O, x⁴ + 𝑥, 5 ± 2 µm, 37 ℃, 1ˢᵗ, xᵢ",
    "code": "for i in range(3): x_1 += a[i] // 2  # café",
    "white space": "a\tb\nc\r\nd\u3000e\xa0f",
}


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_light_leaves_clean_text_alone(text: str) -> None:
    result = Normalizer("light")(text)
    assert result.text == text
    assert result.changes == ()
    assert result.offsets == tuple((place, place + 1) for place in range(len(text)))


def test_light_is_the_default() -> None:
    assert normalize("H4TE \u200b") == "H4TE "
    assert Normalizer().profile.name == "light"


def test_a_match_leads_back_to_what_was_written() -> None:
    original = "so h\u200ba\u200bt\u0435 it"
    result = Normalizer("light")(original)
    place = result.text.index("hate")
    assert result.to_original(place, place + 4) == (3, 9)
    assert original[3:9] == "h\u200ba\u200bt\u0435"
    assert result.to_original(2, 2) == (2, 2)
    assert result.to_original(len(result.text), len(result.text)) == (len(original), len(original))


def test_changes_give_reasons_in_order() -> None:
    assert Normalizer("light")("p\u0430y\u200b \uff11\uff12").changes == (
        NormalizationChange("homoglyph", 1, 2, "\u0430", "a"),
        NormalizationChange("invisible", 3, 4, "\u200b", ""),
        NormalizationChange("full_width", 5, 7, "\uff11\uff12", "12"),
    )


def test_a_piece_that_two_steps_change_has_two_reasons() -> None:
    changes = Normalizer("full")("\uff28\uff14\uff54\uff45").changes
    assert [(change.kind, change.start, change.end, change.new) for change in changes] == [
        ("case", 0, 1, "h"),
        ("full_width", 0, 4, "H4te"),
        ("leet", 1, 2, "a"),
    ]


def test_one_character_that_becomes_many_is_the_span_of_each() -> None:
    result = Normalizer("full")("x ﬃ")
    assert (result.text, result.offsets) == ("x ffi", ((0, 1), (1, 2), (2, 3), (2, 3), (2, 3)))
    assert str(result) == "x ffi"


@pytest.mark.parametrize("span", [(-1, 2), (2, 1), (0, 9)])
def test_a_span_outside_of_the_text_is_an_error(span: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="0 <= start <= end <= 4"):
        Normalizer()("text").to_original(*span)


def test_what_cannot_be_is_said() -> None:
    with pytest.raises(ValueError, match="'heavy'.*light, full"):
        normalize("a text", "heavy")
    with pytest.raises(ValueError, match="'fr'.*auto, zh, en"):
        Normalizer("full", emoji_language="fr")
    with pytest.raises(ValueError, match="most=0"):
        Normalizer("full", most_repeats=0)
    with pytest.raises(TypeError, match="bytes"):
        normalize(b"bytes")  # type: ignore[arg-type]


def test_a_profile_can_be_ones_own() -> None:
    steps = (TableStep("dots", {".": "!"}), PatternStep("digits", r"\d+", lambda match: "#"))
    result = Normalizer(Profile("own", (steps,)))("a.1.22")
    assert result.text == "a!#!#"
    assert [change.kind for change in result.changes] == ["dots", "digits", "dots", "digits"]


def test_steps_that_never_rest_are_left_out() -> None:
    restless = (TableStep("there", {"a": "b"}), TableStep("back", {"b": "a"}))
    calm = (TableStep("calm", {"c": "d"}),)
    assert Normalizer(Profile("own", (restless,)))("abc").text == "abc"
    result = Normalizer(Profile("own", (calm, restless)))("abc")
    assert (result.text, len(result.changes)) == ("abd", 1)


def names_of(profile: Profile) -> list[str]:
    return [step.name for group in profile.groups for step in group]


def test_the_profiles_are_lists_of_named_steps() -> None:
    assert PROFILES == ("light", "full")
    light, names = names_of(light_profile()), names_of(full_profile())
    assert light == ["invisible", "full_width", "homoglyph"]
    assert set(light) < set(names)
    assert {"traditional", "case", "leet", "gap", "split", "emoji", "repeat", "censor", "marks"} < set(names)


def test_edits_name_their_step() -> None:
    assert full_profile().groups[0][0].edits("a\u200bb") == [Edit(1, 2, "", "invisible")]
