"""What a program's message tells."""

from dataclasses import dataclass, field

from pipeline.model import Json
from pipeline.normalize.ecs_schema import address


@dataclass(frozen=True, slots=True)
class Told:
    """``event`` holds fields of ``event.*``, ``fields`` other ECS fields by dotted name."""

    event: Json
    fields: Json = field(default_factory=dict)
    native: Json = field(default_factory=dict)


def authentication(action: str, outcome: str, kind: str = "start") -> Json:
    """Give ``event.*`` of an attempt to prove an identity."""
    return {
        "action": action,
        "category": ["authentication"],
        "type": [kind],
        "outcome": outcome,
        "dataset": "system.auth",
    }


def session(action: str, kind: str) -> Json:
    """Give ``event.*`` of a session that begins or ends (``start``, ``end``)."""
    return {
        "action": action,
        "category": ["session"],
        "type": [kind],
        "outcome": "success",
        "dataset": "system.auth",
    }


def party(text: str) -> Json:
    """Give where a remote party is: ``source.ip``, or ``source.domain`` for a name."""
    found = address(text)
    return {"source.ip": found} if found else {"source.domain": text}
