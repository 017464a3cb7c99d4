"""Where in a document a parser's error stands: pySigma's errors name no line."""

from collections.abc import Iterator
from typing import Any

from sigma.exceptions import SigmaConditionError
from sigma.policy.profiles import TrustedPolicy
from sigma.rule import SigmaDetectionItem

from pipeline.content.documents import Place
from pipeline.content.items import spell, spell_keyword
from pipeline.content.translation import NotUnderstood, predicate_of

# Regular expressions are checked by Python's re, whose meaning ours is, and then by linear_regex;
# pySigma's own policy would take what RE2 alone knows.
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
    faulty = False
    try:
        item = SigmaDetectionItem.from_mapping(*_spelt(key, value), policy=POLICY)
        predicate_of(item.postprocess(_NO_DETECTIONS))
    except Exception:  # noqa: BLE001 (malformed values make pySigma raise anything: the answer)
        faulty = True
    return faulty


def _spelt(key: str | None, value: Any) -> tuple[str | None, Any]:
    if key is None:
        return None, spell_keyword(value)
    item = spell(key, value)
    return item.key, item.value


def way_out(error: Exception, place: Place) -> str:
    """Give what would mend an error: its own word, or that for the part that it stands in."""
    own = getattr(error, "way_out", "")
    if own:
        return str(own)
    for depth in range(len(place), 0, -1):
        known = _WAYS_OUT.get(".".join(map(str, place[:depth])))
        if known is not None:
            return known
    return "see the Sigma specification 2.1"


_WAYS_OUT = {
    "id": "write a UUID of version 4",
    "name": "write a word that no other rule has",
    "title": "write a title of up to 256 characters",
    "taxonomy": "leave it out: the taxonomy is then sigma",
    "related": "list entries with id and type",
    "status": "stable, test, experimental, deprecated or unsupported",
    "description": "write a text",
    "license": "write an SPDX identifier",
    "references": "write a list of texts",
    "author": "write a text",
    "date": "write YYYY-MM-DD",
    "modified": "write YYYY-MM-DD",
    "fields": "write a list of field names",
    "falsepositives": "write a list of texts",
    "level": "informational, low, medium, high or critical",
    "tags": "list tags with a namespace, such as attack.t1059",
    "scope": "write a list of texts",
    "logsource": "give it product, category or service",
    "detection": "write selections and a condition, as in the Sigma specification 2.1",
    "detection.condition": "join selections by and, or, not, 1 of, all of",
    "filter": "write rules, selections and a condition",
    "filter.condition": "join selections by and, or, not, 1 of, all of",
    "filter.rules": "name rules, or write any",
    "correlation": "see the Sigma correlation rules specification 2.1",
}
_NO_DETECTIONS: Any = None  # an item's own condition refers to no other selection
