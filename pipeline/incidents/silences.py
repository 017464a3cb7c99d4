"""Silences: a person's word that some findings shall page nobody, with reason and expiry.

What a silence cannot do follows from the law. It holds for candidates only: a verdict *yes* brings
its duties (Informatization Law 7-2(1)(2)) whatever was silenced, and the audit trail says that it
broke through. The law's own detectors (a source fell silent, records withheld or refused) are
never silenced: they tell of what nobody can see any more. Every silence ends by itself, at the
latest after ninety days of receive time; who, why, how much and the end are in the audit trail.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import orjson
from pydantic import ValidationError

from pipeline.incidents.audit import Draft
from pipeline.model import (
    NANOSECONDS,
    Command,
    Instant,
    Json,
    as_document,
    from_json,
    instant,
    rfc3339,
)
from pipeline.model.rows import Rows

ADD, END = "silence_add", "silence_end"
ROLES = ("analyst", "duty_lead")  # SPEC 6: the centre's own people who decide on findings
HOUR = 3600 * NANOSECONDS
LONGEST_DAYS = 90
LONGEST = LONGEST_DAYS * 24 * HOUR
GIVEN = frozenset({"rules", "object_id", "where", "begins", "until", "hours"})  # in a command
MOST = 500
MOST_NAMED = 100
REASON = (10, 500)  # characters
DETECTORS = "saqshy."  # the law's own detectors' ids begin so


@dataclass(frozen=True, slots=True)
class Silence:
    """What is silenced, by whom, why, and from when until when (receive time).

    A finding must be of one of ``rules`` (any where there are none), of ``object_id`` (any where
    it is "") and have every value of ``where`` among its group or the fields it matched on.
    """

    id: str
    role: str
    author: str
    reason: str
    begins: Instant
    until: Instant
    rules: tuple[str, ...] = ()
    object_id: str = ""
    where: dict[str, str] = field(default_factory=dict)

    def names(self, rule_id: str, object_id: str) -> bool:
        """Tell whether a rule at an object is meant, whatever its values."""
        return (not self.rules or rule_id in self.rules) and self.object_id in ("", object_id)


ROWS: Mapping[str, type] = {"silence": Silence}


def in_force(state: Rows, at: int) -> tuple[Silence, ...]:
    """Give the silences that hold at an instant, by id; ``state`` is the administration's."""
    return tuple(
        silence
        for _, silence in state.all(Silence, "silence")
        if silence.begins <= at < silence.until
    )


def obey(state: Rows, record: bytes, at: int) -> list[Draft]:
    """Fold one journalled command into the administration's state; give its audit entry.

    What cannot be obeyed changes nothing and is audited with the reason.
    """
    try:
        command = from_json(Command, record)
    except ValidationError as error:
        detail = {"problems": [f"is no command: {error.error_count()} error(s)"]}
        return [_draft("command_refused", f"command:{at}", "", at, "unknown", detail)]
    if command.name == ADD:
        return [_add(state, command, at)]
    if command.name == END:
        return [_end(state, command, at)]
    return [_refused(command, at, [f"no command is named {command.name!r}"])]


def expire(state: Rows, now: int) -> list[Draft]:
    """Drop the silences whose time is over; give their audit entries."""
    over = [silence for _, silence in state.all(Silence, "silence") if silence.until <= now]
    for silence in over:
        state.drop("silence", silence.id)
    return [
        _draft(
            "silence_expired",
            f"expired:{silence.id}",
            silence.id,
            now,
            "saqshy",
            {"until": rfc3339(silence.until)},
        )
        for silence in over
    ]


def silence_of(command: Command, at: int) -> Silence:
    """Read the silence that a command adds; ValueError (pydantic's too) where it is none.

    Without ``begins`` it begins ``at``; ``hours`` may stand for ``until``.
    """
    unknown = sorted(command.detail.keys() - GIVEN)
    if unknown:
        raise ValueError(f"unknown keys: {', '.join(unknown)}")
    given = {"begins": rfc3339(at), **command.detail}
    hours = given.pop("hours", None)
    if isinstance(hours, int | float):
        given["until"] = rfc3339(instant(given["begins"]) + int(hours * HOUR))
    whole = {
        **given,
        "id": command.id,
        "role": command.role,
        "author": command.author,
        "reason": command.reason,
    }
    return from_json(Silence, orjson.dumps(whole))


def problems_of(silence: Silence, at: int) -> list[str]:
    """Give what stands against a silence that is asked for at an instant; empty where nothing."""
    return [*_form(silence), *_times(silence, at)]


def _form(silence: Silence) -> Iterator[str]:
    yield from who(silence.role, silence.author, silence.reason, ROLES)
    if not (silence.rules or silence.object_id or silence.where):
        yield "it names neither rule nor object nor value: it would silence everything"
    if len(silence.rules) > MOST_NAMED or len(silence.where) > MOST_NAMED:
        yield f"it names more than {MOST_NAMED} rules or values"
    for rule in silence.rules:
        if rule.startswith(DETECTORS):
            yield f"{rule} is the law's own detector and cannot be silenced"


def who(role: str, author: str, reason: str, roles: Sequence[str]) -> Iterator[str]:
    """Give what is wrong with who asks, and why."""
    if role not in roles:
        yield f"the role {role!r} may not do this; known: {', '.join(roles)}"
    if not (1 <= len(author) <= 100 and author.isprintable() and author.strip() == author):
        yield "the author's name must be 1 to 100 printable characters"
    shortest, longest = REASON
    if not (shortest <= len(reason.strip()) and len(reason) <= longest):
        yield f"the reason must say why, in {shortest} to {longest} characters"


def _times(silence: Silence, at: int) -> Iterator[str]:
    if silence.until <= max(silence.begins, at):
        yield "its end lies before its beginning, or in the past"
    if silence.until - min(silence.begins, at) > LONGEST:
        yield f"it would last longer than {LONGEST_DAYS} days: end it earlier, and renew it"


def _add(state: Rows, command: Command, at: int) -> Draft:
    try:
        silence = silence_of(command, at)
    except ValidationError as error:
        wrong = sorted({str(part) for each in error.errors() for part in each["loc"]})
        return _refused(command, at, [f"is no silence: {', '.join(wrong)}"])
    except (ValueError, OverflowError) as error:
        return _refused(command, at, [f"is no silence: {error}"])
    problems = problems_of(silence, at)
    if state.count("silence") >= MOST:
        problems.append(f"{MOST} silences stand already: end some")
    if problems:
        return _refused(command, at, problems)
    state.put(silence, "silence", silence.id)
    detail = as_document(silence)
    return _draft("silence_added", f"command:{command.id}", silence.id, at, command.actor, detail)


def _end(state: Rows, command: Command, at: int) -> Draft:
    wanted = str(command.detail.get("silence", ""))
    problems = list(who(command.role, command.author, command.reason, ROLES))
    if state.get(Silence, "silence", wanted) is None:
        problems.append(f"no silence {wanted!r} stands")
    if problems:
        return _refused(command, at, problems)
    state.drop("silence", wanted)
    detail = {"reason": command.reason}
    return _draft("silence_ended", f"command:{command.id}", wanted, at, command.actor, detail)


def _refused(command: Command, at: int, problems: list[str]) -> Draft:
    detail = {"command": command.name, "problems": problems}
    entry_id = f"command:{command.id}"
    return _draft("command_refused", entry_id, command.id, at, command.actor, detail)


def _draft(kind: str, entry_id: str, subject: str, at: int, actor: str, detail: Json) -> Draft:
    return Draft(
        chain="administration",
        entry_id=entry_id,
        kind=kind,
        subject=subject,
        at=at,
        actor=actor,
        detail=detail,
    )
