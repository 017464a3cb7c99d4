"""What one knowledge answers about messages of the coordination centre: whom they concern."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.assess import Pack
from pipeline.assess.assessment import object_flags
from pipeline.assess.routing import page, route
from pipeline.model import Notice, Recipient
from pipeline.notify.ncc_forwarding import Concerned, MessageWriter
from pipeline.notify.ncc_message import Message
from pipeline.notify.payload import Runs
from pipeline.registry import ObjectRecord, Registry, Standing, standing

ADVISORY, ORDER = "advisory", "order"  # subjects of the pack's routes
PEER = "ncc"
"""The role under which our protocol's other side is reached by its own line."""
_REPORTER = "centre"


@dataclass(frozen=True, slots=True)
class MessageAnswers:
    """The narrow questions of messages, answered by the registry and the law pack in force."""

    pack: Pack
    registry: Registry
    writer: MessageWriter

    @property
    def centre(self) -> str:
        """Give our own name, to which messages are addressed."""
        return self.writer.centre

    def concerned(
        self, message: Message, runs: dict[str, tuple[Runs, ...]], at: int
    ) -> list[Concerned]:
        """Give whom the pack has told of a message, for which of their objects.

        ``runs`` is what software runs where, of that which the message names. Objects that are not
        attested open are neither named nor told (State Secrets Law 14(19), 16).
        """
        subject = ORDER if message.asks else ADVISORY
        found = []
        for record in self._objects(message, runs, at):
            flags = object_flags(self.registry, record, at)
            demands = self.pack.at(at).situation(flags, _REPORTER).demands.get(subject, ())
            for leg in route(demands, record, self.registry, at):
                to = Recipient(leg.role, leg.party_id)
                code = record.code or record.id
                found.append(Concerned(record.id, code, to, leg.basis, runs.get(record.id, ())))
        return found

    def unknown(self, message: Message, at: int) -> tuple[str, ...]:
        """Give the objects that a message names and the registry does not know now."""
        known = self.registry.object
        return tuple(one for one in message.concerns.objects if known(one, at) is None)

    def pages(self, what: str, of: str, at: int, **values: str) -> Notice:
        """Page whoever is on duty of a message."""
        leg = page(self.registry, what)[0]
        return self.writer.page(what, of, Recipient(leg.role, leg.party_id), at, **values)

    def peer(self) -> Recipient:
        """Give the coordination centre as a recipient."""
        return Recipient(PEER, next(iter(self.registry.in_role(PEER)), ""))

    def _objects(
        self, message: Message, runs: dict[str, tuple[Runs, ...]], at: int
    ) -> Iterator[ObjectRecord]:
        named = message.concerns
        wanted = {*named.objects, *runs}
        everything = not (named.objects or named.sectors or named.software)
        for object_id in sorted(self.registry.histories):
            record = self.registry.object(object_id, at)
            if record is None or standing(record, at) is not Standing.OPEN:
                continue
            if everything or object_id in wanted or record.branch in named.sectors:
                yield record
