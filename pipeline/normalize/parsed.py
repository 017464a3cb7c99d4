"""What a format's parser is given, and the two things that it can answer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TypeAlias

from pipeline.model import FailureCode, Json, TimeConfidence


@dataclass(frozen=True, slots=True)
class Context:
    """What a record cannot say of itself: when it arrived, its reference time, its source's zone.

    Times in nanoseconds since the epoch. ``reference_at`` resolves a missing year. ``preamble``
    names the columns of records that are rows: what stood in their file before them, else what the
    registry says of their source.
    """

    received_at: int
    reference_at: int
    zone: tzinfo
    preamble: bytes = b""


@dataclass(slots=True)
class Parsed:
    """What a parser read from one record; ``time`` None where it holds no usable time.

    ``ecs`` is nested and holds ECS fields only, ``native`` the vendor's own, flat.
    """

    format: str
    taxonomy: str
    time: int | None
    confidence: TimeConfidence
    ecs: Json
    native: Json = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a record is no event; ``detail`` names the way out and shows nothing of the content."""

    code: FailureCode
    detail: str


Parser: TypeAlias = Callable[[bytes, Context], Parsed | Refusal]
