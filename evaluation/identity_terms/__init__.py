"""Which identity groups a text mentions, by neutral words for people: for data whose rows do not name their target."""

from .mentions import mentioned_groups

__all__ = ["mentioned_groups"]
