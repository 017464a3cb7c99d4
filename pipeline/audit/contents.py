"""What a notice says, held against what it may say: closed lists of keys, the revision's values.

Least disclosure (SPEC 5): a stub has six keys and no reason; who has something hosted on the
object is told the fact and not the verdict; everybody else the verdict limb by limb, without the
reasons, which may quote the evidence.
"""

from collections.abc import Iterator
from typing import Any

from pipeline.audit.chronicle import Books
from pipeline.audit.duties import Duty, held_acts
from pipeline.model import Incident, Limb, Notice, NoticeState, rfc3339

STUB = frozenset({"incident_id", "object", "class", "time", "severity", "details_available"})
KNOWN = frozenset(
    {"incident_id", "object", "class", "occurred", "severity", "legal_basis", "centre",
     "details_available", "text"}
)  # fmt: skip
FACT = KNOWN | {"trial", "occurrence", "predicate"}
HOSTED = KNOWN | {"hosted"}
CORRECTION = KNOWN | {"outcome", "continues_as"}
_INSIDE = {"class": {"acts", "rsit"}, "occurred": {"first", "last"}}
_TEXT = {"language", "subject", "body"}
_LANGUAGES = {"kk", "ru", "en"}
MOST_CODES = 20


def leaks(notice: Notice, duty: Duty, guests: tuple[str, ...] | None) -> list[str]:
    """Give the keys of a payload that the recipient may not have, nested ones by their path."""
    found = sorted(notice.payload.keys() - _allowed(notice, duty, guests))
    for name, inner in _INSIDE.items():
        held = notice.payload.get(name)
        if isinstance(held, dict):
            found += sorted(f"{name}.{key}" for key in held.keys() - inner)
    for text in notice.payload.get("text") or ():
        if isinstance(text, dict):
            found += sorted(f"text.{key}" for key in text.keys() - _TEXT)
    return found + list(_reasons(notice.payload.get("predicate")))


def lacks(notice: Notice, duty: Duty, guests: tuple[str, ...] | None) -> list[str]:
    """Give the keys that a payload does not have and must."""
    if notice.state is NoticeState.HELD:
        return []
    return sorted(_allowed(notice, duty, guests) - notice.payload.keys())


def untrue(notice: Notice, duty: Duty, books: Books) -> list[str]:
    """Give the keys whose value is not the revision's own."""
    said, expected = notice.payload, _expected(notice, duty, books)
    found = sorted(key for key, value in expected.items() if key in said and said[key] != value)
    if "text" in said:
        spoken = [one.get("language") for one in said["text"]]
        party = books.register.parties.get(duty.recipient.party_id, {})
        own = (notice.language, party.get("language"))
        if set(spoken) != _LANGUAGES or spoken[0] not in own:
            found.append("text")
    return found


def code_of(duty: Duty, books: Books, guests: tuple[str, ...] | None) -> str:
    """Give the name under which a recipient knows the object: its own things on it, if those."""
    incident = duty.incident
    if guests == ():
        return books.register.code(incident.object_id, incident.opened_at)
    codes = books.register.guest_codes(
        incident.object_id, incident.opened_at, duty.recipient.party_id, guests or ()
    )
    more = f" +{len(codes) - MOST_CODES}" if len(codes) > MOST_CODES else ""
    return ", ".join(codes[:MOST_CODES]) + more or "-"


def _allowed(notice: Notice, duty: Duty, guests: tuple[str, ...] | None) -> frozenset[str]:
    # What the guard came to hold at the sink is cut down when it leaves, and not before.
    stricter = notice.guard.decision != "open" and notice.state is not NoticeState.HELD
    if duty.disclosure != "open" or stricter:
        return STUB
    if duty.kind == "correction":
        return CORRECTION
    return FACT if guests == () else HOSTED


def _expected(notice: Notice, duty: Duty, books: Books) -> dict[str, Any]:
    incident = duty.incident
    guests = books.law.guests(duty.recipient.role, incident.opened_at)
    assessment = incident.assessment
    first, last = rfc3339(incident.first_event_at), rfc3339(incident.last_event_at)
    return {
        "incident_id": incident.id,
        "object": code_of(duty, books, guests),
        "class": {"acts": list(held_acts(incident)), "rsit": assessment.rsit},
        "severity": assessment.severity,
        "time": first,
        "occurred": {"first": first, "last": last},
        "legal_basis": duty.ground,
        "details_available": "text" in notice.payload,
        "trial": incident.trial,
        "occurrence": assessment.occurrence,
        "predicate": _limbs(incident),
        "hosted": True,
        "outcome": duty.outcome,
        "continues_as": incident.merged_into if duty.outcome == "merged" else None,
    }


def _limbs(incident: Incident) -> dict[str, Any]:
    return {
        name: limb.holds.value
        if isinstance(limb, Limb)
        else {harm: one.holds.value for harm, one in limb.items()}
        for name, limb in incident.assessment.predicate.items()
    }


def _reasons(predicate: object) -> Iterator[str]:
    """Give where a predicate says more than yes, no or unknown."""
    if not isinstance(predicate, dict):
        return
    for name, limb in predicate.items():
        answers = limb.values() if isinstance(limb, dict) else (limb,)
        if any(answer not in ("yes", "no", "unknown") for answer in answers):
            yield f"predicate.{name}"
