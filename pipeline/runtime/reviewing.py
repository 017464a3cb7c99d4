"""What waits for a person: new kinds of events, what no parser takes, drops, candidates.

The law counts a situation that was not known before among the events (1(30), second limb), and a
verdict *unknown* is a person's to decide. A person accepts a line with a reason; that is a
journalled command, so a rebuild from the journal gives the same queue.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from pipeline.correlate.novelty import NoveltyRow, accept, waiting
from pipeline.correlate.presence import SourceRow
from pipeline.correlate.volume_row import VolumeRow
from pipeline.correlate.watching import Numbers
from pipeline.incidents.audit import Draft
from pipeline.incidents.silences import who
from pipeline.model import NANOSECONDS, Command, IncidentState, Json, from_json
from pipeline.model.rows import Rows
from pipeline.ports import Stores
from pipeline.runtime.chain import STATE_TYPES

ACCEPT = "review_accept"
ROLES = ("analyst", "duty_lead")  # SPEC 6: the centre's own people who decide on findings
GIVEN = frozenset({"object_id", "items"})
MOST_ITEMS = 100
BASIS = "kz-418-V/1(30)"
_KINDS = ('["novel"', '["novelty"', '["volume"', '["source"')
NO_OBJECT = "@"
"""The beginning of the names under which state is kept that is no object's."""
_DAY = 86_400 * NANOSECONDS
_HOUR = 3_600 * NANOSECONDS


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of the queue: what it is, where, since when, how many events.

    ``what``: ``novel``, ``unparsed``, ``drop`` or ``candidate``; ``name`` is what ``accept`` takes
    (of a candidate: the incident's id), ``text`` the kind of events or what is judged.
    """

    what: str
    name: str
    object_id: str
    source_id: str
    text: str
    since: int
    last_at: int
    count: int
    batch: str = ""


@dataclass(frozen=True, slots=True)
class Uncounted:
    """Events of kinds that a day did not tell one by one; ``day`` is its first instant."""

    object_id: str
    day: int
    events: int


def queue(stores: Stores) -> Iterator[Waiting | Uncounted]:
    """Give what waits at every object, then the candidates; reads the state of every object."""
    for object_id in stores.state.objects():
        if object_id.startswith(NO_OBJECT):
            continue
        kept = stores.state.load(object_id)
        only = {key: data for key, data in kept.items() if key.startswith(_KINDS)}
        yield from _of_object(Rows(object_id, STATE_TYPES, only))
    for incident in stores.incidents.latest():
        if incident.state is IncidentState.CANDIDATE:
            yield Waiting(
                what="candidate",
                name=incident.id,
                object_id=incident.object_id,
                source_id="",
                text=incident.assessment.rsit,
                since=incident.opened_at,
                last_at=incident.last_event_at,
                count=incident.event_count,
            )


def heard(stores: Stores, object_id: str) -> set[str]:
    """Give the sources of an object that were ever heard."""
    kept = stores.state.load(object_id)
    only = {key: data for key, data in kept.items() if key.startswith('["source"')}
    rows = Rows(object_id, STATE_TYPES, only)
    return {parts[0] for parts, row in rows.all(SourceRow, "source") if row.sequence}


def _of_object(state: Rows) -> Iterator[Waiting | Uncounted]:
    for name, line in waiting(state):
        yield Waiting(
            what=line.what,
            name=name,
            object_id=state.object_id,
            source_id=line.source,
            text=line.kind,
            since=line.first_at,
            last_at=line.last_at,
            count=line.count,
            batch=line.batch,
        )
    for (source_id,), volume in state.all(VolumeRow, "volume"):
        if volume.stands:
            yield Waiting(
                what="drop",
                name=volume.finding,
                object_id=state.object_id,
                source_id=source_id,
                text=", ".join(stream or "all" for stream in volume.down),
                since=volume.since * _HOUR,
                last_at=volume.told * _HOUR,
                count=0,
            )
    novelty = state.get(NoveltyRow, "novelty")
    for day, events in novelty.more if novelty is not None else ():
        yield Uncounted(state.object_id, day * _DAY, events)


def obey_review(
    state: Callable[[str], Rows], record: bytes, numbers: Numbers, at: int
) -> tuple[Draft, Rows | None] | None:
    """Fold a command about the queue: its audit entry, and the state that it changed.

    None where the record is another command. What cannot be obeyed changes nothing and is audited
    with the reason.
    """
    try:
        command = from_json(Command, record)
    except ValidationError:
        return None  # told by whoever reads the other commands
    if command.name != ACCEPT:
        return None
    problems = review_problems(command)
    if problems:
        return _refused(command, at, problems), None
    rows = state(str(command.detail["object_id"]))
    taken: list[Json] = []
    for name in command.detail["items"]:
        found = _accepted(rows, str(name), at, numbers.unparsed_days * _DAY)
        if found is None:
            problems.append(f"nothing of the name {name!r} waits at {rows.object_id}")
        else:
            taken.append(found)
    if not taken:
        return _refused(command, at, problems), None
    detail: Json = {"object": rows.object_id, "reason": command.reason, "items": taken}
    if problems:
        detail["not_found"] = problems
    return _draft("review_accepted", command, at, detail), rows


def review_problems(command: Command) -> list[str]:
    """Give what stands against a command, whatever waits; empty where nothing."""
    problems = list(who(command.role, command.author, command.reason, ROLES))
    unknown = sorted(command.detail.keys() - GIVEN)
    if unknown:
        problems.append(f"unknown keys: {', '.join(unknown)}")
    object_id, items = command.detail.get("object_id"), command.detail.get("items")
    if not isinstance(object_id, str) or not object_id or object_id.startswith(NO_OBJECT):
        problems.append("it names no object")
    if not _names(items):
        problems.append(f"it must name 1 to {MOST_ITEMS} lines of the queue")
    return problems


def _names(items: object) -> bool:
    if not isinstance(items, list) or not 1 <= len(items) <= MOST_ITEMS:
        return False
    return all(isinstance(one, str) and len(one) <= MOST_ITEMS for one in items)


def _accepted(rows: Rows, name: str, at: int, quiet: int) -> Json | None:
    line = accept(rows, name, at, quiet)
    if line is not None:
        return {
            "name": name,
            "what": line.what,
            "kind": line.kind,
            "source": line.source,
            "events": line.count,
        }
    for (source_id,), volume in rows.all(VolumeRow, "volume"):
        if volume.stands and volume.finding == name and not volume.relearn:
            volume.relearn = True
            rows.put(volume, "volume", source_id)
            return {"name": name, "what": "drop", "source": source_id}
    return None


def _refused(command: Command, at: int, problems: Sequence[str]) -> Draft:
    detail: Json = {"command": command.name, "problems": list(problems)}
    return _draft("command_refused", command, at, detail)


def _draft(kind: str, command: Command, at: int, detail: Json) -> Draft:
    return Draft(
        chain="administration",
        entry_id=f"command:{command.id}",
        kind=kind,
        subject=str(detail.get("object", command.id)),
        at=at,
        actor=command.actor,
        detail=detail,
    )
