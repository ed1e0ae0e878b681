"""Records of jsonl."""

import json
from typing import Any

from .table_files import LONGEST_LINE


def json_object(line: str | None) -> tuple[dict[str, Any], str | None]:
    """Parse a line of jsonl.

    Args:
        line: From `bounded_lines`: the line, or None for one that is too long.

    Returns:
        The object and None, or an empty one and what is wrong with the line.
    """
    if line is None:
        return {}, f"the line has {LONGEST_LINE:,} characters or more, which is more than can be read"
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        return {}, f"not JSON: {error}"
    if not isinstance(record, dict):
        return {}, f"a JSON object is needed, this is {type(record).__name__}"
    return record, None


__all__ = ["json_object"]
