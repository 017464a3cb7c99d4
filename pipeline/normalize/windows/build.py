"""From the one flat record of a Windows event to its ECS fields."""

from functools import lru_cache
from typing import Any

from pipeline.model import FailureCode, Json, TimeConfidence
from pipeline.normalize.parsed import Parsed, Refusal
from pipeline.normalize.windows.plans import Member, Plan, plan

_LEVELS = {
    0: "information",
    1: "critical",
    2: "error",
    3: "warning",
    4: "information",
    5: "verbose",
}
# Keywords of the Security log (winmeta.xml): WINEVENT_KEYWORD_AUDIT_SUCCESS and _FAILURE.
_AUDIT_SUCCESS, _AUDIT_FAILURE = 1 << 53, 1 << 52

NO_EVENT_ID = Refusal(
    FailureCode.MISSING_FIELD,
    "has no usable EventID: it is no Windows event, or its shipper drops the field; "
    "send System fields unchanged",
)


def event_id(value: object) -> int | None:
    """Read an event id as shippers write it: a number or its digits; None where it is none."""
    if type(value) is int:
        found: Any = value
    elif isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        found = int(value)
    else:
        return None
    return found if 0 <= found < 2**32 else None


def parsed(
    format_name: str,
    native: Json,
    time: tuple[int, TimeConfidence] | None,
    notes: tuple[str, ...] = (),
) -> Parsed:
    """Make the answer from ``native``, which holds the flat record under Sigma's names.

    ``EventID`` is an int in it; ``Channel``, ``Provider_Name`` and ``Computer`` may be absent.
    """
    at, confidence = time or (None, TimeConfidence.RECEIVED)
    known = plan_of(native)
    return Parsed(format_name, known.system, at, confidence, _ecs(native, known), native, notes)


def plan_of(native: Json) -> Plan:
    """Give the plan of a flat record."""
    provider, channel = native.get("Provider_Name"), native.get("Channel")
    return plan(
        provider if type(provider) is str else "",
        channel if type(channel) is str else "",
        native["EventID"],
    )


def _ecs(native: Json, known: Plan) -> Json:
    event = known.event.copy()
    if known.category:
        event["category"] = known.category.copy()
        event["type"] = known.type.copy()
    if known.audited:
        outcome = _outcome(native.get("Keywords"), native.get("EventType"))
        if outcome:
            event["outcome"] = outcome
    ecs: Json = {"event": event}
    computer = native.get("Computer")
    if type(computer) is str and computer:
        ecs["host"] = {"name": computer, "os": {"type": known.system}}
    level = native.get("Level", 4)
    if type(level) is int and level in _LEVELS:
        ecs["log"] = {"level": _LEVELS[level]}
    whole = _with_joined(native, known.joined) if known.joined else native
    for group in known.groups:
        box = _filled(whole, group.members)
        if box:
            _attach(ecs, group.path, box)
    for name, constant in known.constants:
        first, _, leaf = name.partition(".")
        ecs.setdefault(first, {})[leaf] = constant
    return ecs


def _with_joined(native: Json, joined: list[tuple[str, list[str]]]) -> Json:
    """Give the values by name, those that stand in several parts joined by backslashes."""
    whole = dict(native)
    for name, parts in joined:
        if native.get(parts[0]):
            found = [
                value for part in parts if isinstance(value := native.get(part), str) and value
            ]
            whole[name] = "\\".join(found)
    return whole


def _filled(native: Json, members: list[Member]) -> Json:
    """Give an object of the members that a record fills."""
    box: Json = {}
    for member in members:
        said = native.get(member.source)
        if said is None:
            continue
        text: str | None = said if type(said) is str else _text(said)
        if text is None or text == "" or text == "-":  # noqa: PLR1714 (compiled it is the faster)
            continue  # both are how Windows says nothing
        convert = member.convert
        if convert is None:
            box[member.leaf] = text
        elif member.leaf:
            value = convert(text)
            if value is not None:
                box[member.leaf] = value
        else:
            box.update(convert(text))
    return box


def _attach(ecs: Json, path: list[str], box: Json) -> None:
    """Put an object at its place; a part of it that is already there is completed."""
    at, last = ecs, path[-1]
    if len(path) > 1:
        for name in path[:-1]:
            at = at.setdefault(name, {})
    if last in at:
        at[last].update(box)
    else:
        at[last] = box


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def _outcome(keywords: object, kind: object) -> str:
    if isinstance(keywords, list):
        return _outcome_of(" ".join(map(str, keywords)))
    if isinstance(keywords, str | int):
        found = _outcome_of(keywords)
        if found:
            return found
    return _outcome_of(kind) if isinstance(kind, str) else ""


@lru_cache(maxsize=1024)
def _outcome_of(keywords: str | int) -> str:
    """Read the audit keywords: a number, signed or not, its hexadecimal text, or their names."""
    if isinstance(keywords, str):
        named = keywords.lower().replace("_", " ")
        if named in ("audit success", "audit failure"):
            return named.removeprefix("audit ")
        try:
            keywords = int(keywords, 0)
        except ValueError:
            return ""
    if keywords & _AUDIT_FAILURE:
        return "failure"
    return "success" if keywords & _AUDIT_SUCCESS else ""
