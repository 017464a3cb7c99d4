"""The time, and what the system tells of itself."""

from collections.abc import Sequence
from typing import Protocol


class Clock(Protocol):
    """The only way to the time."""

    def now(self) -> int:
        """Give nanoseconds since the epoch, UTC."""

    def wait(self, seconds: float) -> None:
        """Let that much of this clock's time pass."""


class Telemetry(Protocol):
    """One method per internal event; counts and logs together. Labels are bounded."""

    def batch_journalled(self, listener: str, records: int, size: int) -> None:
        """Note a batch that is durable; ``size`` in bytes."""

    def records_refused(self, listener: str, reason: str, count: int) -> None:
        """Note records of an unknown source or an unattested object, not stored."""

    def datagrams_dropped(self, listener: str, count: int) -> None:
        """Note records that the kernel or the listener could not hold."""

    def senders_refused(self, listener: str, reason: str, count: int) -> None:
        """Note connections that were not let in: too many, or a handshake that failed."""

    def sender_paused(self, listener: str, seconds: float) -> None:
        """Note that a sender over its quota waits for so long."""

    def spool(self, batches: int, size: int) -> None:
        """Note what waits in the spool: puts, and their bytes on the disk."""

    def stage_done(self, stage: str, items: int, seconds: float, gave: int = 0) -> None:
        """Note that a stage worked on one batch: on so many items, which gave so many."""

    def source_read(self, object_id: str, source_id: str, records: int, failed: int) -> None:
        """Note what was read of a registered source, and how much of it failed."""

    def source_dropped(self, object_id: str, source_id: str, count: int) -> None:
        """Note records of a registered source that its quota did not let in."""

    def rule_hits(self, rule: str, count: int) -> None:
        """Note events that a rule matched; ``rule`` is its id."""

    def guarded(self, decision: str, count: int) -> None:
        """Note what the guard decided: open, stub, hold; stopped where a record must not stay."""

    def stored(self, seconds: float) -> None:
        """Note a transaction that the store took."""

    def store_refused(self, reason: str) -> None:
        """Note a transaction that it did not take."""

    def failures(self, stage: str, code: str, count: int) -> None:
        """Note records that went to the dead letters."""

    def too_late(self, count: int) -> None:
        """Note matches that came after their window was settled; single rules still fired."""

    def windows_evicted(self, count: int) -> None:
        """Note entries of correlation windows that were let go for want of room."""

    def repeats_forgotten(self, count: int) -> None:
        """Note hosts whose repeats of a rule were let go for want of room."""

    def findings(self, kind: str, level: str, count: int) -> None:
        """Note findings that were opened."""

    def suppressed(self, count: int) -> None:
        """Note findings that were opened under a silence."""

    def incidents(self, state: str, count: int) -> None:
        """Note incidents that got a revision in this state."""

    def incident_opened(self, severity: str, sector: str, acts: Sequence[str]) -> None:
        """Note an incident that came to be, and the law's acts that it bears."""

    def notice_stands(self, channel: str, state: str) -> None:
        """Note the state that an attempt brought a notice to."""

    def receipt(self, channel: str, leg: str, seconds: float) -> None:
        """Note a notice that arrived, and how long that took since it was made."""

    def notice_made(self, leg: str, role: str) -> None:
        """Note a notice that entered the outbox."""

    def delivery(self, channel: str, outcome: str, seconds: float) -> None:
        """Note one attempt: acknowledged, sent (spooled), delayed or refused."""

    def delivery_repeated(self, channel: str) -> None:
        """Note a notice that goes out and may have before: a kill left its claim unrecorded."""

    def rule_errors(self, rule: str, count: int) -> None:
        """Note events that a rule could not be asked about; ``rule`` is its id."""

    def rule_quarantined(self, count: int) -> None:
        """Note how many rules of the content in force are left out as broken."""

    def reloaded(self, outcome: str, seconds: float) -> None:
        """Note a reload of rules, registry and pack: in_force, unchanged or refused."""

    def lag(self, batches: int, seconds: float) -> None:
        """Note how far processing is behind the journal."""
