"""Every role x endpoint x object x field, held against a table that the policy has no part in.

The table is read off SPEC 6 and the digests by hand: which objects' rows a role may see whole and
which as stubs, and which of the words that stand in them; with several factors and without.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pytest

from pipeline.access import Factor, NotAskable, Role, Viewer
from pipeline.model import Json
from pipeline.model.conditions import Condition, Either, Like, Not, Present
from pipeline.ports.search_fields import fields_of, sortable
from pipeline.ports.searching import Kind
from pipeline.web.desk import Asked, Desk
from tests.web.api.browser import Client
from tests.web.desks import ADMINISTRATION, FLAGS, Centre, centre, incident_of, viewer

E, F, C, N, A, D = (
    Kind.EVENTS, Kind.FINDINGS, Kind.INCIDENTS, Kind.NOTICES, Kind.AUDIT, Kind.FAILURES,
)  # fmt: skip
ALL = frozenset(FLAGS)
CLOSED = frozenset({"lapsed", "unattested"})  # not attested open today
ODD = frozenset({"hold", "odd"})  # held, or of a guard that nobody knows
OPEN = ALL - CLOSED
CLEAN = OPEN - ODD - {"stub"}
TOLD = CLEAN - {"candidate"}  # of a candidate nobody is told: it has no notices
NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Row:
    """Objects whose rows a role sees whole and as stubs, and the words that it may read in them."""

    whole: frozenset[str] = NOBODY
    stubs: frozenset[str] = NOBODY
    words: frozenset[str] = NOBODY
    personal: frozenset[str] = NOBODY  # words behind several factors


def row(whole: frozenset[str], stubs: frozenset[str] = NOBODY, words: str = "", personal: str = ""
        ) -> Row:  # fmt: skip
    return Row(whole, stubs, frozenset(words.split()), frozenset(personal.split()))


EVENT_WORDS = "user message native"
TABLE: dict[tuple[Role, Kind], Row] = {
    # the centre's own people: everything of open objects, stubs of what is withheld
    (Role.ANALYST, E): row(OPEN, personal=EVENT_WORDS),
    (Role.ANALYST, F): row(OPEN - {"stub"}, CLOSED | {"stub"}, personal="group field"),
    (Role.ANALYST, C): row(CLEAN, CLOSED | ODD | {"stub"}, "fold", "words note reason"),
    (Role.ANALYST, N): row(TOLD, CLOSED | ODD | {"stub"}, "letter error"),
    (Role.ANALYST, D): row(OPEN, personal="detail"),
    (Role.DUTY_LEAD, E): row(OPEN, personal=EVENT_WORDS),
    (Role.DUTY_LEAD, F): row(OPEN, CLOSED, personal="group field"),
    (Role.DUTY_LEAD, C): row(CLEAN | {"stub"}, CLOSED | ODD, "fold", "words note reason"),
    (Role.DUTY_LEAD, N): row(TOLD | {"stub"}, CLOSED | ODD, "letter error"),
    (Role.DUTY_LEAD, A): row(ALL | {ADMINISTRATION}, personal="audit"),
    (Role.DUTY_LEAD, D): row(OPEN, personal="detail"),
    # owner and holder: own objects only, no candidates, no logs
    (Role.OWNER, C): row(TOLD - {"other", "backthen"}, frozenset({"stub"})),
    (Role.OWNER, N): row(TOLD - {"other"}, frozenset({"stub"}), "letter"),
    # the coordination centre: logs of e-government past trial, every incident sent to it
    (Role.NCC, E): row(frozenset({"egov"})),
    (Role.NCC, C): row(TOLD, frozenset({"stub"})),
    (Role.NCC, N): row(TOLD, frozenset({"stub"}), "letter"),
    # the sectoral centre: financial subjects
    (Role.SECTORAL_CENTRE, E): row(frozenset({"bank"})),
    (Role.SECTORAL_CENTRE, C): row(frozenset({"bank"})),
    (Role.SECTORAL_CENTRE, N): row(frozenset({"bank"}), words="letter"),
    # the regulator: no raw data
    (Role.REGULATOR, C): row(TOLD, frozenset({"stub"})),
    (Role.REGULATOR, N): row(TOLD, frozenset({"stub"})),
    # prosecutor and auditor
    (Role.PROSECUTOR, C): row(CLEAN, frozenset({"stub"}), "fold", "words note reason"),
    (Role.PROSECUTOR, N): row(TOLD, frozenset({"stub"}), "letter"),
    (Role.PROSECUTOR, A): row(ALL | {ADMINISTRATION}, personal="audit"),
    # the administrator: no content
    (Role.ADMINISTRATOR, D): row(OPEN),
}  # fmt: skip
STUB_FIELDS = {
    F: {"id", "revision", "object_id", "first_event_at", "kind"},
    C: {"id", "revision", "object_id", "state", "opened_at", "changed_at", "assessment"},
    N: {"id", "incident_id", "revision", "object_id", "leg", "kind", "ordinal", "recipient",
        "channel", "language", "created_at", "due_at", "basis", "set_by", "state", "receipt"},
}  # fmt: skip
WORDS = (
    "user", "message", "native", "group", "field", "fold", "words", "note", "reason", "error",
    "detail", "audit",
)  # fmt: skip
OBJECT = {E: "saqshy.object_id", A: "chain"}
NO_FACTOR = {"multi_factor": False, "factors": frozenset({Factor.PASSWORD})}
EVERYBODY = [(role, many) for role in Role for many in (True, False)]


@pytest.fixture(scope="module")
def house() -> Centre:
    return centre()


@pytest.fixture(scope="module")
def everybody(house: Centre) -> Client:
    return Client(house, None)


FIELD_OF = {
    "user": "user.name", "message": "message", "native": "saqshy.native.Account",
    "group": "group.user.name", "field": "fields.a", "fold": "fold_key", "words": "reason",
    "note": "entry.text", "reason": "assessment.reasons.severity", "error": "last_error",
    "detail": "detail", "audit": "detail.reason",
}  # fmt: skip


def free(kind: Kind, text: str) -> Condition:
    return Either(
        tuple(Like(one.name, ("", text, "")) for one in fields_of(kind).values() if one.free)
    )


def person(role: Role, *, many: bool) -> Viewer:
    return viewer(role, **({} if many else NO_FACTOR))


def somebody(everybody: Client, role: Role, *, many: bool) -> Client:
    return everybody.as_(person(role, many=many))


def object_of(kind: Kind, document: Json) -> str:
    return str(
        document["saqshy"]["object_id"] if kind is E else document[OBJECT.get(kind, "object_id")]
    )


def said(text: str, name: str) -> set[str]:
    """Give the words about an object that stand in a text."""
    found = {word for word in WORDS if f"secret-{word}-{name}" in text}
    return found | ({"letter"} if f"letter-{name}" in text else set())


def cases() -> Iterator[tuple[Role, bool, Kind]]:
    for role, many in EVERYBODY:
        for kind in Kind:
            yield role, many, kind


def label(case: object) -> str:
    return str(getattr(case, "value", case))


@pytest.mark.parametrize(("role", "many", "kind"), list(cases()), ids=label)
def test_lists_show_what_the_table_says(
    everybody: Client, role: Role, many: bool, kind: Kind
) -> None:
    """Page, export, live list, count, facets and histogram show the table's rows and no others."""
    client, expected = somebody(everybody, role, many=many), TABLE.get((role, kind), Row())
    there = expected.whole | expected.stubs
    place = OBJECT.get(kind, "object_id")
    rows = client.json(f"/{kind.value}?limit=500")["rows"]
    lines = [line for line in client.text(f"/{kind.value}/export").splitlines() if line]
    assert {object_of(kind, one) for one in rows} == there
    assert len(lines) == len(rows) == client.json(f"/{kind.value}/count")["value"]
    buckets = client.json(f"/{kind.value}/histogram?step=3600")["buckets"]
    assert sum(one["count"] for one in buckets) == len(rows)
    live = client.text(f"/{kind.value}/live?limit=500")
    csv = client.text(f"/{kind.value}/export?format=csv")
    for name in ALL:
        allowed = set(expected.words | (expected.personal if many else NOBODY))
        if name not in expected.whole:
            allowed = set()
        page = str([one for one in rows if object_of(kind, one) == name])
        assert said(page, name) == allowed, name
        for text in ("\n".join(lines), live, csv):
            assert said(text, name) <= allowed, name
            assert (f"{name}" in text) >= (name in there), name
    for one in rows:
        stub = object_of(kind, one) in expected.stubs
        assert (one.get("details_available") is False) == stub
        if stub:
            assert set(one) - {"details_available"} <= STUB_FIELDS[kind]
    if client.get(f"/{kind.value}/facets?fields={place}").status_code == 200:
        counted = client.json(f"/{kind.value}/facets?fields={place}&most=100")["facets"][place]
        assert {one["value"] for one in counted} == there


@pytest.mark.parametrize(("role", "many", "kind"), list(cases()), ids=label)
def test_no_word_is_found_by_who_may_not_read_it(
    house: Centre, role: Role, many: bool, kind: Kind
) -> None:
    """A search by a hidden word, without a field or in its own, finds nothing."""
    who, expected = person(role, many=many), TABLE.get((role, kind), Row())
    readable = expected.words | (expected.personal if many else NOBODY)
    for word, field in FIELD_OF.items():
        for question in (Like(field, ("", f"secret-{word}-", "")), free(kind, f"secret-{word}-")):
            found = house.desk.page(who, Asked(kind, question, limit=500)).rows
            names = {object_of(kind, one) for one in found}
            assert names <= (expected.whole if word in readable else NOBODY), (word, names)
            none = house.desk.page(who, Asked(kind, Not(question), limit=500)).rows
            assert names | {object_of(kind, one) for one in none} == (
                expected.whole | expected.stubs
            )


@pytest.mark.parametrize("role", list(Role), ids=label)
@pytest.mark.parametrize("kind", list(Kind), ids=label)
def test_one_by_one(everybody: Client, role: Role, kind: Kind) -> None:
    """A document is found by its id where the table shows its row, and else as none ever was."""
    client, expected = somebody(everybody, role, many=True), TABLE.get((role, kind), Row())
    never = client.get(f"/{kind.value}/{'f' * 32}")
    lead = everybody.as_(viewer(Role.DUTY_LEAD))
    for one in lead.json(f"/{kind.value}?limit=500")["rows"]:
        name, row_id = object_of(kind, one), identity_of(kind, one)
        answer = client.get(f"/{kind.value}/{row_id}")
        if name in expected.whole | expected.stubs and _his(role, kind, one):
            assert answer.status_code == 200, (name, row_id)
            assert ("details_available" in answer.json()) == (name in expected.stubs)
        else:
            assert (answer.status_code, answer.content) == (never.status_code, never.content)


def _his(role: Role, kind: Kind, document: Json) -> bool:
    """Tell of a notice whether it is to the role."""
    to = {Role.OWNER: "holder", Role.NCC: "ncc", Role.SECTORAL_CENTRE: "sectoral_centre"}.get(role)
    return kind is not N or to is None or document["recipient"]["role"] == to


def identity_of(kind: Kind, document: Json) -> str:
    if kind is E:
        return f"{document['saqshy']['batch']}-{document['saqshy']['index']}"
    return str(document["entry_id" if kind is A else "id"])


@pytest.mark.parametrize(("role", "many", "kind"), list(cases()), ids=label)
def test_fields_that_are_not_shown_are_not_asked(
    house: Centre, role: Role, many: bool, kind: Kind
) -> None:
    """Facets, sorts and presence answer for a field only by rows that show it to the role."""
    who, desk = person(role, many=many), house.desk
    rows = desk.page(who, Asked(kind, limit=500)).rows
    for field in fields_of(kind):
        shown = {object_of(kind, one) for one in rows if _at(one, field)}
        counted = _counted(desk, who, Asked(kind), field)
        assert not counted or shown, field
        found = desk.page(who, Asked(kind, Present(field), limit=500)).rows
        assert {object_of(kind, one) for one in found} == shown, field
    for field in sortable(kind):
        found = _sorted(desk, who, Asked(kind, sort=field, limit=500))
        assert all(_at(one, field) for one in found), field


def _counted(desk: Desk, who: Viewer, asked: Asked, field: str) -> Sequence[object]:
    try:
        return desk.facets(who, asked, [field]).of[field]
    except NotAskable:
        return ()


def _sorted(desk: Desk, who: Viewer, asked: Asked) -> Sequence[Json]:
    try:
        return desk.page(who, asked).rows
    except NotAskable:
        return ()


def _at(document: Json, field: str) -> bool:
    value: object = document
    for step in field.split("."):
        if isinstance(value, list):
            value = value[0] if value else None
        value = value.get(step) if isinstance(value, dict) else None
    return value is not None and value != []


PARTS = ("history", "findings", "notices", "audit", "why")
PART_ROLES = {
    "why": {Role.ANALYST, Role.DUTY_LEAD, Role.PROSECUTOR},
    "audit": {Role.ANALYST, Role.DUTY_LEAD, Role.PROSECUTOR, Role.OWNER},
    "findings": {Role.ANALYST, Role.DUTY_LEAD, Role.OWNER},
}


@pytest.mark.parametrize(("role", "many"), EVERYBODY, ids=label)
def test_parts_of_an_incident(everybody: Client, role: Role, many: bool) -> None:
    """History, findings, notices, audit and why of an incident show no more than the incident."""
    client, expected = somebody(everybody, role, many=many), TABLE.get((role, C), Row())
    back = {Role.NCC, Role.REGULATOR}  # they were told, and told that it was none
    whole = expected.whole | ({"backthen"} if role in back else NOBODY)
    nevers = {one: client.get(f"/incidents/{'f' * 32}/{one}").content for one in PARTS}
    for name in ALL:
        for part in PARTS:
            answer = client.get(f"/incidents/{incident_of(name)}/{part}")
            if name not in whole | expected.stubs:
                assert (answer.status_code, answer.content) == (404, nevers[part]), (name, part)
                continue
            if part == "why":
                may = role in PART_ROLES["why"] and many and name in whole
                assert (answer.status_code == 200) == may, (name, part)
                if may:
                    _explained(role, answer.json(), client.json(f"/incidents/{incident_of(name)}"))
                continue
            rows = answer.json()["rows"]
            if part in PART_ROLES and role not in PART_ROLES[part]:
                assert rows == [], (name, part)
            if name in expected.stubs and part in ("findings", "audit"):
                assert rows == [], (name, part)
            words = set().union(*(TABLE.get((role, kind), Row()).words for kind in Kind))
            if many:
                words |= set().union(*(TABLE.get((role, kind), Row()).personal for kind in Kind))
            assert said(answer.text, name) <= words, (name, part)
            for other in ALL - {name}:
                assert said(answer.text, other) == set(), (name, part, other)


def _explained(role: Role, why: Json, shown: Json) -> None:
    """Hold an explanation against what else its reader sees: no facts, no guard, no other's id."""
    assert why["incident"] == shown
    assert bool(why["facts"]) == (role in PART_ROLES["findings"])
    assert why["explanation"]
    for one in why["notices"]:
        assert ("guard" in one) == (role in {Role.ANALYST, Role.DUTY_LEAD})


STAFF = {Role.ANALYST, Role.DUTY_LEAD}
PAGES = {
    "/statistics": STAFF | {Role.REGULATOR, Role.NCC, Role.PROSECUTOR},
    "/versions": STAFF | {Role.REGULATOR, Role.NCC, Role.PROSECUTOR, Role.ADMINISTRATOR},
    "/audit-verification": {
        Role.DUTY_LEAD, Role.REGULATOR, Role.NCC, Role.PROSECUTOR, Role.ADMINISTRATOR,
    },
}  # fmt: skip
COMPLIANCE = STAFF | {Role.OWNER, Role.REGULATOR}
READERS = {Role.DUTY_LEAD, Role.PROSECUTOR}  # of the whole trail
OBJECTS = {
    Role.ANALYST: ALL,
    Role.DUTY_LEAD: ALL,
    Role.ADMINISTRATOR: ALL,
    Role.OWNER: ALL - {"other"},
    Role.NCC: frozenset({"egov"}),
    Role.SECTORAL_CENTRE: frozenset({"bank"}),
    Role.REGULATOR: OPEN,
    Role.PROSECUTOR: NOBODY,
}


@pytest.mark.parametrize("role", list(Role), ids=label)
def test_pages_and_objects(everybody: Client, role: Role) -> None:
    """Statistics, versions, verification and the registry are those roles' that the table names."""
    client = somebody(everybody, role, many=True)
    for path, roles in PAGES.items():
        assert (client.get(path).status_code == 200) == (role in roles), path
    rows = client.json("/objects")["rows"]
    assert {one["id"] for one in rows} == OBJECTS[role]
    for name in ALL:
        answer = client.get(f"/objects/{name}")
        assert (answer.status_code == 200) == (name in OBJECTS[role]), name
    counted = [one for one in client.json("/compliance")["rows"] if "summary" not in one]
    assert {one["object_id"] for one in counted} == (OBJECTS[role] if role in COMPLIANCE else set())
    if role in PAGES["/audit-verification"]:
        found = client.json("/audit-verification")
        assert found["whole"]
        assert ("entries" in found) == (role in READERS)
    if role in PAGES["/versions"]:
        found = client.json("/versions")
        assert found["in_force"]["content"] == "c1"
        assert all(("actor" in one) == (role in READERS) for one in found["changes"])


TO = ("holder", "ncc", "sectoral_centre")


@pytest.mark.parametrize("role", sorted(PAGES["/statistics"]), ids=label)
def test_statistics_count_what_is_seen(everybody: Client, role: Role) -> None:
    """Of each verdict as many as the table shows whole, of each leg those seen; stubs stand apart.

    A regulator is told of no candidate, and of no page to the centre's own people.
    """
    client, expected = somebody(everybody, role, many=True), TABLE[role, C]
    found = client.json("/statistics?month=2025-10")
    back = {"backthen"} & expected.whole or {Role.NCC, Role.REGULATOR} & {role}
    (group,) = found["groups"]
    totals = {name: one["total"] for name, one in group["verdicts"].items()}
    assert totals == {
        "incident": len(expected.whole - {"candidate", "backthen"}),
        "candidate": len(expected.whole & {"candidate"}),
        "false_positive": len(back), "no_incident": 0, "merged": 0,
    }  # fmt: skip
    assert found["withheld"] == len(expected.stubs)
    for one in group["verdicts"].values():
        assert sum(one["by"]["sector"].values()) == one["total"]
    owed = {(one["leg"], one["role"]): one["owed"] for one in group["notices"]}
    told = expected.whole - {"candidate"}
    own = TO if role is not Role.NCC else ("ncc",)
    banks = len(told & {"bank"}) * ("sectoral_centre" in own)
    sums = dict.fromkeys(own, len(told | back)) | ({"sectoral_centre": banks} if banks else {})
    assert owed == {("correction", "ncc"): 1, **{("first", to): n for to, n in sums.items()}}
    watched = {one["name"]: one["objects"] for one in found["coverage"] if one["by"] == "all"}
    assert watched == ({"": len(OBJECTS[role])} if OBJECTS[role] else {})


def test_a_token_for_statistics_counts_what_its_role_sees(everybody: Client) -> None:
    """Who may read statistics alone reads no list, and the same figures as all of its role."""
    who = viewer(Role.REGULATOR)
    token = everybody.as_(replace(who, scopes=frozenset({"read:statistics"})))
    path = "/statistics?month=2025-10"
    assert token.json(path) == everybody.as_(who).json(path)
    assert token.json("/incidents")["rows"] == []


ACTS = {
    "incident_acknowledge": {Role.ANALYST, Role.DUTY_LEAD},
    "notices_release": {Role.DUTY_LEAD},
    "reload": {Role.DUTY_LEAD, Role.ADMINISTRATOR},
    "no_such_command": set(),
}


@pytest.mark.parametrize("role", list(Role), ids=label)
def test_acts(everybody: Client, role: Role) -> None:
    """A command is taken of the roles that the table names; of others as of no command at all."""
    client = somebody(everybody, role, many=True)
    for name, roles in ACTS.items():
        detail = {"incident": incident_of("plain")} if name.startswith("incident") else {}
        body = {"name": name, "reason": "this is done for a test", "detail": detail}
        answer = client.request("POST", "/commands", json=body)
        assert (answer.status_code == 202) == (role in roles), (name, answer.text)
        if role not in roles:
            never = client.request("POST", "/commands", json={**body, "name": "never"})
            assert answer.content == never.content
