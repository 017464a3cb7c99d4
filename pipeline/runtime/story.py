"""The bundled story: a written night of records, expanded into what arrives and when.

A story (``rules/scenario/story.yml``) names senders, messages with ``${placeholders}``, background
noise and phases. Its expansion is pure: the same document and seed give the same bytes in every
process, on every machine and Python version.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import orjson
from pydantic import BaseModel, ConfigDict, Field

from pipeline.documents import Document, Place, read_yaml, validated
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import NANOSECONDS, Instant

MILLISECOND = 1_000_000
PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


class Part(BaseModel):
    """A frozen part of the story; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Between(Part):
    """A whole number drawn anew each time, both ends included."""

    from_: Annotated[int, Field(alias="from")]
    to: int


class Hex(Part):
    """That many hexadecimal digits, drawn anew each time."""

    hex: Annotated[int, Field(ge=1, le=64)]


class Cycle(Part):
    """One after the other, from the start again at the end."""

    cycle: Annotated[tuple[str | int, ...], Field(min_length=1)]


Value: TypeAlias = str | int | Between | Hex | Cycle | tuple[str | int, ...]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
TimeOfDay = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$")]
Form: TypeAlias = Literal["rfc3164", "rfc5424", "windows", "json"]


class Sender(Part):
    """A host: the listener its records reach, and the form in which it writes them."""

    listener: str
    form: Form
    values: dict[str, Value] = {}


class Message(Part):
    """What a host writes: a line of text for syslog, or fields for a JSON record.

    ``severity`` and ``facility`` are those of RFC 5424, section 6.2.1.
    """

    app: str = "-"
    facility: Annotated[int, Field(ge=0, le=23)] = 4
    severity: Annotated[int, Field(ge=0, le=7)] = 6
    text: str = ""
    fields: dict[str, Any] = {}


class Noise(Part):
    """Records that a host writes all night, on average each ``every`` seconds."""

    sender: str
    message: str
    every: Seconds
    begins: TimeOfDay | None = None
    ends: TimeOfDay | None = None
    values: dict[str, Value] = {}


class Act(Part):
    """Records of a phase: ``times`` of them, ``every`` seconds, ``after`` the phase's beginning.

    ``late`` is how many seconds after its own time each arrives.
    """

    sender: str
    message: str
    after: Annotated[float, Field(ge=0, le=86_400)] = 0
    times: Annotated[int, Field(ge=1, le=10_000)] = 1
    every: Seconds = 1
    late: Annotated[float, Field(ge=0, le=86_400)] = 0
    values: dict[str, Value] = {}


class Narration(Part):
    """What the terminal says where a phase begins."""

    en: str
    kk: str = ""
    ru: str = ""


class Phase(Part):
    """A stretch of the story with what happens in it."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    at: TimeOfDay
    narration: Narration
    acts: tuple[Act, ...] = ()


class Story(Part):
    """A whole story. Times of day are local to ``offset_minutes`` east of UTC on ``date``."""

    title: str
    date: date
    offset_minutes: Annotated[int, Field(ge=-840, le=840)]
    seed: int
    begins: TimeOfDay
    ends: TimeOfDay
    listeners: dict[str, Literal["udp", "tcp", "file"]]
    senders: dict[str, Sender]
    messages: dict[str, Message]
    noise: tuple[Noise, ...]
    phases: tuple[Phase, ...]

    def instant(self, time: str) -> Instant:
        """Give nanoseconds since the epoch of a time of day of the story."""
        hours, minutes, seconds = map(int, time.split(":"))
        midnight = datetime(self.date.year, self.date.month, self.date.day, tzinfo=UTC)
        local = int(midnight.timestamp()) + hours * 3600 + minutes * 60 + seconds
        return (local - self.offset_minutes * 60) * NANOSECONDS


@dataclass(frozen=True, slots=True)
class Step:
    """One record on its way: what is handed to a listener at an instant, without a frame.

    ``event_at`` is the time that the record bears; ``phase`` is "" for background noise.
    """

    at: Instant
    event_at: Instant
    channel: str
    listener: str
    host: str
    payload: bytes
    phase: str


@dataclass(frozen=True, slots=True)
class Told:
    """A line of narration and when the terminal shows it."""

    at: Instant
    phase: str
    texts: Mapping[str, str]


def load_story(path: Path) -> Story:
    """Read a story; ConfigurationError with every problem at its file and line."""
    document = read_yaml(path)
    story = validated(Story, document)
    problems = list(_problems(story, document))
    if problems:
        raise ConfigurationError(problems)
    return story


def narration(story: Story) -> tuple[Told, ...]:
    """Give what is told, in order of time; English stands in for a language that is absent."""
    told = [
        Told(
            story.instant(phase.at),
            phase.id,
            {name: text or phase.narration.en for name, text in phase.narration},
        )
        for phase in story.phases
    ]
    return tuple(sorted(told, key=lambda one: one.at))


def expand(story: Story) -> Iterator[Step]:
    """Give every record in the order of its arrival."""
    numbers: Counter[str] = Counter()
    for planned in sorted(_plan(story), key=lambda one: one.at):
        sender = story.senders[planned.sender]
        numbers[planned.sender] += 1
        yield Step(
            at=planned.at,
            event_at=planned.event_at,
            channel=story.listeners[sender.listener],
            listener=sender.listener,
            host=planned.sender,
            payload=_render(story, planned, numbers[planned.sender]),
            phase=planned.phase,
        )


@dataclass(frozen=True, slots=True)
class _Planned:
    at: Instant
    event_at: Instant
    sender: str
    message: Message
    values: Mapping[str, str | int]
    phase: str


def _plan(story: Story) -> Iterator[_Planned]:
    for index, noise in enumerate(story.noise):
        chance = random.Random(f"{story.seed}/noise/{index}")  # noqa: S311 (a story, no secret)
        at = story.instant(noise.begins or story.begins)
        ends = story.instant(noise.ends or story.ends)
        number = 0
        while (at := at + _jittered(noise.every, chance)) < ends:
            yield _planned(story, noise, at, 0, number, chance, "")
            number += 1
    for phase in story.phases:
        for index, act in enumerate(phase.acts):
            chance = random.Random(f"{story.seed}/{phase.id}/{index}")  # noqa: S311 (the same)
            at = story.instant(phase.at) + round(act.after * 1000) * MILLISECOND
            for number in range(act.times):
                late = round(act.late * 1000) * MILLISECOND
                yield _planned(story, act, at, late, number, chance, phase.id)
                at += _jittered(act.every, chance)


def _jittered(every: float, chance: random.Random) -> int:
    """Give between half and one and a half of a mean, in whole milliseconds as nanoseconds."""
    return max(1, round(every * 1000 * (0.5 + chance.random()))) * MILLISECOND


def _planned(
    story: Story,
    part: Noise | Act,
    at: Instant,
    late: int,
    number: int,
    chance: random.Random,
    phase: str,
) -> _Planned:
    values = {"host": part.sender, **story.senders[part.sender].values, **part.values}
    drawn = {name: _drawn(value, number, chance) for name, value in values.items()}
    message = story.messages[part.message]
    return _Planned(at + late, at, part.sender, message, drawn, phase)


def _drawn(value: Value, number: int, chance: random.Random) -> str | int:
    # Only random() promises the same sequence in every version of Python.
    if isinstance(value, Between):
        return value.from_ + int(chance.random() * (value.to - value.from_ + 1))
    if isinstance(value, Hex):
        return "".join("0123456789abcdef"[int(chance.random() * 16)] for _ in range(value.hex))
    if isinstance(value, Cycle):
        return value.cycle[number % len(value.cycle)]
    if isinstance(value, tuple):
        return value[int(chance.random() * len(value))]
    return value


def _render(story: Story, planned: _Planned, number: int) -> bytes:
    if story.senders[planned.sender].form.startswith("rfc"):
        return _syslog(story, planned, number)
    moment = datetime.fromtimestamp(planned.event_at // NANOSECONDS, UTC)
    stamp = f"{moment:%Y-%m-%dT%H:%M:%S}.{_milliseconds(planned)}Z"
    head: dict[str, Any] = {"@timestamp": stamp, "host": {"name": planned.sender}}
    if story.senders[planned.sender].form == "windows":
        head = {"TimeCreated": stamp, "Hostname": planned.sender, "EventRecordID": number}
    return orjson.dumps({**head, **_filled_fields(planned.message.fields, planned.values)})


def _syslog(story: Story, planned: _Planned, number: int) -> bytes:
    message, offset = planned.message, story.offset_minutes
    local = datetime.fromtimestamp(planned.event_at // NANOSECONDS + offset * 60, UTC)
    priority = message.facility * 8 + message.severity
    text = _filled(message.text, planned.values)
    if story.senders[planned.sender].form == "rfc3164":
        stamp = f"{MONTHS[local.month - 1]} {local.day:2d} {local:%H:%M:%S}"
        return f"<{priority}>{stamp} {planned.sender} {message.app}: {text}".encode()
    zone = f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"
    stamp = f"{local:%Y-%m-%dT%H:%M:%S}.{_milliseconds(planned)}{zone}"
    head = f"<{priority}>1 {stamp} {planned.sender} {message.app} {2000 + number} - -"
    return f"{head} {text}".encode()


def _milliseconds(planned: _Planned) -> str:
    return f"{planned.event_at // MILLISECOND % 1000:03d}"


def _filled(text: str, values: Mapping[str, str | int]) -> str:
    return PLACEHOLDER.sub(lambda found: str(values[found[1]]), text)


def _filled_fields(template: Any, values: Mapping[str, str | int]) -> Any:
    if isinstance(template, dict):
        return {name: _filled_fields(item, values) for name, item in template.items()}
    if isinstance(template, list):
        return [_filled_fields(item, values) for item in template]
    if not isinstance(template, str):
        return template
    whole = PLACEHOLDER.fullmatch(template)
    return values[whole[1]] if whole else _filled(template, values)


def _problems(story: Story, document: Document) -> Iterator[Problem]:
    for name, sender in story.senders.items():
        if sender.listener not in story.listeners:
            yield document.problem(
                ("senders", name, "listener"), f"there is no listener {sender.listener!r}"
            )
    for index, noise in enumerate(story.noise):
        yield from _part_problems(story, noise, document, ("noise", index))
    for at, phase in enumerate(story.phases):
        if not story.begins <= phase.at <= story.ends:
            yield document.problem(("phases", at, "at"), "lies outside the story")
        for index, act in enumerate(phase.acts):
            yield from _part_problems(story, act, document, ("phases", at, "acts", index))


def _part_problems(
    story: Story, part: Noise | Act, document: Document, place: Place
) -> Iterator[Problem]:
    sender, message = story.senders.get(part.sender), story.messages.get(part.message)
    if sender is None:
        yield document.problem((*place, "sender"), f"there is no sender {part.sender!r}")
    if message is None:
        yield document.problem((*place, "message"), f"there is no message {part.message!r}")
    if sender is None or message is None:
        return
    wanted = "text" if sender.form.startswith("rfc") else "fields"
    if not getattr(message, wanted):
        yield document.problem(
            (*place, "message"), f"{part.message!r} has no {wanted}, and {part.sender} needs them"
        )
    known = {"host", *sender.values, *part.values}
    body = message.text if wanted == "text" else orjson.dumps(message.fields).decode()
    for name in sorted(set(PLACEHOLDER.findall(body)) - known):
        yield document.problem(place, f"nothing gives a value for ${{{name}}}", "add it to values")
