"""Rows of every kind for the tests of searching, and questions to them made by hypothesis."""

from typing import Any

from hypothesis import strategies as st

from pipeline.model import NANOSECONDS, FailureCode, IncidentState, NoticeState, Recipient, RuleRef
from pipeline.model.conditions import (
    All,
    Among,
    Condition,
    Either,
    Like,
    Not,
    Present,
    Within,
)
from pipeline.ports import Stores
from pipeline.ports.search_fields import FieldType, fields_of, sortable
from pipeline.ports.searching import Ask, Kind
from tests.connectors.stores.nouns import (
    at,
    batch,
    entry,
    event,
    failure,
    finding,
    incident,
    notice,
)

OBJECTS = ("power-7", "Bank-1", "water-3")
HOSTS = ("dc-1", "DC-2", "Straße", "web")
USERS = ("админ", "Админ", "root", "x")
ADDRESSES = ("10.0.0.1", "10.0.0.2", "192.168.7.1", "2001:db8::1")
STATES = tuple(IncidentState)
LARGE = 10**6


def fill(stores: Stores) -> None:
    """Write rows of every kind, several revisions, equal times, blocks that overlap."""
    for number in range(30):
        _fill_heads(stores, number)
    for number in range(8):
        kept = batch(number, object_id=OBJECTS[number % 3])
        rows = [
            event(kept, index, _time(number, index), **_ecs(number, index)) for index in range(9)
        ]
        stores.events.add(kept, rows)


def _fill_heads(stores: Stores, number: int) -> None:
    owner, when = OBJECTS[number % 3], at(number // 2)
    incidents = [
        incident(
            number, revision, object_id=owner, opened_at=when, event_count=revision + number % 4,
            state=STATES[(number + revision) % len(STATES)], trial=number % 5 == 0,
            assigned_to="" if number % 2 else "duty_lead/A.Serik", fold_key=f"key-{number % 4}",
        )
        for revision in range(1, 2 + number % 3)
    ]  # fmt: skip
    stores.incidents.put_incidents(incidents)
    rule = RuleRef(f"rule-{number % 4}", "A rule", ("low", "high")[number % 2], "h")
    stores.incidents.put_findings(
        [
            finding(
                number, 1 + number % 2, object_id=owner, rule=rule, first_event_at=when + number
            ),
            finding(
                number, 3, object_id=owner, rule=rule, first_event_at=when + number, event_count=9
            ),
        ]
    )
    made = notice(
        number, object_id=owner, created_at=when, channel=("ncc", "e-mail")[number % 2],
        recipient=Recipient("holder" if number % 3 else "ncc", owner),
        incident_id=f"I-{number % 5}",
        payload={"title": "Ұзын атау", "number": number, "list": [number, "x"]},
        state=tuple(NoticeState)[number % 6],
    )  # fmt: skip
    stores.outbox.put([made])
    stores.audit.append([entry(number + 1, chain=owner, at=when, subject=f"incident-{number % 7}")])
    code = tuple(FailureCode)[number % 4]
    stores.dead_letters.put([failure(number, object_id=owner, received_at=when, code=code)])


def _time(number: int, index: int) -> int:
    # Milliseconds shared by events of several batches, and some nanoseconds beside.
    return at(number * 3) + index % 4 * NANOSECONDS + (index * 7 % 3) * 400_000


def _ecs(number: int, index: int) -> dict[str, Any]:
    ecs: dict[str, Any] = {
        "event": {"code": str(4624 + index % 3), "category": ["process", "host"][: index % 3]},
        "host": {"name": HOSTS[(number + index) % 4], "ip": list(ADDRESSES[: index % 3])},
        "user": {"name": USERS[index % 4], "id": str(index)},
        "source": {"ip": ADDRESSES[(number * index) % 4], "port": 440 + index},
        "process": {
            "command_line": f'C:\\x.exe "-{index}" first access',
            "hash": {"sha256": f"{index:064}"},
        },
        "labels": {"any": f"Label {number % 2}"},
        "message": f"Line {number}\nof a long story",
    }
    if index % 4 == 0:
        del ecs["user"], ecs["process"]
    return {"ecs": ecs, "native": {"EventID": 4624 + index % 3, "Ok": index % 2 == 0, "Half": 0.5}}


# --- questions -----------------------------------------------------------------------------------

_MORE = {
    Kind.EVENTS: ("saqshy.native.EventID", "labels.any", "saqshy.native.Ok", "no.such.field"),
    Kind.INCIDENTS: ("assessment.acts.unauthorised_access", "assessment", "assessment.impact.PUB"),
    Kind.FINDINGS: ("group.user.name", "fields.EventID", "labels.harms.obtain"),
    Kind.NOTICES: ("payload.title", "payload.number", "payload.list"),
    Kind.AUDIT: ("detail.state", "previous_hash"),
    Kind.FAILURES: ("detail",),
}
_TEXTS = st.sampled_from(
    [
        *OBJECTS, "BANK-1", *HOSTS, "STRASSE", *USERS, *ADDRESSES, "10.0.0.0/30", "4625", "4625.0",
        "2", "NEW", "closed", "candidate", "", "true", "high", "P1", "ncc", "incident-3", "I-1",
        "first",
        "0" * 63 + "3", "Label 1", "ұзын атау", "yes", "duty_lead/a.serik", "access", "key-1",
    ]
)  # fmt: skip
_PARTS = st.one_of(
    st.tuples(st.just(""), st.sampled_from(["a", "ss", "-1", "st", "ұз", ""]), st.just("")),
    st.tuples(_TEXTS, st.just("")),
    st.tuples(st.just(""), _TEXTS),
    st.tuples(st.sampled_from(["p", "st", "10."]), st.sampled_from(["7", "e", "", "1"])),
)
_TIMES = st.one_of(
    st.integers(0, 40).map(at),
    st.integers(0, 40_000_000_000).map(lambda more: at(0) + more),
)
_NUMBERS = st.one_of(st.integers(0, 12), st.sampled_from([4625, 443, 2.5, 442.5]))


def conditions(kind: Kind) -> st.SearchStrategy[Condition]:
    """Make conditions on the fields of a kind."""
    listed = fields_of(kind)
    names = [*listed, *_MORE[kind]]
    times = [name for name, one in listed.items() if one.type is FieldType.TIME]
    numbers = [name for name, one in listed.items() if one.type is FieldType.NUMBER]
    leaves: list[st.SearchStrategy[Condition]] = [
        st.builds(
            Among, st.sampled_from(names), st.lists(_TEXTS, min_size=1, max_size=3).map(tuple)
        ),
        st.builds(
            Among, st.sampled_from(names), st.lists(_TEXTS, min_size=1, max_size=3).map(tuple)
        ),
        st.builds(Like, st.sampled_from(names), _PARTS),
        st.builds(Present, st.sampled_from(names)),
        _ranges(times, _TIMES),
        _ranges([*numbers, *_MORE[kind]], _NUMBERS),
    ]
    return st.recursive(
        st.one_of(leaves),
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.builds(All, st.lists(inner, min_size=1, max_size=3).map(tuple)),
            st.builds(Either, st.lists(inner, max_size=3).map(tuple)),
        ),
        max_leaves=4,
    )


def _ranges(names: list[str], ends: st.SearchStrategy[Any]) -> st.SearchStrategy[Condition]:
    return st.builds(
        Within,
        st.sampled_from(names),
        st.none() | ends,
        st.none() | ends,
        st.booleans(),
        st.booleans(),
    )


def questions(kind: Kind) -> st.SearchStrategy[Ask]:
    """Make questions about a kind."""
    return st.builds(
        Ask,
        kind=st.just(kind),
        where=conditions(kind),
        begin=st.none() | _TIMES,
        end=st.none() | _TIMES,
        sort=st.sampled_from(["", *sortable(kind)]),
        descending=st.booleans(),
        limit=st.integers(5, 40),
        budget=st.just(LARGE),
    )


ANY_QUESTION = st.sampled_from(list(Kind)).flatmap(questions)
