"""One revision of an incident after another: its number, its hash, what made it."""

import hashlib
from dataclasses import MISSING, dataclass, fields, replace

import orjson

from pipeline.model import Incident, Json, Tri, as_document, rfc3339

FINDINGS, REOPEN = "", "reopen"  # steps of the system itself


@dataclass(frozen=True, slots=True)
class Revised:
    """A new revision of an incident beside the one before it; None for the first."""

    previous: Incident | None
    incident: Incident


def linked(incident: Incident, last: Incident) -> Incident:
    """Give a revision its number and hash behind the last one."""
    numbered = replace(incident, revision=last.revision + 1, previous_hash=last.hash, hash="")
    return replace(numbered, hash=revision_hash(numbered))


def by_the_system(last: Incident, step: str = FINDINGS, reason: str = "") -> Incident:
    """Give what the next revision begins as where no person makes it."""
    return replace(last, step=step, actor="", reason=reason, command="", entry={})


def step_detail(revised: Revised) -> Json:
    """Give what the audit trail says of a step: which, why, by which command, old and new.

    Empty where new findings made the revision.
    """
    incident, previous = revised.incident, revised.previous
    if not incident.step:
        return {}
    old, new = (_shown(previous) if previous is not None else {}), _shown(incident)
    return {
        "step": incident.step,
        "reason": incident.reason,
        "command": incident.command,
        "entry": incident.entry,
        "old": {name: value for name, value in old.items() if value != new[name]},
        "new": {name: value for name, value in new.items() if value != old.get(name)},
    }


def _shown(incident: Incident) -> Json:
    """Give what a step can change."""
    assessment = incident.assessment
    return {
        "state": incident.state.value,
        "verdict": assessment.is_incident.value,
        "severity": assessment.severity,
        "rsit": assessment.rsit,
        "acts": sorted(name for name, holds in assessment.acts.items() if holds is Tri.YES),
        "intent": assessment.intent,
        "origin": assessment.origin,
        "reality": assessment.reality,
        "assigned_to": incident.assigned_to,
        "closing_verdict": incident.closing_verdict,
        "merged_into": incident.merged_into,
        "findings": len(incident.finding_ids),
        "links": [f"{one.kind}:{one.to}" for one in incident.links],
        "said": dict(incident.decisions[-1].says) if incident.decisions else {},
    }


def revision_hash(incident: Incident) -> str:
    """Hash one revision: SHA-256 over its canonical JSON without ``hash``, keys sorted.

    What was added to revisions later counts where it says something, so that revisions of before
    keep their hash.
    """
    document = as_document(incident)
    del document["hash"]
    for name, empty in _LATER.items():
        if document[name] == empty:
            del document[name]
    return hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _later() -> Json:
    """Give the fields that came behind ``hash``, with their empty values as JSON."""
    named = [one.name for one in fields(Incident)]
    empty: Json = {}
    for one in fields(Incident):
        if named.index(one.name) > named.index("hash"):
            value = one.default_factory() if one.default_factory is not MISSING else one.default
            empty[one.name] = rfc3339(0) if one.name.endswith("_at") else _plain(value)
    return empty


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


_LATER = _later()
