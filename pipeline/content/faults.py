"""Where in a document a parser's error stands: pySigma's errors name no line."""

from collections.abc import Iterator
from typing import Any

from sigma.exceptions import SigmaConditionError
from sigma.policy.profiles import TrustedPolicy
from sigma.rule import SigmaDetectionItem

from pipeline.content.documents import Place
from pipeline.content.translation import NotUnderstood, predicate_of

# Regular expressions are checked by Python's re, whose meaning ours is; where pySigma's own policy
# would take what RE2 alone knows, and refuse what our matcher runs in re.
POLICY = TrustedPolicy
_BY_ERROR = {
    "SigmaIdentifierError": "id",
    "SigmaNameError": "name",
    "SigmaTitleError": "title",
    "SigmaTaxonomyError": "taxonomy",
    "SigmaRelatedError": "related",
    "SigmaStatusError": "status",
    "SigmaDescriptionError": "description",
    "SigmaReferencesError": "references",
    "SigmaAuthorError": "author",
    "SigmaDateError": "date",
    "SigmaFieldsError": "fields",
    "SigmaFalsePositivesError": "falsepositives",
    "SigmaLevelError": "level",
    "SigmaTagError": "tags",
    "SigmaScopeError": "scope",
    "SigmaLogsourceError": "logsource",
}


def place_of_fault(data: dict[str, Any], section: str, error: Exception) -> Place:
    """Find the part of a document that an error speaks of: of a selection, its very key."""
    if isinstance(error, NotUnderstood) and error.place:
        return error.place
    known = _BY_ERROR.get(type(error).__name__)
    if known is not None:
        return (known,) if known in data else ()
    part = data.get(section)
    if not isinstance(part, dict):
        return (section,)
    if isinstance(error, SigmaConditionError):
        return (section, "condition")
    if section != "correlation":
        for place, key, value in _items(part, (section,)):
            if _is_faulty(key, value):
                return place
    said = str(error).lower()
    named = (name for name in part if str(name).lower() in said)
    return (section, next(named, ""))


def _items(part: Any, place: Place) -> Iterator[tuple[Place, str | None, Any]]:
    if isinstance(part, dict):
        for key, value in part.items():
            if len(place) == 1 and key in ("condition", "rules"):
                continue
            if len(place) == 1:
                yield from _items(value, (*place, str(key)))
            else:
                yield (*place, str(key)), str(key), value
    elif isinstance(part, list):
        for index, value in enumerate(part):
            yield from _items(value, (*place, index))
    else:
        yield place, None, part


def _is_faulty(key: str | None, value: Any) -> bool:
    """Ask whether an item cannot be parsed by itself: then the fault is in its line."""
    spelt = None if key is None else key.replace("|utf16le", "|wide")
    faulty = False
    try:
        item = SigmaDetectionItem.from_mapping(spelt, value, policy=POLICY)
        predicate_of(item.postprocess(_NO_DETECTIONS))
    except Exception:  # noqa: BLE001 (malformed values make pySigma raise anything: the answer)
        faulty = True
    return faulty


_NO_DETECTIONS: Any = None  # an item's own condition refers to no other selection
