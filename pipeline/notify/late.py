"""What is said beside a letter that comes after its time although it was tried: a closed schema.

It goes beside the letter and not in it: the letter's bytes, and with them its hash, are the same at
every attempt, so that a receiver can tell a repetition. Nothing of the incident stands in it but
the notice's id. ``proof`` is the hash of the entry in the sender's audit trail that records the
last attempt before this one: whoever is shown that trail later finds it there, or it was forged.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from pipeline.model import Instant
from pipeline.notify.payload import Closed, Id

Hindrance = Literal[
    "answer",
    "busy",
    "certificate",
    "no_channel",
    "no_name",
    "not_let_in",
    "other",
    "rejected",
    "room",
    "slow",
    "unreachable",
]


class Late(Closed):
    """When it was due, since when it was tried, how often, and what hindered it."""

    format: Literal["saqshy-late-1"]
    notice_id: Id
    due_at: Instant
    first_attempt_at: Instant
    attempts: Annotated[int, Field(ge=2)]
    unrecorded: Annotated[int, Field(ge=0)]
    why: tuple[Hindrance, ...]
    proof: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")]
