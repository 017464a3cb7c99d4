"""The letter: what a notice looks like on the wire, as a closed schema for whoever receives one.

The sending channels write it on their own (``connectors/sinks/letter.py``); both sides are held
together by tests that send to the real receiver. It carries no state of the sender (attempts,
errors, guard): the bytes of a notice are the same at every attempt.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from pipeline.model import Instant
from pipeline.notify.payload import (
    Closed,
    Id,
    Language,
    Line,
    Name,
    Read,
    read_payload,
)


class Addressee(Closed):
    """Role of the law and party of the registry."""

    role: Name
    party_id: Annotated[str, Field(max_length=128)]


class Letter(Closed):
    """One notice as sent. ``payload`` is read by the closed schema of its recipient and leg."""

    format: Literal["saqshy-notice-1"]
    id: Id
    incident_id: Id
    revision: Annotated[int, Field(ge=1)]
    leg: Name
    ordinal: Annotated[int, Field(ge=0)]
    recipient: Addressee
    language: Language
    created_at: Instant
    due_at: Instant
    basis: Line
    set_by: Name
    payload: dict[str, Any]

    @model_validator(mode="after")
    def _payload_fits(self) -> "Letter":
        if self.content.incident_id != self.incident_id:
            raise ValueError("the payload is of another incident")
        return self

    @property
    def content(self) -> Read:
        """Give the payload as read by its closed schema."""
        return read_payload(self.payload)
