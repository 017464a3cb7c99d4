"""Nested objects by dotted names."""

from typing import Any


def put(tree: dict[str, Any], path: str, value: Any) -> bool:
    """Set a dotted name in nested objects; False where something else stands in the way."""
    at = tree
    first, dot, rest = path.partition(".")
    while dot:
        inner = at.get(first)
        if inner is None:
            inner = at[first] = {}
        elif type(inner) is not dict:
            return False
        at = inner
        first, dot, rest = rest.partition(".")
    if first in at:
        return False
    at[first] = value
    return True
