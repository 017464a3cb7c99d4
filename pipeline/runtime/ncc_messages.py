"""Messages of the coordination centre, folded: taken or refused, passed on, answered, done.

A message enters as a journalled command of a source of its own, with what it says and at which
objects the software runs that it names; a rebuild from the journal decides the same. Each gives a
record with revisions, advice to whom the pack names, an answer to the coordination centre and a
page to whoever is on duty; what is refused is answered, paged and audited, and changes nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pydantic import ValidationError

from pipeline.incidents.audit import Draft
from pipeline.incidents.silences import who
from pipeline.model import (
    ENDING,
    NANOSECONDS,
    Command,
    Json,
    Notice,
    RawBatch,
    from_json,
)
from pipeline.notify.ncc_forwarding import Answered, runs_of
from pipeline.notify.ncc_message import Message, misplaced
from pipeline.notify.ncc_record import (
    ACKNOWLEDGED,
    DONE,
    RECEIVED,
    Record,
    Revision,
    Told,
    revised,
)
from pipeline.ports import Stores
from pipeline.registry import LEVELS
from pipeline.runtime.folded import Folded
from pipeline.runtime.ncc_answers import MessageAnswers
from pipeline.runtime.ncc_rows import MessageRows
from pipeline.runtime.notice_drafts import notice_draft

TAKEN, REFUSED = "ncc_message", "ncc_refused"
NOTED, FINISHED = "message_acknowledge", "message_done"
COMMANDS = frozenset({NOTED, FINISHED})
ALL = frozenset({TAKEN, REFUSED, *COMMANDS})
ROLES = ("analyst", *LEVELS)
FORESIGHT = 86_400 * NANOSECONDS
"""How long before a message's own time who is on duty is reminded (our policy)."""
MOST = 100
_GIVEN = {NOTED: frozenset({"message", "party"}), FINISHED: frozenset({"message"})}


def message_problems(command: Command) -> Iterator[str]:
    """Give what stands against a person's command, whatever is kept."""
    yield from who(command.role, command.author, command.reason, ROLES)
    wanted = _GIVEN[command.name]
    if command.detail.keys() != wanted:
        yield f"it must name {' and '.join(sorted(wanted))}, and nothing else"
    elif not all(isinstance(one, str) and 0 < len(one) <= 128 for one in command.detail.values()):
        yield "its details must be texts"


def obey_messages(stores: Stores, answers: MessageAnswers | None, batch: RawBatch) -> Folded | None:
    """Fold a message, or a command about one; None where the batch holds another command."""
    for record in batch.records:
        try:
            command = from_json(Command, record)
        except ValidationError:
            continue  # told by whoever reads the other commands
        name = command.name.partition(".")[0]
        if answers is not None and name in ALL:
            return _Desk(MessageRows(stores.state), answers, command, batch.received_at).obey(name)
    return None


def remind_messages(stores: Stores, answers: MessageAnswers | None, batch: RawBatch) -> Folded:
    """Page what a tick finds due: a message's own time is near, or has passed."""
    if answers is None or batch.source_id == ENDING:
        return Folded()
    rows, now = MessageRows(stores.state), batch.received_at
    pages: list[Notice] = []
    for name in rows.due(now, MOST):
        record = rows.get(name)
        if record is None or record.due_at is None:
            continue
        passed = now >= record.due_at
        what = "ncc_overdue" if passed else "ncc_due_soon"
        pages.append(answers.pages(what, record.id, now, kind=record.kind, due=str(record.due_at)))
        rows.put(replace(record, look_at=0 if passed else record.due_at), None, record)
    return Folded(notices=pages, drafts=[notice_draft(one, now) for one in pages])


@dataclass(frozen=True, slots=True)
class _Desk:
    """One command, with what it is decided by."""

    rows: MessageRows
    answers: MessageAnswers
    command: Command
    at: int

    def obey(self, name: str) -> Folded:
        """Fold the command."""
        if name == TAKEN:
            return self._take()
        if name == REFUSED:
            said = self.command.detail
            return self._refuse(str(said["why"]), str(said["id"]), str(said["sha256"]))
        problems = list(message_problems(self.command))
        record = None if problems else self.rows.get(self.command.detail["message"])
        if record is None:
            return self._not_obeyed(problems or ["there is no such message"])
        return self._note(record) if name == NOTED else self._finish(record)

    def _take(self) -> Folded:
        said = self.command.detail
        message = Message.model_validate_json(said["content"])
        known = self.rows.get(message.id)
        if known is not None and known.sha256 == said["sha256"]:
            return Folded(drafts=[self._draft("ncc_message_repeated", message.id, {})])
        why = "conflict" if known is not None else misplaced(message, self.answers.centre, self.at)
        if why:
            return self._refuse(why, message.id, said["sha256"])
        record, notices = self._concerning(message)
        answer = Answered("received", message.id, record.sha256, len(_objects(record)),
                          len(_recipients(record)))  # fmt: skip
        page = self.answers.pages(
            "ncc_message",
            message.id,
            self.at,
            kind=message.kind,
            recipients=str(answer.recipients),
            objects=str(answer.objects),
        )
        record, made = revised(
            record,
            RECEIVED,
            self.at,
            (self.command.actor, self.command.reason),
            {
                "kind": message.kind,
                "sha256": record.sha256,
                "objects": answer.objects,
                "recipients": answer.recipients,
                "unknown": len(record.unknown),
                "inventory": said["inventory"],
            },
        )
        self.rows.put(record, made, None)
        return self._told(made, [page, *notices, self._answer(answer)])

    def _concerning(self, message: Message) -> tuple[Record, list[Notice]]:
        said, answers = self.command.detail, self.answers
        concerned = answers.concerned(message, runs_of(said["runs"]), self.at)
        notices = [
            answers.writer.advisory(
                message, one, answers.registry.party(one.recipient.party_id), self.at
            )
            for one in concerned
        ]
        due = message.due_at
        record = Record(
            id=message.id,
            kind=message.kind,
            content=said["content"],
            jws=said["jws"],
            sha256=said["sha256"],
            received_at=self.at,
            due_at=due,
            told=tuple(
                Told(one.object_id, one.recipient.role, one.recipient.party_id, notice.id)
                for one, notice in zip(concerned, notices, strict=True)
            ),
            unknown=answers.unknown(message, self.at),
            look_at=0 if due is None else max(due - FORESIGHT, message.issued_at, 1),
        )
        return record, notices

    def _refuse(self, why: str, message_id: str, sha256: str) -> Folded:
        """Page and audit what is refused; answer where its sender is proved."""
        entry = f"command:{self.command.id}"
        of = message_id or sha256[:32]
        page = self.answers.pages("ncc_refused", of, self.at, why=why, number=entry, kind="refused")
        notices = [page]
        if message_id and why not in ("signature", "schema", "size"):
            told = "" if why == "withheld" else why  # what is held leaves without a reason
            notices.append(self._answer(Answered("refused", message_id, sha256, why=told)))
        detail: Json = {"why": why, "sha256": sha256}
        drafts = [self._draft("ncc_message_refused", of, detail)]
        return Folded(notices=notices, drafts=[*drafts, *self._noted(notices)])

    def _note(self, record: Record) -> Folded:
        """Keep that a recipient took note, by a person's word."""
        party = self.command.detail["party"]
        if party not in {one.party_id for one in record.told}:
            return self._not_obeyed([f"the message is not passed on to {party!r}"])
        if party in record.acknowledged:
            return self._not_obeyed([f"{party!r} has taken note already"])
        after = replace(record, acknowledged={**record.acknowledged, party: self.at})
        after, made = revised(
            after, ACKNOWLEDGED, self.at, (self.command.actor, self.command.reason),
            {"party": party},
        )  # fmt: skip
        self.rows.put(after, made, record)
        return self._told(made, [])

    def _finish(self, record: Record) -> Folded:
        """Keep that what a message asked for is done, and tell the coordination centre."""
        if record.done_at:
            return self._not_obeyed(["it is done already"])
        after = replace(record, done_at=self.at, look_at=0)
        after, made = revised(after, DONE, self.at, (self.command.actor, self.command.reason), {})
        self.rows.put(after, made, record)
        answer = Answered("done", record.id, record.sha256, len(_objects(record)),
                          len(_recipients(record)))  # fmt: skip
        return self._told(made, [self._answer(answer)])

    def _answer(self, answer: Answered) -> Notice:
        return self.answers.writer.acknowledgement(answer, self.answers.peer(), self.at)

    def _told(self, made: Revision, notices: Sequence[Notice]) -> Folded:
        detail: Json = {
            "revision": made.number,
            "hash": made.hash,
            "reason": made.reason,
            **made.entry,
        }
        draft = self._draft(f"ncc_message_{made.step}", made.message, detail)
        return Folded(notices=notices, drafts=[draft, *self._noted(notices)])

    def _noted(self, notices: Sequence[Notice]) -> list[Draft]:
        return [notice_draft(one, self.at) for one in notices]

    def _not_obeyed(self, problems: Sequence[str]) -> Folded:
        detail: Json = {"command": self.command.name, "problems": list(problems)}
        return Folded(drafts=[self._draft("command_refused", self.command.id, detail)])

    def _draft(self, kind: str, subject: str, detail: Json) -> Draft:
        return Draft(
            chain="administration",
            entry_id=f"command:{self.command.id}",
            kind=kind,
            subject=subject,
            at=self.at,
            actor=self.command.actor[:200],
            detail=detail,
        )


def _objects(record: Record) -> set[str]:
    return {one.object_id for one in record.told}


def _recipients(record: Record) -> set[tuple[str, str]]:
    return {(one.role, one.party_id) for one in record.told}
