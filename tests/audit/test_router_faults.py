"""Faults put into the router, the verdict's route, the clock and the outbox of a real run.

Each is the subject of its test, so our own code is changed on purpose; everything else is real.
The auditor must find it, and nothing else.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from connectors.sinks.folder import FolderSink
from pipeline.assess import assessment as judging
from pipeline.incidents import fold
from pipeline.incidents.revisions import linked as really_linked
from pipeline.model import (
    GuardDecision,
    Incident,
    Notice,
    NoticeState,
    Receipt,
    Recipient,
    notice_id,
)
from pipeline.notify import compose, courier, routing
from pipeline.notify.changes import Owed, Told
from pipeline.notify.changes import owed as really_owed
from pipeline.notify.payload import payload_model
from pipeline.runtime import chain, dispatch
from pipeline.runtime.chainer import audited as really_audited
from tests.audit.runs import DAY, MINUTE, SECOND, UNKNOWN, WORSE, YES, Run, found, run, told

Patch = pytest.MonkeyPatch
HOUR = 60 * MINUTE


def owing(
    patch: Patch, change: Callable[[Incident, Owed], list[Owed]], added: list[Owed] | None = None
) -> None:
    """Let the router owe something else: each duty changed, and some added to each revision."""
    real = really_owed

    def owed(incident: Incident, previous: Incident | None, told: Told) -> Iterator[Owed]:
        for one in real(incident, previous, told):
            yield from change(incident, one)
        yield from added or ()

    patch.setattr(routing, "owed", owed)


def making(patch: Patch, change: Callable[[Notice], list[Notice]]) -> None:
    """Let the router write other notices than it would."""
    real = routing.notices_for

    def notices_for(*args: Any) -> list[Notice]:
        return [made for one in real(*args) for made in change(one)]

    patch.setattr("pipeline.runtime.stages.notices_for", notices_for)


def judged(patch: Patch, name: str, change: Callable[..., Any]) -> None:
    """Let a part of the verdict come out otherwise; ``change`` gets the real part first."""
    real = getattr(judging, name)
    patch.setattr(judging, name, lambda *args, **named: change(real, *args, **named))


def to(role: str, kind: str = "first") -> Callable[[Any], bool]:
    """Tell a duty or notice of one kind to one role."""
    return lambda one: one.recipient.role == role and getattr(one, "leg", None) in (kind, None)


def only(mine: Callable[[Any], bool], change: Callable[[Any], list[Any]]) -> Callable[[Any], Any]:
    """Change what is meant, and leave everything else."""
    return lambda one: change(one) if mine(one) else [one]


def one_entry(one: Run) -> None:
    """Let somebody enter the bank, and tell it."""
    one.find("kz-bank", "entry", YES)
    one.deliver()


def and_worse(one: Run) -> None:
    """Let it be found graver then."""
    one_entry(one)
    one.find("kz-bank", "entry", WORSE)
    one.deliver()


def and_again(one: Run) -> None:
    """Let the same be found again, which changes nothing that must be told."""
    one_entry(one)
    one.find("kz-bank", "entry", YES)
    one.deliver()


def and_nothing(one: Run) -> None:
    """Let it be refuted then."""
    one_entry(one)
    one.find("kz-bank", "entry", None)
    one.deliver()


def and_closed(one: Run) -> None:
    """Let the duty lead close it then."""
    one_entry(one)
    one.command("close", one.incident("kz-bank"), verdict="true")
    one.deliver()


def undecided(one: Run) -> None:
    """Let something happen that a person must decide."""
    one.find("kz-energy-tec", "entry-tec", UNKNOWN)
    one.deliver()


def unattested(one: Run) -> None:
    """Let somebody enter an object that nobody attested open."""
    one.find("kz-unattested", "entry-un", YES)
    one.deliver()


def hosting(one: Run) -> None:
    """Let somebody enter a data centre on which others stand."""
    one.find("kz-dc", "entry-dc", YES)
    one.deliver()


def marked(one: Run) -> None:
    """Let a record with a secrecy mark come."""
    one.find("kz-bank", "marked", replace(YES, fixed_class="withheld_record"))
    one.deliver()


# --- the router ---


def forgets(patch: Patch) -> None:
    mine = to("ncc")
    owing(patch, lambda _, one: [] if mine(one) else [one])


def forgets_kind(kind: str) -> Callable[[Patch], None]:
    def fault(patch: Patch) -> None:
        owing(
            patch,
            lambda _, one: [] if one.kind == kind and one.recipient.role == "ncc" else [one],
        )

    return fault


def other_party(patch: Patch) -> None:
    def change(_: Incident, one: Owed) -> list[Owed]:
        if one.recipient.role == "holder":
            return [replace(one, recipient=Recipient("holder", "tec-holder"))]
        return [one]

    owing(patch, change)


def other_role(patch: Patch) -> None:
    def change(_: Incident, one: Owed) -> list[Owed]:
        if one.recipient.role == "holder":
            return [replace(one, recipient=Recipient("owner", one.recipient.party_id))]
        return [one]

    owing(patch, change)


def other_kind(patch: Patch) -> None:
    def change(_: Incident, one: Owed) -> list[Owed]:
        if one.kind == "update" and one.recipient.role == "ncc":
            return [replace(one, kind="final", opening="final")]
        return [one]

    owing(patch, change)


def outside(patch: Patch) -> None:
    owed = Owed(
        "first", Recipient("holder", "tec-holder"), "kz-418-V/7-2(1)(2)", "statute", "first"
    )
    owing(patch, lambda _, one: [one], [owed])


def storms(patch: Patch) -> None:
    again(patch, "update")


def first_again(patch: Patch) -> None:
    again(patch, "first")


def again(patch: Patch, kind: str) -> None:
    """Let every later revision owe the coordination centre one notice more."""
    real = really_owed
    more = Owed(kind, Recipient("ncc", "kz-ncc"), "kz-418-V/7-2(1)(2)", "statute", kind)

    def owed(incident: Incident, previous: Incident | None, told: Told) -> Iterator[Owed]:
        yield from real(incident, previous, told)
        if previous is not None:
            yield more

    patch.setattr(routing, "owed", owed)


def stranger(patch: Patch) -> None:
    owed = Owed("first", Recipient("owner", "tec-owner"), "kz-418-V/16", "statute", "first")
    owing(patch, lambda _, one: [one], [owed])


def changed(mine: Callable[[Any], bool], **fields: Any) -> Callable[[Patch], None]:
    """Make a fault of fields that one notice gets wrong."""

    def fault(patch: Patch) -> None:
        making(patch, only(mine, lambda one: [replace(one, **fields)]))

    return fault


def moved(mine: Callable[[Any], bool], name: str, by: int) -> Callable[[Patch], None]:
    """Make a fault of a time that one notice gets wrong."""

    def fault(patch: Patch) -> None:
        making(patch, only(mine, lambda one: [replace(one, **{name: getattr(one, name) + by})]))

    return fault


def no_such_revision(patch: Patch) -> None:
    def change(one: Notice) -> list[Notice]:
        name = notice_id(one.incident_id, one.leg, 9, one.recipient)
        return [one, replace(one, id=name, revision=9, ordinal=9)]

    making(patch, only(to("ncc"), change))


def no_such_incident(patch: Patch) -> None:
    def change(one: Notice) -> list[Notice]:
        name = notice_id("0" * 32, one.leg, 1, one.recipient)
        return [one, replace(one, id=name, incident_id="0" * 32)]

    making(patch, only(to("ncc"), change))


def other_ordinal(patch: Patch) -> None:
    def change(one: Notice) -> list[Notice]:
        name = notice_id(one.incident_id, one.leg, 1, one.recipient)
        return [replace(one, id=name, revision=1, ordinal=1)]

    making(patch, only(to("ncc", "update"), change))


def verdict_to_guest(patch: Patch) -> None:
    real = payload_model
    fact = real("first", ())
    patch.setattr(
        compose, "payload_model", lambda kind, guests: fact if guests else real(kind, guests)
    )


def host_to_guest(patch: Patch) -> None:
    patch.setattr(routing, "object_code", lambda *_: "KZ-DC-000006")


def details_of_marked(patch: Patch) -> None:
    patch.setattr(routing, "disclosure", lambda *_: "open")
    patch.setattr(courier, "disclosure", lambda *_: "open")


def milder(patch: Patch) -> None:
    real = compose.Composer.__call__

    def composed(self: Any, owed: Owed, *args: Any, **named: Any) -> Any:
        said = real(self, owed, *args, **named)
        return {**said, "severity": "low"} if owed.recipient.role == "ncc" else said

    patch.setattr(compose.Composer, "__call__", composed)


def tells_the_held(patch: Patch) -> None:
    making(patch, only(to("ncc"), lambda one: [replace(one, state=NoticeState.PENDING)]))
    patch.setattr(courier.Courier, "guarded", lambda _self, notice, _now: notice)


# --- the verdict's route, the guard, the fold ---


def union_without(role: str) -> Callable[[Patch], None]:
    def fault(patch: Patch) -> None:
        judged(
            patch,
            "route",
            lambda real, demands, *args: real([d for d in demands if d.role != role], *args),
        )

    return fault


def union_with(patch: Patch) -> None:
    def route(real: Any, demands: Any, *args: Any) -> Any:
        legs = real(demands, *args)
        return (*legs, replace(legs[0], role="hosted_owner", party_id="clinic-owner"))

    judged(patch, "route", route)


def opens_all(patch: Patch) -> None:
    judged(patch, "decide", lambda *_args, **_named: GuardDecision("open", "attested_open"))


def opening_moved(patch: Patch) -> None:
    real = really_linked

    def linked(made: Incident, last: Incident) -> Incident:
        return real(replace(made, opened_at=made.opened_at + last.revision * SECOND), last)

    patch.setattr(fold, "linked", linked)


def other_hash_in_trail(patch: Patch) -> None:
    real = chain._incident_draft
    patch.setattr(
        chain,
        "_incident_draft",
        lambda revised: replace(real(revised), detail={**real(revised).detail, "hash": "0" * 64}),
    )


# --- the outbox ---


def receipts(change: Callable[[Notice], Notice]) -> Callable[[Patch], None]:
    """Make a fault of what the courier keeps of an answer."""

    def fault(patch: Patch) -> None:
        real = courier._received

        def received(notice: Notice, receipt: Receipt) -> Notice:
            kept = real(notice, receipt)
            return change(kept) if notice.recipient.role == "ncc" else kept

        patch.setattr(courier, "_received", received)

    return fault


def acknowledged(notice: Notice) -> Notice:
    return replace(notice, state=NoticeState.ACKNOWLEDGED)


def without_receipt(notice: Notice) -> Notice:
    return replace(notice, receipt=None)


def with_receipt(**fields: Any) -> Callable[[Notice], Notice]:
    """Give a change of an answer."""

    def change(notice: Notice) -> Notice:
        assert notice.receipt is not None
        return replace(notice, receipt=replace(notice.receipt, **fields))

    return change


def for_other_content(notice: Notice) -> Notice:
    assert notice.receipt is not None
    body = {**notice.receipt.body, "sha256": "0" * 64}
    return replace(notice, receipt=replace(notice.receipt, body=body))


def early(notice: Notice) -> Notice:
    assert notice.receipt is not None
    at = notice.receipt.received_at - DAY
    return replace(notice, receipt=replace(notice.receipt, received_at=at))


def ahead(notice: Notice) -> Notice:
    assert notice.receipt is not None
    at = notice.receipt.received_at + DAY
    return replace(notice, receipt=replace(notice.receipt, received_at=at))


def untold(patch: Patch) -> None:
    real = really_audited

    def audited(store: Any, drafts: Any) -> Any:
        return real(store, [one for one in drafts if one.detail.get("recipient") != "ncc:kz-ncc"])

    patch.setattr(dispatch, "audited", audited)


def sends_other_bytes(patch: Patch) -> None:
    real = FolderSink.deliver

    def deliver(self: FolderSink, notice: Notice, now: int) -> Receipt:
        sent = replace(notice, language="en") if notice.recipient.role == "ncc" else notice
        return real(self, sent, now)

    patch.setattr(FolderSink, "deliver", deliver)


def nothing_is_patched(_patch: Patch) -> None:
    """Change nothing: the fault lies in what happens."""


# --- what happens, for faults of clock and delivery ---


def told_late(one: Run) -> None:
    """Let the dispatcher stand still for ten minutes."""
    one.find("kz-energy-tec", "entry-tec", UNKNOWN)
    one.made.clock.advance_to(one.now + 10 * MINUTE)
    one.deliver()


def never_told(one: Run) -> None:
    """Let the dispatcher stand still for good."""
    one.find("kz-energy-tec", "entry-tec", UNKNOWN)
    one.made.clock.advance_to(one.now + HOUR)


def clock_back(one: Run) -> None:
    """Let the clock go back by a day between two revisions."""
    one_entry(one)
    one.made.clock._at -= DAY
    one.find("kz-bank", "entry", YES)


def tried_before_made(one: Run) -> None:
    """Let the clock go back by a minute before the delivery."""
    one.find("kz-energy-tec", "entry-tec", UNKNOWN)
    one.made.clock._at -= 30 * SECOND
    one.deliver()


@dataclass(frozen=True)
class Fault:
    """One fault: what is broken, what happens, what the auditor must say."""

    put: Callable[[Patch], None]
    happens: Callable[[Run], None]
    kind: str
    what: str


NCC, FIRST = to("ncc"), to("ncc", "first")
FAULTS = {
    "a recipient is forgotten": Fault(forgets_kind("first"), one_entry, "missing", "first"),
    "an update is forgotten": Fault(forgets_kind("update"), and_worse, "missing", "update"),
    "a correction is forgotten": Fault(
        forgets_kind("correction"), and_nothing, "missing", "correction"
    ),
    "a final is forgotten": Fault(forgets_kind("final"), and_closed, "missing", "final"),
    "another's holder is told": Fault(other_party, one_entry, "wrong", "wrong_party"),
    "another role is told": Fault(other_role, one_entry, "wrong", "wrong_role"),
    "another leg is written": Fault(other_kind, and_worse, "wrong", "wrong_leg"),
    "a candidate is told outside": Fault(outside, undecided, "wrong", "told_undecided"),
    "a repeat is told": Fault(storms, and_again, "wrong", "unowed"),
    "a first is told again": Fault(first_again, and_worse, "duplicate", "again"),
    "a stranger is told": Fault(stranger, one_entry, "wrong", "not_concerned"),
    "a term is too long": Fault(moved(NCC, "due_at", HOUR), one_entry, "wrong", "due"),
    "a policy passes for statute": Fault(
        changed(to("ncc", "update"), set_by="statute"), and_worse, "wrong", "basis"
    ),
    "a notice is older than its revision": Fault(
        moved(NCC, "created_at", -SECOND), one_entry, "wrong", "made_before"
    ),
    "a notice is younger than its revision": Fault(
        moved(NCC, "created_at", SECOND), one_entry, "wrong", "made_after"
    ),
    "another object's file": Fault(changed(NCC, object_id="kz-dc"), one_entry, "wrong", "object"),
    "a revision that is not there": Fault(no_such_revision, one_entry, "wrong", "no_such_revision"),
    "an incident that is not there": Fault(
        no_such_incident, one_entry, "wrong", "no_such_incident"
    ),
    "another revision's number": Fault(other_ordinal, and_worse, "wrong", "wrong_revision"),
    "the verdict goes to a guest": Fault(verdict_to_guest, hosting, "wrong", "leak"),
    "the host is named to a guest": Fault(host_to_guest, hosting, "wrong", "untrue"),
    "details of a marked record leave": Fault(details_of_marked, marked, "wrong", "leak"),
    "a milder severity is told": Fault(milder, one_entry, "wrong", "untrue"),
    "a wrong language": Fault(
        changed(to("sectoral_centre"), language="en"), one_entry, "wrong", "language"
    ),
    "a way that does not lead there": Fault(
        changed(to("holder"), channel="ncc"), one_entry, "wrong", "channel"
    ),
    "held without ground": Fault(
        changed(NCC, state=NoticeState.HELD), one_entry, "wrong", "held_without_ground"
    ),
    "what is held leaves": Fault(tells_the_held, unattested, "wrong", "sent_while_held"),
    "the union forgets a row": Fault(
        union_without("sectoral_centre"), one_entry, "wrong", "route_lacks.sectoral_centre"
    ),
    "the union has a row too many": Fault(
        union_with, one_entry, "wrong", "route_names.hosted_owner"
    ),
    "the guard opens what is not attested": Fault(opens_all, unattested, "wrong", "guard"),
    "the opening moves": Fault(opening_moved, and_again, "broken", "opening"),
    "the trail names another hash": Fault(
        other_hash_in_trail, one_entry, "broken", "other_in_trail"
    ),
    "acknowledged by a folder": Fault(receipts(acknowledged), one_entry, "wrong", "receipt_kind"),
    "sent without a receipt": Fault(receipts(without_receipt), one_entry, "wrong", "no_receipt"),
    "a receipt of another notice": Fault(
        receipts(with_receipt(notice_id="0" * 32)), one_entry, "wrong", "receipt_notice"
    ),
    "a receipt of another recipient": Fault(
        receipts(with_receipt(recipient="holder:tec-holder")),
        one_entry,
        "wrong",
        "receipt_recipient",
    ),
    "a receipt for another content": Fault(
        receipts(for_other_content), one_entry, "wrong", "receipt_content"
    ),
    "other bytes are sent": Fault(sends_other_bytes, one_entry, "wrong", "receipt_content"),
    "a receipt from before": Fault(receipts(early), one_entry, "wrong", "receipt_early"),
    "a receipt from later": Fault(receipts(ahead), one_entry, "wrong", "receipt_ahead"),
    "an attempt without a trace": Fault(untold, one_entry, "broken", "trail_disagrees"),
    "told late": Fault(nothing_is_patched, told_late, "late", "left_late"),
    "never told": Fault(nothing_is_patched, never_told, "late", "overdue"),
    "the clock goes back": Fault(nothing_is_patched, clock_back, "broken", "clock"),
    "tried before it was made": Fault(nothing_is_patched, tried_before_made, "broken", "clock"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_found_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    """The auditor names the fault that was put in, and no other."""
    fault.put(monkeypatch)
    with run(tmp_path) as one:
        fault.happens(one)
        said = {(kind, what.rsplit(".", 1)[0]) if what.startswith("route_") else (kind, what)
                for kind, what in told(found(one.store, one.now))}  # fmt: skip
    assert said == {(fault.kind, fault.what)}


HAPPENINGS = [
    one_entry, and_worse, and_again, and_nothing, and_closed, undecided, unattested, hosting, marked
]  # fmt: skip


@pytest.mark.parametrize("happens", HAPPENINGS, ids=lambda one: one.__name__)
def test_without_a_fault_nothing_is_found(tmp_path: Path, happens: Callable[[Run], None]) -> None:
    """What the faults are put into is clean without them."""
    with run(tmp_path) as one:
        happens(one)
        assert found(one.store, one.now) == []
