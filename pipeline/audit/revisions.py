"""Whether the revisions of an incident hold together: numbers, hashes, times, states."""

import hashlib
from collections.abc import Iterator
from itertools import pairwise

import orjson

from pipeline.audit.chronicle import Chronicle
from pipeline.audit.discrepancy import Discrepancy
from pipeline.model import AuditEntry, Incident, IncidentState, Json, Tri, as_document


def broken_revisions(chronicle: Chronicle) -> Iterator[Discrepancy]:
    """Give where the history of an incident is not whole, or its times cannot be."""
    revisions = chronicle.revisions
    told = {entry.entry_id: entry for entry in chronicle.trail(chronicle.incident_id)}
    for place, incident in enumerate(revisions, 1):
        if incident.revision != place:
            said = f"revision {place} is missing"
            yield _broken(incident, "revision_missing", said)
            return
        yield from _alone(incident, told.get(f"incident:{incident.id}:{incident.revision}"))
    if revisions and revisions[0].opened_at > revisions[0].changed_at:
        yield _broken(revisions[0], "opening", "it opened after its first revision")
    for before, after in pairwise(revisions):
        yield from _behind(before, after)


def _alone(incident: Incident, entry: AuditEntry | None) -> Iterator[Discrepancy]:
    if incident.hash != revision_hash(incident):
        yield _broken(incident, "content_changed", "its content does not have the hash it carries")
    elif entry is None:
        yield _broken(incident, "untold", "the audit trail has no entry of it")
    elif entry.detail.get("hash") != incident.hash:
        yield _broken(incident, "other_in_trail", "the audit trail names another hash for it")
    if incident.first_event_at > incident.last_event_at:
        yield _broken(incident, "event_times", "its first event is later than its last")


def _behind(before: Incident, after: Incident) -> Iterator[Discrepancy]:
    if after.previous_hash != before.hash:
        yield _broken(after, "unlinked", "it does not follow the revision before it")
    if after.changed_at < before.changed_at:
        yield _broken(after, "clock", "it is older than the revision before it: a clock went back")
    told = after.assessment.is_incident is Tri.YES
    opens = told and before.state is IncidentState.CANDIDATE
    opened = after.changed_at if opens else before.opened_at
    if after.opened_at != opened and after.state is not IncidentState.MERGED:
        said = "its terms run from another instant than that of the verdict that opened it"
        yield _broken(after, "opening", said)


def revision_hash(incident: Incident) -> str:
    """Give the SHA-256 that a revision must carry: over all of it but the hash, keys sorted.

    Of what came into the noun later only what says something counts, so that the revisions of
    before keep theirs.
    """
    document = as_document(incident)
    names = list(document)
    later = names[names.index("hash") + 1 :]
    silent = {name for name in later if not getattr(incident, name)}
    return _hash(document, {"hash", *silent})


def _hash(document: Json, left_out: set[str]) -> str:
    kept = {name: value for name, value in document.items() if name not in left_out}
    return hashlib.sha256(orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _broken(incident: Incident, what: str, said: str) -> Discrepancy:
    return Discrepancy(
        kind="broken",
        subject=f"{incident.id}/{incident.revision}",
        incident_id=incident.id,
        what=what,
        said=f"revision {incident.revision}: {said}",
        since=incident.changed_at,
    )
