"""When two texts are the same to a reader."""

import unicodedata


def normalised(text: str) -> str:
    """Return what two texts have in common if they are the same to a reader: NFKC, lower case, no white space."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


__all__ = ["normalised"]
