"""Messages of the coordination centre to journalled commands: verified, looked through, placed.

Nothing is decided here that a rebuild would have to decide again: what enters is journalled with
what software runs where, as the inventory stood, and the fold decides. What must not be kept does
not enter: a message that does not verify, is no message, or bears a secrecy mark leaves a stub with
its hash and why. The place behind which to go on is journalled with each, so that nothing is lost
or asked for twice over a restart.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import orjson
import structlog
from pydantic import ValidationError

from pipeline.errors import ConfigurationError, SourceError, StoreCorrupt, StoreError
from pipeline.model import Command, Json
from pipeline.notify.ncc_message import Message
from pipeline.ports import CentreMessage, MessageFeed
from pipeline.registry.inventory import Held, Inventories
from pipeline.runtime.collect import Collector
from pipeline.runtime.ncc_figures import MessageFigures
from pipeline.runtime.ncc_messages import REFUSED, TAKEN
from pipeline.runtime.written import WrittenGuard

MOST_HELD = 20_000  # components that one message is matched to
SYSTEM = ("system", "ncc")
log = structlog.get_logger("saqshy.messages")


@dataclass(slots=True)
class MessageIntake:
    """Pulls messages and has them journalled; ``run`` is one thread.

    ``inventories`` reads what software runs where; ``trouble`` is why nothing comes.
    """

    feed: MessageFeed
    collector: Collector
    inventories: Callable[[], Inventories]
    figures: MessageFigures
    every_seconds: float
    trouble: str = ""
    _cursor: str | None = None

    def run(self, stop: threading.Event) -> None:
        """Pull until told to stop."""
        try:
            while not stop.is_set():
                self.pull()
                stop.wait(self.every_seconds)
        finally:
            self.feed.close()

    def pull(self) -> int:
        """Journal what came since the last time; give how many messages that were.

        What cannot be reached, or not be kept, is tried again the next time.
        """
        taken = 0
        try:
            if self._cursor is None:
                self._cursor = self.collector.resume(self.feed.name)
            for one in self.feed.pull(self._cursor):
                self.collector.command(self._command(one), self.feed.name, one.cursor)
                self._cursor = one.cursor
                taken += 1
        except StoreCorrupt:
            raise
        except (SourceError, StoreError) as error:
            if not self.trouble:
                log.warning("messages.trouble", trouble=str(error))
            self.trouble = str(error)
            self.figures.pulled("failed")
        else:
            self.trouble = ""
            self.figures.pulled("answered")
        return taken

    def _command(self, one: CentreMessage) -> Command:
        message, why = self._read(one)
        if message is None or one.content is None:
            digest = hashlib.sha256(one.content if one.content is not None else one.jws.encode())
            self.figures.came(why)
            log.error("messages.refused", why=why, sha256=digest.hexdigest())
            named = _id_of(one.content) if why == "withheld" else ""
            said: Json = {"why": why, "id": named, "sha256": digest.hexdigest()}
            name = f"{REFUSED}.{digest.hexdigest()[:32]}"
            return Command(name, *SYSTEM, f"it does not enter: {why}", 1, said)
        digest = hashlib.sha256(one.content)
        self.figures.came("taken")
        runs, inventory = self._runs(message)
        return Command(
            f"{TAKEN}.{message.id}.{digest.hexdigest()[:32]}",
            *SYSTEM,
            f"{message.kind} from {message.sender}",
            message.issued_at,
            {
                "content": one.content.decode(),
                "jws": one.jws,
                "sha256": digest.hexdigest(),
                "runs": runs,
                "inventory": inventory,
            },
        )

    def _read(self, one: CentreMessage) -> tuple[Message | None, str]:
        """Give a message that may enter, or a bounded word for why it may not."""
        if one.content is None:
            return None, "signature"
        try:
            texts = list(_strings(orjson.loads(one.content)))
        except ValueError:
            return None, "schema"
        if WrittenGuard(self.collector.admission.registry.marks)(texts):
            return None, "withheld"
        try:
            return Message.model_validate_json(one.content), ""
        except ValidationError:
            return None, "schema"

    def _runs(self, message: Message) -> tuple[list[list[object]], str]:
        """Give where the software runs that a message names, and whether that could be told."""
        if not message.concerns.software:
            return [], "not_asked"
        try:
            known = self.inventories()
        except (ConfigurationError, OSError) as error:
            log.error("messages.inventory", error=str(error))  # noqa: TRY400 (told in words)
            return [], "unreadable"
        held: list[Held] = []
        state = "read"
        for software in message.concerns.software:
            try:
                held += known.who_has(software.name, software.versions)
            except ValueError:
                # A range that cannot be read is no range: whoever has it at all may be concerned.
                found = known.who_has(software.name)
                held += [Held(one.object_id, one.component, certain=False) for one in found]
                state = "range_unread"
        rows = {
            (one.object_id, one.component.name, one.component.version, one.certain) for one in held
        }
        return [list(row) for row in sorted(rows)[:MOST_HELD]], state


def _strings(value: object) -> Iterator[str]:
    """Give every text of a document, its keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)


def _id_of(content: bytes | None) -> str:
    """Give the id of a message that is not kept, so that its sender can be answered."""
    if content is None:
        return ""
    try:
        return Message.model_validate_json(content).id
    except ValidationError:
        return ""
