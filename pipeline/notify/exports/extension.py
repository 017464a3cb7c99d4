"""What a format has no place for: the rest of the record, as JSON under one name.

``rest`` takes from a record's document what the format says in its own words, and ``whole`` puts
it back, so that a reader needs no second copy of what the format itself holds.
"""

from collections.abc import Iterable, Mapping

import orjson
from pydantic import ValidationError

from pipeline.errors import IntegrityError
from pipeline.model import Json, as_document, from_json
from pipeline.notify.exports.record import Exported

NAME = "saqshy"
MEANING = "what the law makes of the incident, and its proof"


def rest(record: Exported, native: Iterable[str]) -> Json:
    """Give a record's document without the keys (``details.times.opened_at``) that are native."""
    document = as_document(record)
    for path in native:
        held, last = _place(document, path)
        if held is not None:
            held.pop(last, None)
    return document


def whole(rest: Mapping[str, object], native: Mapping[str, object]) -> Exported:
    """Put native values back at their keys; IntegrityError where that is no record of ours.

    A key of the details is passed over where the record has none.
    """
    document = orjson.loads(orjson.dumps(rest))
    for path, value in native.items():
        held, last = _place(document, path)
        if held is not None:
            held[last] = value
    try:
        return from_json(Exported, orjson.dumps(document))
    except ValidationError as error:
        wrong = ", ".join(sorted({".".join(map(str, one["loc"])) for one in error.errors()}))
        raise IntegrityError(f"is no incident as Saqshy writes it: {wrong[:300]}") from error


def _place(document: Json, path: str) -> tuple[Json | None, str]:
    """Give the object that has the last key of a path, and that key; None where there is none."""
    *way, last = path.split(".")
    held: Json | None = document
    for key in way:
        inner = None if held is None else held.get(key)
        held = inner if isinstance(inner, dict) else None
    return held, last


def json_text(document: Mapping[str, object]) -> str:
    """Write an extension as one line of JSON, keys sorted, so that equal ones are equal bytes."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS).decode("utf-8")
