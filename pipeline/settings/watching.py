"""What people and auditors see: page, log, statistics, checkpoints, auditor."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from pipeline.settings.piece import Piece


class WebSettings(Piece):
    """The status page and ``/metrics``, on loopback by default."""

    address: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8790


class LogSettings(Piece):
    """Structured logs on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    json_lines: bool = False


class StatisticsSettings(Piece):
    """Statistics: the zone of their days, and the numbers that the law does not give.

    ``at_once_seconds``: within how long *at once* counts as met (418-V 7-2(1)(2) gives no number).
    ``least_count``: the smallest number that public tables show. ``open_period``: the one kind of
    period that is published, since a year less eleven months would tell what a month hides.
    ``author`` and ``since`` say who set these. ``licence`` is that of the published tables, as SPDX
    writes it; without one the description names none.
    """

    zone: str = "Asia/Almaty"
    at_once_seconds: Annotated[float, Field(gt=0, le=86_400)] = 60.0
    least_count: Annotated[int, Field(ge=3, le=1000)] = 5
    open_period: Literal["month", "year"] = "year"
    author: str = "Saqshy maintainers"
    since: Annotated[str, BeforeValidator(str)] = "2026-11-21"  # YAML reads a bare day as a date
    licence: str = ""


class AuditSettings(Piece):
    """Checkpoints of the audit trail, made every ``checkpoint_minutes`` (0: never).

    ``signing_key`` is our Ed25519 key (PEM) that signs them; without one they are unsigned.
    ``verifying_keys`` are public keys whose signatures are trusted as well: of keys that signed
    before, or, for a process that must not sign, of the one that does.
    """

    checkpoint_minutes: Annotated[float, Field(ge=0, le=1440)] = 5.0
    signing_key: Path | None = None
    verifying_keys: tuple[Path, ...] = ()


class AuditorSettings(Piece):
    """The auditor, a process of its own beside a running system (``saqshy auditor``).

    It looks every ``every_seconds``, at everything every ``full_seconds``, and at ``in_turn``
    further incidents each time. ``state`` is its own memory, ``pages`` the folder of what the duty
    officer must see; a heartbeat goes out every ``heartbeat_seconds``, over ``notify.ncc`` or into
    ``heartbeats``. ``skew_seconds`` is how far a recipient's clock may be off. Metrics are served
    on ``address`` and ``port`` (0: any free one; without a port not at all).
    """

    state: Path = Path("var/auditor.db")
    pages: Path = Path("var/auditor-pages")
    heartbeats: Path = Path("var/auditor-heartbeats")
    every_seconds: Annotated[float, Field(gt=0, le=3600)] = 10.0
    full_seconds: Annotated[float, Field(gt=0)] = 86_400.0
    heartbeat_seconds: Annotated[float, Field(gt=0, le=86_400)] = 60.0
    in_turn: Annotated[int, Field(ge=0, le=10_000)] = 20
    skew_seconds: Annotated[float, Field(ge=0, le=86_400)] = 60.0
    address: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] | None = 8792
