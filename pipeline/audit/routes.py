"""Whether a verdict's route names everybody whom the rows demand, and nobody else (SPEC 4)."""

from collections.abc import Iterator

from pipeline.audit.chronicle import Books
from pipeline.audit.discrepancy import Discrepancy
from pipeline.audit.duties import OWN_STAFF, PAGED
from pipeline.audit.lawbook import CANDIDATE, INCIDENT
from pipeline.audit.record import attested_open, party_of
from pipeline.model import Incident, Json, Tri

_SUBJECT = {Tri.YES: INCIDENT, Tri.UNKNOWN: CANDIDATE}


def misrouted(incident: Incident, books: Books) -> Iterator[Discrepancy]:
    """Give who is missing from a revision's route, and who stands in it without a row.

    Also a guard that opens what nobody attested, and something held of which nobody is paged.
    """
    at = incident.opened_at
    record = books.register.judged_by(incident.object_id, incident.first_event_at)
    flags = books.register.flags(incident.object_id, record, at)
    named = {(leg.role, leg.party_id) for leg in incident.assessment.route}
    guard = incident.assessment.guard
    if guard != "hold" and not attested_open(record, at):
        yield _wrong(incident, "guard", "opens an object that nobody attested open", "")
    demanded = _demanded(incident, books, flags, record)
    if not books.law.pages_only(incident.assessment.basis.get("guard", ""), at):
        for (role, party), basis in sorted(demanded.items()):
            if (role, party) not in named:
                said = f"demands {role} {party or '(nobody registered)'}, whom it leaves out"
                yield _wrong(incident, f"route_lacks.{role}.{party}", said, basis)
    further = books.law.permitted(flags, at)
    for role, party in sorted(named - demanded.keys()):
        if role not in OWN_STAFF and role not in further:
            said = f"names {role} {party or '(nobody)'}, whom no row demands"
            yield _wrong(incident, f"route_names.{role}.{party}", said, "")
    unreached = any(not party for role, party in named if role not in OWN_STAFF)
    if (guard != "open" or unreached) and demanded and all(role != PAGED for role, _ in named):
        yield _wrong(incident, "unpaged", "holds something back and pages nobody", "")


def _demanded(
    incident: Incident, books: Books, flags: frozenset[str], record: Json | None
) -> dict[tuple[str, str], str]:
    """Give (role, party) of every recipient that the rows demand, with the ground."""
    subject = _SUBJECT.get(incident.assessment.is_incident)
    found: dict[tuple[str, str], str] = {}
    rows = books.law.demanded(subject, flags, incident.opened_at) if subject else ()
    for row in rows:
        for party in _parties(row, incident, books, record) or [""]:
            found.setdefault((row["role"], party), row["basis"])
    return found


def _parties(row: Json, incident: Incident, books: Books, record: Json | None) -> list[str]:
    register = books.register
    of_guests = row.get("of") == "guests"
    records = [record] if record else []
    if of_guests:
        records = list(register.guests(incident.object_id, incident.opened_at))
    found: list[str] = []
    for source in row["parties"]:
        if source.startswith("role:"):
            found += register.in_role(source.removeprefix("role:"))
        else:
            found += [party for one in records if (party := party_of(one, source))]
    return found


def _wrong(incident: Incident, what: str, said: str, basis: str) -> Discrepancy:
    return Discrepancy(
        kind="wrong",
        subject=f"{incident.id}/{incident.revision}",
        incident_id=incident.id,
        what=what,
        said=f"revision {incident.revision}: the verdict's route {said}",
        since=incident.changed_at,
        basis=basis,
    )
