"""Texts that attacks are tried on: harmless ones of our own, and anything that a text can hold."""

from hypothesis import strategies as st

CHINESE = "今天天气很好，我们一起去公园看老虎和小猫。妈妈说下雨了要带伞，不要迟到！银行旁边的书店里有许多好听的音乐。"
ENGLISH = (
    "My neighbour loves his three dogs and a cat, please give them some food through the night. "
    "The phone of the happy teacher is quite black, thumbs up!"
)
TEXTS = {"zh": CHINESE, "en": ENGLISH}

# Whatever tears, joins, hides or turns: marks, joined emoji, flags, keycaps, right-to-left, surrogates, controls.
ODD = (
    "好女马们hate \n\t,。！\u0301\u200b\u200d\ufe0f\u20e3\u0000\ud83d\udc00👩👧🏽😀🇨🇳"
    "7*#שלוםمرحبا\u0e01\u0e33각ﬁ㎏ÀßİI@./:"
)
any_text = st.text(st.characters(exclude_categories=()), max_size=60)
odd_text = st.text(st.sampled_from(ODD), max_size=60)
chinese_text = st.text(st.sampled_from(CHINESE), max_size=40)
english_text = st.text(st.sampled_from(ENGLISH), max_size=60)
texts = any_text | odd_text | chinese_text | english_text
strengths = st.floats(0, 1)


def long_text(language: str, characters: int = 5000) -> str:
    """Return a long text without repeated lines."""
    lines = (f"{number} {TEXTS[language]}" for number in range(characters))
    text = ""
    while len(text) < characters:
        text += next(lines)
    return text[:characters]
