"""The channel of the duty roster: a page goes to whoever is on duty when it is sent.

A channel like the others, over the others: the roster in force is asked at each attempt, so that a
page that waits is not sent to somebody who has gone home. A person's channels are tried in their
order. What goes out says which object and under which id to find it, and nothing of the content.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pydantic import ValidationError

from pipeline.errors import DeliveryDelayed, DeliveryError, DeliveryRefused
from pipeline.model import Json, Notice, Receipt, Recipient, identity
from pipeline.notify.duty import Taken, paged
from pipeline.notify.payload import unfit
from pipeline.notify.reminding import PageWriter, addressed
from pipeline.ports import Sink
from pipeline.registry import LEVELS, Roster
from pipeline.registry.roster import Person

DUTY = "duty"
"""The channel's name."""


@dataclass(slots=True)
class DutySink:
    """Deliver what pages a level of the roster (``ports.Sink``).

    ``sinks`` are the other channels, ``taken`` gives who took over a level's duty last.
    """

    sinks: Mapping[str, Sink]
    roster: Callable[[], Roster | None]
    taken: Callable[[str], Taken | None]
    pages: PageWriter
    channel: str = DUTY

    def deliver(self, notice: Notice, now: int) -> Receipt:
        """Page whoever is on duty at ``now``; the receipt says whom, through which channel.

        DeliveryRefused where nobody is on duty on any level, the last channel's error where none
        takes it.
        """
        roster = self.roster()
        level = notice.recipient.role if notice.recipient.role in LEVELS else LEVELS[0]
        duty = roster.reached(level, now) if roster is not None else None
        if roster is None or duty is None:
            raise DeliveryRefused("nobody is on duty: see the roster of the registry", "no_channel")
        reached, people = paged(roster, level, now, self.taken(duty.level))
        receipts: list[Receipt] = []
        told: list[Json] = []
        error: DeliveryError | None = None
        for beside, person in enumerate(people):
            # A page to a second person is another letter: channels know one content by an id.
            name = identity("page", notice.id, person.id) if beside else notice.id
            try:
                channel, receipt = self._to(person, replace(notice, id=name), reached, now)
            except DeliveryError as caught:
                error = caught
                continue
            receipts.append(receipt)
            told.append({"person": person.id, "channel": channel, "receipt": receipt.body})
        if not receipts:
            raise error or DeliveryDelayed(f"nobody of {reached} could be reached")
        first = receipts[0]
        return Receipt(
            notice_id=notice.id,
            recipient=f"{reached}:{told[0]['person']}",
            received_at=first.received_at,
            body={"kind": first.body.get("kind", "paged"), "level": reached, "paged": told},
            duplicate=all(one.duplicate for one in receipts),
        )

    def close(self) -> None:
        """Let go of nothing: the channels below are closed by whoever made them."""

    def _to(self, person: Person, notice: Notice, level: str, now: int) -> tuple[str, Receipt]:
        payload = self._payload(notice, level, person)
        error: DeliveryError | None = None
        for wish in person.channels:
            sink = self.sinks.get(wish.channel)
            if sink is None:
                error = error or DeliveryRefused(
                    f"{person.id}: no channel {wish.channel!r} is set up", "no_channel"
                )
                continue
            page = addressed(notice, Recipient(level, person.id), wish.channel, payload)
            try:
                return wish.channel, sink.deliver(page, now)
            except DeliveryError as caught:
                error = caught
        raise error or DeliveryRefused(f"{person.id} has no channel", "no_channel")

    def _payload(self, notice: Notice, level: str, person: Person) -> Json:
        if "page" in notice.payload:
            return notice.payload
        try:
            return self.pages(notice, level, person.languages)
        except ValidationError as error:
            raise DeliveryRefused(unfit(error)) from error
