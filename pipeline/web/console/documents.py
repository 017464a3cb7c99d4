"""Reading of documents as the desk gives them: what a viewer may not see is simply not there."""

from collections.abc import Iterator
from typing import Any

from pipeline.model import Json, instant

_ABSENT = object()


def value(document: Json, path: str) -> Any:
    """Give what stands at a dotted path; None where nothing does. A name may hold dots itself."""
    held: Any = document
    steps = path.split(".")
    for index, step in enumerate(steps):
        if not isinstance(held, dict):
            return None
        if ".".join(steps[index:]) in held:
            return held[".".join(steps[index:])]
        held = held.get(step, _ABSENT)
        if held is _ABSENT:
            return None
    return held


def text(document: Json, path: str) -> str:
    """Give what stands at a path as a text; "" where nothing does."""
    found = value(document, path)
    if found is None:
        return ""
    if isinstance(found, bool):
        return "yes" if found else "no"
    if isinstance(found, list):
        return ", ".join(map(str, found))
    return str(found)


def number(document: Json, path: str) -> int:
    """Give a whole number; 0 where none stands there."""
    found = value(document, path)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def moment(document: Json, path: str) -> int:
    """Give an instant in nanoseconds; 0 where none stands there."""
    found = value(document, path)
    if isinstance(found, str):
        try:
            found = instant(found)
        except (ValueError, OverflowError):
            return 0
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def members(document: Json, path: str) -> list[Json]:
    """Give the documents of a list; of a mapping its values."""
    found = value(document, path)
    held = found.values() if isinstance(found, dict) else found
    return [one for one in held or () if isinstance(one, dict)] if held is not None else []


def flat(document: Json, before: str = "") -> Iterator[tuple[str, str]]:
    """Give every field of a document with its path, as texts, in the order of paths."""
    for name in sorted(document):
        path, held = f"{before}{name}", document[name]
        if isinstance(held, dict):
            yield from flat(held, f"{path}.")
        elif held is not None and held not in ("", []):
            yield path, text({"it": held}, "it")
