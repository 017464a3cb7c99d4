"""What the receiver asks of its store: notices, heartbeats, messages, and what came back on them.

Kept durably by ``connectors/stores/received*.py``.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol


class Kept(Protocol):
    """One notice as the book keeps it."""

    @property
    def sequence(self) -> int:
        """Order of arrival, from 1."""

    @property
    def notice_id(self) -> str:
        """Id of the notice."""

    @property
    def sha256(self) -> str:
        """Hash of the letter, hexadecimal."""

    @property
    def letter(self) -> bytes:
        """The letter as it came."""

    @property
    def received_at(self) -> int:
        """When the first copy came, nanoseconds."""

    @property
    def receipt(self) -> str:
        """The receipt given for it, a compact JWS."""

    @property
    def deliveries(self) -> int:
        """How often the same letter came."""


class Conflict(Protocol):
    """Another content that came under a known id."""

    @property
    def at(self) -> int:
        """When it came, nanoseconds."""

    @property
    def notice_id(self) -> str:
        """The id that was taken."""

    @property
    def sha256(self) -> str:
        """Hash of what came."""


class Lateness(Protocol):
    """What was said beside a letter that came late."""

    @property
    def at(self) -> int:
        """When it came, nanoseconds."""

    @property
    def jws(self) -> str:
        """What was said, a compact JWS."""

    @property
    def verified(self) -> bool:
        """Whether the centre signed it, for this letter, within its closed schema."""


class Book(Protocol):
    """Notices (``ReceivedNotices``)."""

    def keep(self, notice_id: str, letter: bytes, received_at: int, receipt: str) -> Kept:
        """Keep a letter, or find the first under its id; keep a conflict beside it."""

    def note_late(self, notice_id: str, at: int, jws: str, *, verified: bool) -> None:
        """Keep what was said beside a letter; the same again is known."""

    def late(self, notice_ids: Iterable[str]) -> Mapping[str, Sequence[Lateness]]:
        """Give what was said beside these letters, in the order in which it came."""

    def listed(self, after: int, limit: int) -> Sequence[Kept]:
        """Give notices behind a sequence number."""

    def latest(self, limit: int) -> Sequence[Kept]:
        """Give the newest notices, newest first."""

    def conflicts(self, limit: int) -> Sequence[Conflict]:
        """Give the newest conflicts, newest first."""

    @property
    def heartbeats(self) -> "HeartbeatBook":
        """Give the heartbeats of the same store."""

    @property
    def messages(self) -> "MessageBook":
        """Give the messages of the same store."""


class Beat(Protocol):
    """One heartbeat as kept."""

    @property
    def sequence(self) -> int:
        """Order of arrival, from 1."""

    @property
    def centre(self) -> str:
        """Whose it is."""

    @property
    def received_at(self) -> int:
        """When it came, nanoseconds."""

    @property
    def sha256(self) -> str:
        """Hash of the body, hexadecimal."""

    @property
    def body(self) -> bytes:
        """The heartbeat as it came."""

    @property
    def receipt(self) -> str:
        """The receipt given for it."""

    @property
    def deliveries(self) -> int:
        """How often the same one came."""


class Absence(Protocol):
    """A stretch in which a centre's heartbeats stayed away."""

    @property
    def centre(self) -> str:
        """Whose."""

    @property
    def since(self) -> int:
        """When the last one before it came, nanoseconds."""

    @property
    def until(self) -> int:
        """When the next one came, nanoseconds."""


class HeartbeatBook(Protocol):
    """Heartbeats (``ReceivedHeartbeats``)."""

    def take(self, centre: str, at: int, body: bytes, signature: str, given: tuple[int, str],
             quiet: int) -> Beat:  # fmt: skip
        """Keep a heartbeat, or find the same one; ``given``: when it came, and its receipt."""

    def last(self) -> Sequence[Beat]:
        """Give each centre's last fresh heartbeat, by centre."""

    def listed(self, after: int, limit: int) -> Sequence[Beat]:
        """Give heartbeats behind a sequence number."""

    def absences(self, limit: int) -> Sequence[Absence]:
        """Give the newest absences that are over, newest first."""


class Sent(Protocol):
    """One message as it is given out."""

    @property
    def sequence(self) -> int:
        """Its place, from 1."""

    @property
    def message_id(self) -> str:
        """Its id."""

    @property
    def made_at(self) -> int:
        """When it was made, nanoseconds."""

    @property
    def sha256(self) -> str:
        """Hash of its content, hexadecimal."""

    @property
    def jws(self) -> str:
        """It itself, a compact JWS."""


class Answer(Protocol):
    """What a centre said of a message."""

    @property
    def letter(self) -> bytes:
        """The letter as it came."""

    @property
    def sha256(self) -> str:
        """Its hash, hexadecimal."""

    @property
    def received_at(self) -> int:
        """When it came, nanoseconds."""

    @property
    def receipt(self) -> str:
        """The receipt given for it."""

    @property
    def deliveries(self) -> int:
        """How often the same one came."""


class MessageBook(Protocol):
    """Messages and what came back on them (``ReceivedMessages``)."""

    def after(self, sequence: int, limit: int) -> Sequence[Sent]:
        """Give messages behind a sequence number, in their order."""

    def end(self) -> int:
        """Give the last sequence number."""

    def one(self, message_id: str) -> Sent | None:
        """Give one message."""

    def answer(self, message_id: str, letter_id: str, letter: bytes, at: int, receipt: str
               ) -> Answer:  # fmt: skip
        """Keep an acknowledgement, or find the first under its id."""

    def acknowledgements(self, message_id: str) -> Sequence[Answer]:
        """Give what came back on a message, by arrival."""
