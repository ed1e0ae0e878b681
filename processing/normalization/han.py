"""Which characters are Chinese."""

# Unified ideographs with their extensions, the zero and the compatibility block; written for use inside [].
HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"

__all__ = ["HAN"]
