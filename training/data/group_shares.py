"""The shares of new splits, as they are written on the command line."""

import math

_NAMES = {2: ("train", "test"), 3: ("train", "validation", "test")}


def parse_shares(text: str) -> dict[str, float]:
    """Read `0.8/0.1/0.1` (train, validation, test), `0.8/0.2` (train, test) or `train=0.9/dev=0.1`.

    Raises:
        ValueError: It reads otherwise, a share is not above 0, or they do not sum to 1.
    """
    cells = [cell.strip() for cell in text.split("/")]
    named = [cell.partition("=") for cell in cells]
    if all(equals for _, equals, _ in named):
        names, numbers = [name.strip() for name, _, _ in named], [number for _, _, number in named]
    else:
        names, numbers = list(_NAMES.get(len(cells), ())), cells
    shares = [_share(number) for number in numbers]
    good = len(names) == len(shares) > 1 and len(set(names)) == len(names) and all(_is_name(name) for name in names)
    if not good or None in shares or not math.isclose(sum(share or 0 for share in shares), 1, abs_tol=1e-6):
        raise ValueError(
            f"the shares are {text!r}; they must be numbers above 0 that sum to 1, such as 0.8/0.1/0.1, or with names "
            "of letters, digits, - and _, such as train=0.9/dev=0.1"
        )
    return {name: share for name, share in zip(names, shares, strict=True) if share is not None}


def _share(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value < 1 else None


def _is_name(name: str) -> bool:
    return bool(name) and name.isascii() and name.replace("-", "").replace("_", "").isalnum()


__all__ = ["parse_shares"]
