"""Commands: what a person asks of a running system, journalled and folded like any input."""

from dataclasses import dataclass, field

from pipeline.model.times import Instant
from pipeline.model.wire import Json, identity


@dataclass(frozen=True, slots=True)
class Command:
    """One action of a person: what, in which role, by whom, why and when; ``detail`` is its own."""

    name: str
    role: str
    author: str
    reason: str
    given_at: Instant
    detail: Json = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Deterministic: the same action taken in twice is one."""
        return identity("command", self.name, self.role, self.author, self.given_at)

    @property
    def actor(self) -> str:
        """Give role and author as the audit trail names them."""
        return f"{self.role}/{self.author}"
