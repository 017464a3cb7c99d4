"""What a match hands over: the fields it matched on and those that windows need, bounded."""

from itertools import islice
from typing import Any

from pipeline.content import Content, Rule
from pipeline.match.values import compact_json, single_values
from pipeline.match.view import ABSENT, View
from pipeline.model import Event, Json, Match

MOST_FIELDS = 16
MOST_TEXT = 512
MOST_VALUES = 16
_SERVER_ERROR = 500  # RFC 9110 section 15.6


class MatchFields:
    """Names of the fields of each rule's matches: what correlations need comes first."""

    def __init__(self, content: Content, interest: tuple[str, ...]) -> None:
        self._content = content
        self._interest = interest
        self._names: dict[str, tuple[str, ...]] = {}

    def match(self, rule: Rule, event: Event, view: View) -> Match:
        """Make the match of a rule on an event."""
        names = self._names.get(rule.id)
        if names is None:
            wanted = (*self._content.wanted_fields(rule.id), *self._interest)
            needed = len(dict.fromkeys(wanted))
            names = tuple(dict.fromkeys((*wanted, *rule.fields)))[: max(MOST_FIELDS, needed)]
            self._names[rule.id] = names
        fields: Json = {}
        for name in names:
            value = view.lookup(name)
            if value is not ABSENT and value is not None:
                fields[name] = _bounded(value)
        return Match(rule.id, event.id, event.time, host_of(event), fields, outcome_of(event))


def host_of(event: Event) -> str:
    """Give the event's host in lower case: ECS host.name, or the vendor's word for it."""
    host = event.ecs.get("host")
    name = host.get("name") if isinstance(host, dict) else None
    for value in (name, event.native.get("Computer"), event.native.get("Hostname")):
        if isinstance(value, str) and value:
            return value.lower()
    return ""


def outcome_of(event: Event) -> str:
    """Give how an event says that it ended: success, failure (refused, failed), "" where it is mum.

    ECS ``event.outcome``; a packet filter's verdict stands in ``event.type``. An error of a web
    server itself (status 5xx) is no refusal: an exploit may end in one.
    """
    said = event.ecs.get("event")
    if not isinstance(said, dict):
        return ""
    types = said.get("type") or ()
    if "denied" in types:
        return "failure"
    outcome = said.get("outcome")
    if outcome == "failure":
        return "" if _broke(event.ecs) else "failure"
    return "success" if outcome == "success" or "allowed" in types else ""


def _broke(ecs: Json) -> bool:
    http = ecs.get("http")
    response = http.get("response") if isinstance(http, dict) else None
    status = response.get("status_code") if isinstance(response, dict) else None
    return isinstance(status, int) and status >= _SERVER_ERROR


def _bounded(value: Any) -> Any:
    """Give a value, or the first of a list's and of the lists' inside it, cut where it is long."""
    if isinstance(value, list | tuple):
        return [_cut(item) for item in islice(single_values(value), MOST_VALUES)]
    return _cut(value)


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value[:MOST_TEXT]
    return value if isinstance(value, bool | int | float) else compact_json(value, MOST_TEXT)
