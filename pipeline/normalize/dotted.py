"""Nested objects of any document as one flat object with dotted names."""

from pipeline.model import Json
from pipeline.normalize.ecs_document import keep

# Names that are remembered by the object that they stand in: documents of a kind repeat them.
_MOST_OBJECTS, _MOST_MEMBERS, _LONGEST = 1024, 64, 256
_names: dict[str, dict[str, str]] = {}


def dotted(document: Json) -> Json:
    """Flatten a document, level by level; null says nothing and is left out.

    A name that stands twice, nested and dotted, holds a list of both.
    """
    flat: Json = {}
    waiting: list[tuple[str, Json]] = []
    for name, value in document.items():
        if type(value) is dict:
            waiting.append((name, value))
        elif value is not None:
            flat[name] = value
    for above, members in waiting:  # which grows on the way
        names = _names_in(above)
        for last, value in members.items():
            known = names.get(last)
            name = f"{above}.{last}" if known is None else known
            if known is None and len(names) < _MOST_MEMBERS and len(last) <= _LONGEST:
                names[last] = name
            if type(value) is dict:
                waiting.append((name, value))
            elif value is None:
                continue
            elif name in flat:
                keep(flat, name, value)
            else:
                flat[name] = value
    return flat


def _names_in(above: str) -> dict[str, str]:
    names = _names.get(above)
    if names is None:
        names = {}
        if len(above) <= _LONGEST:
            if len(_names) >= _MOST_OBJECTS:
                _names.clear()
            _names[above] = names
    return names
