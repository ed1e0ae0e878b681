"""Shares of rows: None where there are none, and the interval of a share."""

from math import sqrt
from statistics import NormalDist


def share(hits: int, n: int) -> float | None:
    """Return `hits / n`; None of no rows."""
    return hits / n if n else None


def wilson_interval(hits: int, n: int, level: float = 0.95) -> tuple[float, float] | None:
    """Return the score interval of a share.

    It keeps its level for few rows and for shares near 0 and 1, where the textbook interval (plus and minus two
    standard errors) has no width (Wilson 1927; recommended by Brown, Cai and DasGupta 2001, doi:10.1214/ss/1009213286).

    Args:
        hits: Rows that count.
        n: All rows.
        level: Confidence, between 0 and 1.

    Returns:
        The lower and the upper end, in 0 ... 1; None of no rows.

    Raises:
        ValueError: `level` is not between 0 and 1, or `hits` not between 0 and `n`.
    """
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; it lies between 0 and 1, such as 0.95")
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} rows is no share: hits lie between 0 and n")
    if n == 0:
        return None
    z2 = NormalDist().inv_cdf((1 + level) / 2) ** 2
    centre = (hits + z2 / 2) / (n + z2)
    margin = sqrt(z2 * (hits * (n - hits) / n + z2 / 4)) / (n + z2)
    # Rounding must not push an end past a share of exactly 0 or 1.
    low = 0.0 if hits == 0 else centre - margin
    high = 1.0 if hits == n else centre + margin
    return low, high
