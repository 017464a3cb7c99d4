"""Objects whose keys are data, as lists of pairs: for formats that restrict the names of keys.

STIX 2.1 allows ``a-z 0-9 _`` in names of properties (section 3.1); axes and norms of a law pack
have dots and capitals.
"""

import re
from typing import Any

_PLAIN = re.compile(r"[a-z][a-z0-9_]{2,249}")
_PAIRS = "pairs"


def to_pairs(held: Any) -> Any:
    """Put ``{"pairs": [{"name": …, "value": …}]}`` for each object with a key that is not plain.

    What is empty or None is left out, since STIX has neither; a reader's defaults bring it back.
    """
    if isinstance(held, dict):
        known = {key: to_pairs(one) for key, one in held.items() if one not in (None, {}, [])}
        if _PAIRS not in known and all(map(_PLAIN.fullmatch, known)):
            return known
        return {_PAIRS: [{"name": key, "value": one} for key, one in known.items()]}
    return [to_pairs(one) for one in held] if isinstance(held, list) else held


def from_pairs(held: Any) -> Any:
    """Read what ``to_pairs`` gave."""
    if isinstance(held, dict):
        if held.keys() == {_PAIRS}:
            return {one["name"]: from_pairs(one["value"]) for one in held[_PAIRS]}
        return {key: from_pairs(one) for key, one in held.items()}
    return [from_pairs(one) for one in held] if isinstance(held, list) else held
