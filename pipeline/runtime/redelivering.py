"""What people do with notices: replay dead ones, free held ones, enter receipts, acknowledge.

A recipient who read a notice in the console acknowledges it there: the word of the party to which
it went, for the very content that was shown, stands in its receipt. It is no step of the incident's
life cycle, and moves no time that a channel's own receipt proved.

Each is a journalled command, folded like any input, with its audit entries; what cannot be obeyed
is refused with the reason and changes nothing. Where a notice stands is no outcome of detection: a
rebuild from the journal, whose outbox has seen no delivery, refuses what does not fit it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from pydantic import ValidationError

from connectors.sinks.letter import letter, sha256
from pipeline.incidents.audit import Draft
from pipeline.incidents.silences import who
from pipeline.model import (
    Command,
    GuardDecision,
    Json,
    Notice,
    NoticeState,
    Receipt,
    from_json,
    instant,
    rfc3339,
)
from pipeline.notify import freed, replayed
from pipeline.ports import Outbox
from pipeline.runtime.notice_drafts import notice_draft

REPLAY, RELEASE = "notices_replay", "notices_release"
RECEIPTS, SEALED = "notices_receipts", "notices_sealed"
RECEIVE = "notices_receive"
ROLES = {
    REPLAY: ("duty_lead", "administrator"),
    RELEASE: ("regime_officer", "duty_lead"),  # SPEC 5: a cleared person decides
    RECEIPTS: ("duty_lead", "administrator"),
    SEALED: ("duty_lead", "administrator"),
    RECEIVE: ("owner",),  # owner or holder, of what went to their own party
}
KINDS = {
    REPLAY: "notices_replayed",
    RELEASE: "notices_released",
    RECEIPTS: "notices_receipted",
    SEALED: "notices_sealed",
    RECEIVE: "notices_received",
}
MOST = 500  # of one command
OPEN_STATES = frozenset(
    {NoticeState.PENDING, NoticeState.FAILED, NoticeState.SENT, NoticeState.DEAD}
)


@dataclass(frozen=True, slots=True)
class Redelivering:
    """Obeys such commands; ``guard`` gives what the guard says of an object at an instant."""

    outbox: Outbox
    guard: Callable[[str, int], GuardDecision]

    def __call__(self, record: bytes, at: int) -> list[Draft] | None:
        """Fold a command; its audit entries. None where the record is another command."""
        try:
            command = from_json(Command, record)
        except ValidationError:
            return None  # told by whoever reads the other commands
        if command.name not in ROLES:
            return None
        problems = list(delivery_problems(command))
        if problems:
            return [_told(command, at, "command_refused", {"problems": problems})]
        changed: list[Notice] = []
        for before, after in self._asked(command, at, problems):
            if self.outbox.change(before, after):
                changed.append(after)
            else:
                problems.append(f"{before.id}: something else happened to it meanwhile")
        if not changed:
            return [_told(command, at, "command_refused", {"problems": problems})]
        detail: Json = {"reason": command.reason, "notices": [one.id for one in changed]}
        if command.name == SEALED:
            detail["file"] = command.detail["file"]
        if problems:
            detail["problems"] = problems
        entries = [_noted(command, one, at) for one in changed]
        return [*entries, _told(command, at, KINDS[command.name], detail)]

    def _asked(
        self, command: Command, at: int, problems: list[str]
    ) -> Iterator[tuple[Notice, Notice]]:
        """Give each notice with what becomes of it; what cannot be done goes to ``problems``."""
        if command.name == RECEIPTS:
            asked = [(one["notice_id"], one) for one in command.detail["receipts"]]
        elif "channel" in command.detail:
            dead = [one.id for one in self.outbox.list() if one.state is NoticeState.DEAD]
            asked = [(name, {}) for name in dead]
        else:
            asked = [(name, {}) for name in command.detail["notices"]]
        for name, receipt in asked:
            notice = self.outbox.get(str(name))
            if notice is None:
                problems.append(f"{name}: no such notice")
                continue
            if command.detail.get("channel", notice.channel) != notice.channel:
                continue
            after = self._changed(command, notice, receipt, at)
            if isinstance(after, str):
                problems.append(f"{name}: {after}")
            else:
                yield notice, after

    def _changed(self, command: Command, notice: Notice, said: Json, at: int) -> Notice | str:
        if command.name == REPLAY:
            dead = notice.state is NoticeState.DEAD
            return replayed(notice, at) if dead else f"it is {notice.state.value}, not dead"
        if command.name == RELEASE:
            return self._released(notice, at)
        if command.name == SEALED:
            return notice  # a file is on its way; the line goes on trying
        return _receipted(command, notice, said, at)

    def _released(self, notice: Notice, at: int) -> Notice | str:
        if notice.state is not NoticeState.HELD:
            return f"it is {notice.state.value}, not held"
        if not notice.recipient.party_id and notice.last_error and not notice.attempts:
            return f"{notice.last_error}: register the party first"
        guard = self.guard(notice.object_id, at)
        return freed(notice, guard, at) or f"the guard still holds it: {guard.rule}"


def _receipted(command: Command, notice: Notice, said: Json, at: int) -> Notice | str:
    """Give a notice with its receipt, or why it cannot have one."""
    if notice.state not in OPEN_STATES:
        return f"it is {notice.state.value} already"
    digest = sha256(letter(notice))
    if command.name == RECEIVE:
        party = str(command.detail["party"])
        if not party or notice.recipient.party_id != party:
            return "it went to another party"
        word = {
            "by": command.author, "at": rfc3339(at), "command": command.id, "sha256": digest,
        }  # fmt: skip
        # What the channel proved stands: a term that was met is not late since somebody read late.
        before = notice.receipt or Receipt(notice.id, party, at, {})
        receipt = replace(before, body={**before.body, "acknowledged": word})
    elif said.get("sha256") != digest:
        return "the receipt is for another content"
    else:
        receipt = Receipt(notice.id, str(said["receiver"]), instant(said["received_at"]), said)
    return replace(
        notice, state=NoticeState.ACKNOWLEDGED, receipt=receipt, last_error="",
        tried=replace(notice.tried, last=""),
    )  # fmt: skip


def delivery_problems(command: Command) -> Iterator[str]:
    """Give what stands against a command, whatever the outbox holds."""
    yield from who(command.role, command.author, command.reason, ROLES[command.name])
    several = {REPLAY: ("notices", "channel"), RECEIPTS: ("receipts",)}
    wanted = several.get(command.name, ("notices",))
    given = [key for key in wanted if key in command.detail]
    file = command.detail.get("file", {})
    sealed = command.name == SEALED and isinstance(file, dict) and file.keys() == _FILE
    more = {"file"} if sealed else {"party"} if command.name == RECEIVE else set()
    if command.name == RECEIVE and not isinstance(command.detail.get("party"), str):
        yield "it must name the party that received"
    if len(given) != 1 or set(command.detail) - {*given, *more}:
        yield f"it must name {' or '.join(wanted)}, and nothing else"
    elif given == ["channel"]:
        if not isinstance(command.detail["channel"], str):
            yield "the channel must be a name"
    elif not _fits(command.detail[given[0]], given[0]):
        yield f"{given[0]} must be a list of 1 to {MOST}"


def _fits(items: object, key: str) -> bool:
    if not isinstance(items, list) or not 1 <= len(items) <= MOST:
        return False
    if key == "notices":
        return all(isinstance(one, str) and len(one) <= 64 for one in items)
    return all(isinstance(one, dict) and one.keys() >= _RECEIPT for one in items)


_FILE = frozenset({"party", "number", "name", "sha256"})
_RECEIPT = frozenset({"notice_id", "sha256", "receiver", "received_at", "jws"})


def _told(command: Command, at: int, kind: str, detail: Json) -> Draft:
    return Draft(
        chain="administration",
        entry_id=f"command:{command.id}",
        kind=kind,
        subject=command.id,
        at=at,
        actor=command.actor[:200],
        detail={"command": command.name, **detail},
    )


def _noted(command: Command, notice: Notice, at: int) -> Draft:
    draft = notice_draft(notice, at)
    return replace(
        draft,
        entry_id=f"notice:{notice.id}:command:{command.id}",
        actor=command.actor[:200],
        detail={**draft.detail, "command": command.name, "reason": command.reason},
    )
