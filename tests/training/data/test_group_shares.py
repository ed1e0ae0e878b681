import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.training.data.group_shares import parse_shares


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("0.8/0.1/0.1", {"train": 0.8, "validation": 0.1, "test": 0.1}),
        (" 0.75 / 0.25 ", {"train": 0.75, "test": 0.25}),
        ("train=0.9/dev=0.1", {"train": 0.9, "dev": 0.1}),
        ("a=.25/b=.25/c_1=.25/d-2=.25", {"a": 0.25, "b": 0.25, "c_1": 0.25, "d-2": 0.25}),
    ],
)
def test_shares_with_and_without_names(text: str, shares: dict[str, float]) -> None:
    assert parse_shares(text) == shares


@pytest.mark.parametrize(
    "text",
    ["", "1", "0.5/0.4", "0.5/0.5/0.5", "1/0", "1.5/-0.5", "nan/nan", "inf/0.5", "a=0.5/a=0.5", "a=0.5/0.5",
     "=0.5/b=0.5", "../x=0.5/b=0.5", "0.25/0.25/0.25/0.25", "a=0.5/b", "ä=0.5/b=0.5"],
)  # fmt: skip
def test_other_texts_are_told_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="numbers above 0 that sum to 1, such as 0.8/0.1/0.1"):
        parse_shares(text)


@given(st.text(max_size=20) | st.text("0.1589/=ab", max_size=20))
def test_garbage_gives_shares_or_one_clear_error(text: str) -> None:
    try:
        shares = parse_shares(text)
    except ValueError as error:
        assert repr(text) in str(error)
    else:
        assert len(shares) > 1 and abs(sum(shares.values()) - 1) < 1e-5 and min(shares.values()) > 0


@given(st.lists(st.integers(1, 1000), min_size=2, max_size=6))
def test_what_was_written_is_read(parts: list[int]) -> None:
    shares = {f"s{number}": part / sum(parts) for number, part in enumerate(parts)}
    assert parse_shares("/".join(f"{name}={share!r}" for name, share in shares.items())) == shares
