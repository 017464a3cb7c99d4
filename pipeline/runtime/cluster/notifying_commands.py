"""Commands about notices, terms, duty, messages and reads: each partition obeys what is its own.

They come to every partition. What names an incident or notices is obeyed where those are; what is
of the duty as a whole, or a message of the coordination centre, everywhere, and told once. Each
partition gives the administration's its word whether it obeyed; once it has the word of all, what
nobody obeyed is refused.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from pipeline.incidents.audit import Draft
from pipeline.model import (
    Command,
    NoticeState,
    RawBatch,
    as_document,
    from_json,
    to_json,
)
from pipeline.model.rows import Rows
from pipeline.ports import Stores
from pipeline.runtime.chain import Chain
from pipeline.runtime.cluster.addressing import ADMINISTRATION, command_of
from pipeline.runtime.cluster.outputs import partition_of
from pipeline.runtime.duty_commands import COMMANDS as DUTY
from pipeline.runtime.duty_commands import TAKE, duty_problems, obey_duty
from pipeline.runtime.folded import Folded
from pipeline.runtime.ncc_messages import ALL as MESSAGES
from pipeline.runtime.ncc_messages import obey_messages
from pipeline.runtime.peering import COMMANDS as PEERS
from pipeline.runtime.peering import Peering
from pipeline.runtime.reads import READ, read_problems, recorded
from pipeline.runtime.redelivering import RECEIPTS, ROLES, Redelivering, delivery_problems
from pipeline.runtime.terms_tick import TermsTick

WORDS = "@words"
"""The name under which stand the words of partitions, until all have given theirs."""
WORD = "notifier_word"
"""The kind of a draft that is no entry of the trail, but a partition's word to another."""


@dataclass(frozen=True, slots=True)
class NotifierCommands:
    """Obeys commands in partition ``number`` of ``folds``."""

    stores: Stores
    terms: TermsTick
    number: int
    folds: int
    peering: Peering | None = None

    @property
    def _administers(self) -> bool:
        return partition_of(ADMINISTRATION, self.folds) == self.number

    def __call__(self, chain: Chain, batch: RawBatch) -> Folded:
        """Fold a command as far as it is this partition's."""
        command = command_of(batch.records[0]) if batch.records else None
        if command is None:
            return Folded()
        name = command.name.partition(".")[0]
        if name in DUTY:
            return self._of_duty(chain, command, batch)
        if name in MESSAGES:
            return self.own(obey_messages(self.stores, chain.messages, batch) or Folded())
        if name == READ:
            wrong = any(True for _ in read_problems(command))
            return self._of_incident(command, batch, partial(recorded, self.stores), wrong=wrong)
        if name in PEERS:
            shared = self.peering.obey if self.peering is not None else _nobody_obeys
            return self._of_incident(command, batch, shared, wrong=False)
        return self._of_notices(chain, command, batch.received_at)

    def own(self, folded: Folded) -> Folded:
        """Give what of a fold, which every partition makes alike, is to be kept here."""
        return Folded(
            notices=[one for one in folded.notices if self._mine(one.object_id)],
            drafts=[one for one in folded.drafts if self._mine(one.chain)],
        )

    def told(self, drafts: Iterable[Draft]) -> list[Draft]:
        """Take the words for this partition out of drafts; give what is for the trail."""
        found: list[Draft] = []
        for draft in drafts:
            if draft.kind == WORD and self._administers:
                found += self._counted(draft)
            else:
                found.append(draft)
        return found

    def _counted(self, word: Draft) -> Iterator[Draft]:
        state, command = self.stores.state, from_json(Command, to_json(word.detail["command"]))
        name, obeyed = Rows.key(command.id, word.actor), b"1" if word.detail["obeyed"] else b"0"
        state.save(WORDS, {name: obeyed})
        begin = Rows.key(command.id).removesuffix("]")
        words = state.between(WORDS, f"{begin},", f"{begin},~", self.folds)
        if len(words) < self.folds:
            return
        state.save(WORDS, {key: None for key, _ in words})
        if all(said == b"0" for _, said in words):
            yield _nobody(command, word.at)

    def _mine(self, name: str) -> bool:
        return partition_of(name, self.folds) == self.number

    def _of_incident(
        self,
        command: Command,
        batch: RawBatch,
        obey: Callable[[RawBatch], Folded | None],
        *,
        wrong: bool,
    ) -> Folded:
        """Obey a command about an incident where that is, and one about none in one place."""
        name = command.detail.get("incident", "")
        if wrong or not (isinstance(name, str) and name):
            return (obey(batch) if self._administers else None) or Folded()
        if not self.stores.incidents.history(name):
            return Folded(drafts=[self._word(command, batch.received_at, obeyed=False)])
        done = obey(batch) or Folded()
        word = self._word(command, batch.received_at, obeyed=True)
        return Folded(notices=done.notices, drafts=[*done.drafts, word])

    def _of_duty(self, chain: Chain, command: Command, batch: RawBatch) -> Folded:
        wrong = any(True for _ in duty_problems(command))
        if wrong or command.name == TAKE:
            # Who took over is to be known wherever pages are sent; told of it is once.
            done = obey_duty(self.terms, chain.terms, batch)
            return done if done and self._administers else Folded()
        if not self.stores.incidents.history(command.detail["incident"]):
            return Folded(drafts=[self._word(command, batch.received_at, obeyed=False)])
        done = obey_duty(self.terms, chain.terms, batch) or Folded()
        return self._by_part(done, command, batch.received_at)

    def _of_notices(self, chain: Chain, command: Command, at: int) -> Folded:
        obeyed = Redelivering(self.stores.outbox, chain.guard)
        if command.name not in ROLES or any(True for _ in delivery_problems(command)):
            told = obeyed(to_json(command), at) if self._administers else ()
            return Folded(drafts=told or ())
        if self.stores.audit.known(f"command:{command.id}:{self.number}"):
            # A rebuild: what became of the notices stands, and nothing goes out a second time.
            return Folded(drafts=[self._word(command, at, obeyed=True)])
        own = self._own(command)
        if own is None:
            return Folded(drafts=[self._word(command, at, obeyed=False)])
        done = Folded(drafts=obeyed(to_json(own), at) or ())
        return self._by_part(done, command, at)

    def _own(self, command: Command) -> Command | None:
        """Give what of a command is about notices of this partition; None where nothing is."""
        outbox, detail = self.stores.outbox, command.detail
        if "channel" in detail:
            dead = (one for one in outbox.list() if one.state is NoticeState.DEAD)
            return command if any(one.channel == detail["channel"] for one in dead) else None
        key = "receipts" if command.name == RECEIPTS else "notices"
        names = [one["notice_id"] if key == "receipts" else one for one in detail[key]]
        own = [
            one
            for one, name in zip(detail[key], names, strict=True)
            if outbox.get(str(name)) is not None
        ]
        return replace(command, detail={**detail, key: own}) if own else None

    def _by_part(self, folded: Folded, command: Command, at: int) -> Folded:
        """Name the command's own entry by this partition: others may obey parts of it too."""
        own, name = f"command:{command.id}", f"command:{command.id}:{self.number}"
        drafts = [
            replace(one, entry_id=name) if one.entry_id == own else one for one in folded.drafts
        ]
        return Folded(drafts=[*drafts, self._word(command, at, obeyed=True)])

    def _word(self, command: Command, at: int, *, obeyed: bool) -> Draft:
        return Draft(
            chain=ADMINISTRATION,
            entry_id=f"word:{command.id}:{self.number}",
            kind=WORD,
            subject=command.id,
            at=at,
            actor=str(self.number),
            detail={"command": as_document(command), "obeyed": obeyed},
        )


def _nobody_obeys(_batch: RawBatch) -> None:
    """Obey nothing: this centre has no peers."""


def _nobody(command: Command, at: int) -> Draft:
    what = "notice" if command.name in ROLES else "incident"
    return Draft(
        chain=ADMINISTRATION,
        entry_id=f"command:{command.id}:nobody",
        kind="command_refused",
        subject=command.id,
        at=at,
        actor=command.actor[:200],
        detail={"command": command.name, "problems": [f"no such {what} is known"]},
    )
