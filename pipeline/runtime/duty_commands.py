"""What people say about terms and the duty: taken note, taken over, another's duty is done.

Each is a journalled command, folded like any input: a rebuild from the journal stops the same
chains at the same instants. What cannot be obeyed is refused with its reasons in the audit trail.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pydantic import ValidationError

from pipeline.incidents.audit import Draft
from pipeline.incidents.silences import who
from pipeline.model import Command, Json, RawBatch, from_json, instant, rfc3339
from pipeline.notify.clock import TermClock
from pipeline.notify.duty import Taken, awaited
from pipeline.registry import LEVELS
from pipeline.runtime.folded import Folded
from pipeline.runtime.term_answers import TermAnswers
from pipeline.runtime.term_rows import WatchRow
from pipeline.runtime.terms_tick import TermsTick

ACK, TAKE, MET = "duty_ack", "duty_take", "term_met"
COMMANDS = frozenset({ACK, TAKE, MET})
ROLES = ("analyst", *LEVELS)
_GIVEN = {
    ACK: frozenset({"incident", "clock"}),
    TAKE: frozenset({"level"}),
    MET: frozenset({"incident", "clock", "at"}),
}


def duty_problems(command: Command) -> Iterator[str]:
    """Give what stands against a command, whatever the system knows; nothing where it is well."""
    yield from who(command.role, command.author, command.reason, ROLES)
    unknown = sorted(command.detail.keys() - _GIVEN[command.name])
    if unknown:
        yield f"unknown keys: {', '.join(unknown)}"
    if not all(isinstance(value, str) for value in command.detail.values()):
        yield "its details must be texts"
    elif command.name == TAKE:
        if command.detail.get("level") not in LEVELS:
            yield f"level is one of {', '.join(LEVELS)}"
    elif not command.detail.get("incident"):
        yield "it names no incident"
    elif command.name == MET and not command.detail.get("clock"):
        yield "it names no clock"


def obey_duty(
    terms: TermsTick | None, answers: TermAnswers | None, batch: RawBatch
) -> Folded | None:
    """Fold a command about terms or duty; None where the batch holds another command."""
    for record in batch.records:
        try:
            command = from_json(Command, record)
        except ValidationError:
            continue  # told by whoever reads the other commands
        if command.name in COMMANDS:
            draft = _obeyed(terms, answers, command, batch.received_at)
            return Folded(drafts=[draft])
    return None


def _obeyed(
    terms: TermsTick | None, answers: TermAnswers | None, command: Command, at: int
) -> Draft:
    problems = list(duty_problems(command))
    if terms is None or answers is None:
        problems.append("this system keeps no terms")
    if problems or terms is None or answers is None:
        return _refused(command, at, problems)
    if command.name == TAKE:
        return _take(terms, answers, command, at)
    row = terms.rows.watch(command.detail["incident"])
    view = terms.view(answers, row) if row is not None else None
    if row is None or view is None:
        return _refused(command, at, ["no clock of this incident is open"])
    name = command.detail.get("clock", "")
    clocks = [one for one in view.clocks if name in ("", one.id)]
    if not clocks:
        return _refused(command, at, [f"the incident has no clock {name!r}"])
    if command.name == ACK:
        kind, said = _acknowledged(row, name, at)
    else:
        kind, said = _met(row, clocks[0], at, command)
    if kind:
        terms.replan(answers, row)
        return _draft(kind, row.incident, command, at, said)
    return _refused(command, at, said["problems"])


def _acknowledged(row: WatchRow, name: str, at: int) -> tuple[str, Json]:
    row.acknowledged.setdefault(name, at)
    return "duty_acknowledged", {"clock": name}


def _met(row: WatchRow, clock: TermClock, at: int, command: Command) -> tuple[str, Json]:
    """Note another's duty as done; the kind is "" where that cannot be."""
    if clock.notice_id:
        return "", {"problems": ["this clock is met by the recipient's receipt alone"]}
    met = _when(command, at)
    if met is None or not clock.begins_at <= met <= at:
        return "", {"problems": ["at is no time between the clock's beginning and now"]}
    row.words[clock.id] = met
    said = {"clock": clock.id, "met_at": rfc3339(met), "duty_of": clock.duty_of, "leg": clock.leg}
    return "term_met", said


def _take(terms: TermsTick, answers: TermAnswers, command: Command, at: int) -> Draft:
    level, roster = command.detail["level"], answers.roster
    if roster is None:
        return _refused(command, at, ["the registry has no roster"])
    duty = awaited(roster, level, at)
    if duty is None or duty.person.id != command.author:
        whose = duty.person.id if duty is not None else "nobody"
        problem = f"the {level}'s turn is {whose}'s: it is taken over by whom the roster names"
        return _refused(command, at, [problem])
    before = terms.rows.taken(level)
    terms.rows.take(level, Taken(command.author, at))
    said: Json = {
        "level": level,
        "from": before.person if before is not None else "",
        "begins": rfc3339(duty.begins),
        "ends": rfc3339(duty.ends) if duty.ends < 1 << 62 else "",
    }
    return _draft("duty_taken", command.author, command, at, said)


def _when(command: Command, at: int) -> int | None:
    text = command.detail.get("at", "")
    try:
        return instant(text) if text else at
    except ValueError:
        return None


def _refused(command: Command, at: int, problems: Sequence[str]) -> Draft:
    detail: Json = {"command": command.name, "problems": list(problems)}
    return replace(_draft("command_refused", command.id, command, at, {}), detail=detail)


def _draft(kind: str, subject: str, command: Command, at: int, said: Json) -> Draft:
    return Draft(
        chain="administration",
        entry_id=f"command:{command.id}",
        kind=kind,
        subject=subject,
        at=at,
        actor=command.actor,
        detail={"reason": command.reason, **said},
    )
