"""The life-cycle machine: which stage may follow which, and what must be there before (39-41-1).

Checked between the revisions of an object, in the order in which they hold. A first revision says
where an object stood when it was registered, and nothing is asked of what came before. Nothing here
depends on today: a trial that goes on too long is a duty's concern (``duties``), one whose end is
recorded later than a year after its beginning is an error.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipeline.registry.compliance import Critical
from pipeline.registry.duties import later
from pipeline.registry.history import History, Piece
from pipeline.registry.lifecycle import Act, Lifecycle
from pipeline.registry.moments import LATEST, zone_named
from pipeline.registry.records import ObjectRecord

_CREATION = ("development", "trial", "testing", "implementation", "industrial")
_AFTER: dict[str, frozenset[str]] = {
    **{
        stage: frozenset({*_CREATION[place + 1 :], "terminating"})
        for place, stage in enumerate(_CREATION)
    },
    "industrial": frozenset({"upgrade", "terminating"}),
    "upgrade": frozenset({*_CREATION[1:], "terminating"}),
    "terminating": frozenset({"written_off"}),
    "written_off": frozenset(),
}
"""Each stage, and those that may follow it: forward in creation (39(4)), upgrade only after
industrial operation (39(5)), writing off only after termination (41, 41-1)."""

_ZONE = "Asia/Almaty"  # read when it is needed: a process chooses where zones come from first


class Violation(NamedTuple):
    """What a revision breaks: the record, what is wrong with its article, and the way out."""

    record: ObjectRecord
    message: str
    way_out: str


def life_cycle_violations(history: History) -> Iterator[Violation]:
    """Give every break of the life cycle in an object's history."""
    earlier: ObjectRecord | None = None
    for _, _, record in history.spans():
        if earlier is not record:
            yield from _within(record)
            if earlier is not None:
                yield from _between(earlier, record)
        earlier = record
    yield from _long_trials(history.spans())


def _between(earlier: ObjectRecord, record: ObjectRecord) -> Iterator[Violation]:
    before, after = earlier.stage, record.stage
    if before is None or after is None or before == after:
        return
    if after not in _AFTER[before]:
        allowed = ", ".join(sorted(_AFTER[before])) or "nothing: it is final"
        message = (
            f"object {record.id!r}: stage {after} cannot follow {before} (39(4)-(5), 41, 41-1)"
        )
        yield Violation(record, message, f"after {before} may come {allowed}")
        return
    life = record.lifecycle
    if after == "industrial" and life is not None and life.exemption is None:
        yield from _acts(record, life)
    if after == "written_off" and life is not None and not life.written_off_by:
        message = f"object {record.id!r} is written off, but nothing says by whom (41-1)"
        yield Violation(record, message, "add lifecycle.written_off_by")


def _acts(record: ObjectRecord, life: Lifecycle) -> Iterator[Violation]:
    for name, act in (("trial_act", life.trial_act), ("test_act", life.test_act)):
        if act is None or act.result != "positive":
            message = (
                f"object {record.id!r}: industrial operation begins only after a successful trial "
                f"and a positive test act (39(4), 49): lifecycle.{name} is not positive"
            )
            way_out = f"add {name}: {{number: …, at: …, result: positive}}, or an exemption"
            yield Violation(record, message, way_out)


def _within(record: ObjectRecord) -> Iterator[Violation]:
    life = record.lifecycle
    if life is None:
        return
    if life.stage == "trial" and life.trial_started_at is None:
        message = f"object {record.id!r} is in trial operation without trial_started_at"
        yield Violation(record, message, "trial lasts one year at most (39(4))")
    if life.stage == "industrial":
        for name, act in (("trial_act", life.trial_act), ("test_act", life.test_act)):
            if act is not None and act.result == "negative":
                message = (
                    f"object {record.id!r} is in industrial operation with a negative {name}: "
                    "only a positive one leads there (39(4))"
                )
                yield Violation(record, message, "correct the stage or the act")
    yield from _exempted(record, life)
    yield from _dates(record, life)


def _exempted(record: ObjectRecord, life: Lifecycle) -> Iterator[Violation]:
    if life.exemption is None:
        return
    ground = life.exemption.ground
    critical: Critical | None = record.critical
    tested = {
        "critical (1(24))": critical is not None and bool(critical.list_ref),
        "of electronic government": record.e_government is not None,
        "a state body's": record.state_body,
        "for state resources": record.forms_state_eir is True,
    }
    named = next((name for name, holds in tested.items() if holds), None)
    if ground == "tests_not_required" and named is not None:
        message = f"object {record.id!r} is {named}: its tests are mandatory (49(1))"
        yield Violation(record, message, "remove lifecycle.exemption and add the acts")
    if ground == "special_state_body" and record.integrated_with_state:
        message = f"object {record.id!r} is joined to state systems: article 39 holds (39-1)"
        yield Violation(record, message, "remove lifecycle.exemption and add the acts")


def _dates(record: ObjectRecord, life: Lifecycle) -> Iterator[Violation]:
    """Give dates that stand in the wrong order (38(4), 39(4), 40(2)(9), 41)."""
    order = (
        ("trial_started_at", life.trial_started_at),
        ("trial_act.at", _at(life.trial_act)),
        ("test_act.at", _at(life.test_act)),
        ("commissioned_at", life.commissioned_at),
        ("stopped_at", life.stopped_at),
    )
    given = [(name, at) for name, at in order if at is not None]
    for place, (name, at) in enumerate(given):
        for earlier, before in given[:place]:
            tests = {earlier, name} == {"trial_act.at", "test_act.at"}
            if at < before and not tests and life.stage != "upgrade":
                message = f"object {record.id!r}: {name} is before {earlier} (39(4), 41)"
                yield Violation(record, message, "correct one of the dates")
    begun, access = life.commissioned_at, record.ncc.access_at
    if begun is not None and access is not None and access < begun and record.stage == "industrial":
        message = f"object {record.id!r}: ncc.access_at is before commissioning (38(4))"
        yield Violation(record, message, "correct one of the dates")
    state = record.state_body or record.e_government is not None
    ends = life.warranty_until
    if (
        state
        and begun is not None
        and ends is not None
        and ends < later(begun, 1, 0, 0, zone_named(_ZONE))
    ):
        message = f"object {record.id!r}: the warranty is shorter than a year (40(2)(9))"
        yield Violation(record, message, "correct lifecycle.warranty_until")


def _at(act: Act | None) -> int | None:
    return act.at if act is not None else None


def _long_trials(spans: Iterable[Piece]) -> Iterator[Violation]:
    """Give trials whose recorded end lies more than a year after their beginning (39(4))."""
    began: int | None = None
    for _, end, record in spans:
        life = record.lifecycle
        if life is None or life.stage != "trial":
            began = None
            continue
        began = life.trial_started_at if began is None else began
        if began is not None and end != LATEST and end > later(began, 1, 0, 0, zone_named(_ZONE)):
            message = f"object {record.id!r}: trial operation lasts longer than a year (39(4))"
            way_out = "record the day on which it ended, at most a year after trial_started_at"
            yield Violation(record, message, way_out)
