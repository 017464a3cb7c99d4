"""Subjects of exports: one that has everything, and any that hypothesis thinks of."""

from dataclasses import replace

from hypothesis import strategies as st

from pipeline.model import (
    Assessment,
    Finding,
    Incident,
    IncidentState,
    Labels,
    Limb,
    Link,
    Notice,
    NoticeState,
    Receipt,
    Recipient,
    RuleRef,
    Tri,
)
from pipeline.notify.exports import Exported, Subject, Titles, exported
from pipeline.registry import Names, ObjectRecord
from tests.notify.made import BASE, INCIDENT, MINUTE, assessment, incident, notice

NOW = BASE + 90 * MINUTE + 123_456_789
CENTRE = "OCIB-1"
PERSON, MAIL = "aigul.s", "a.serik@corp.example"
HOSTILE = (
    "=cmd|'/c calc'!A0", "+1", "-1", "@SUM(A1)", "'quoted", "\t=1", "a\x00b\x1b[31m", "",
    "\u202egnp.exe", "<script>&amp;]]></script>", "line\r\nbreak\u2028", "\ud800", "\ufffe",
    "\U0001f600", '";DROP', "x" * 5000, "ҚАЗАҚША ә і ң ғ ү ұ қ ө һ", " padded ",
)  # fmt: skip


def finding(number: int = 1, **changes: object) -> Finding:
    """Make a finding that matched on an address, hosts, a domain, digests and people."""
    made = Finding(
        id=f"{number:032x}",
        revision=1,
        kind="rule",
        rule=RuleRef(f"rule-{number}", "Password Guessed From Outside", "high", "h"),
        object_id="station",
        first_event_at=BASE - 2 * MINUTE,
        last_event_at=BASE - MINUTE + 7,
        event_ids=("e-0",),
        event_count=40 + number,
        group={"source.ip": "203.0.113.45"},
        labels=Labels(attack=("T1110.003", "T1078")),
        fields={
            "host.name": "scada-gw",
            "destination.domain": "evil.example",
            "Hashes": f"MD5={'a' * 32},SHA256={'B' * 64},IMPHASH={'c' * 32}",
            "TargetUserName": PERSON,
            "email.from.address": [MAIL],
            "CommandLine": f"net user {PERSON} secret",
            "SourceIp": "2001:db8::1",
        },
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def record() -> ObjectRecord:
    """Give the object's record."""
    names = Names(kk="«Солтүстік» электр станциясы", ru="Станция «Северная»", en="North station")
    return ObjectRecord(id="station", code="KZ-EN-1", names=names, sector="electricity")


def history() -> list[Incident]:
    """Give an incident's life: a candidate, then new, acknowledged, contained, restored, closed."""
    unsure = assessment(verdict=Tri.UNKNOWN, severity="medium")
    sure = replace(
        assessment(),
        impact={"PUB": 2, "ECO.FIN": 0, "cia": {"integrity": 3}, "floors": []},
        aims=("confidentiality",),
        basis={"is_incident": "kz-418-V/1(31)", "acts.leak": "kz-418-V/53(2)(3)"},
    )
    states = (
        IncidentState.CANDIDATE, IncidentState.NEW, IncidentState.ACKNOWLEDGED,
        IncidentState.CONTAINED, IncidentState.RESTORED, IncidentState.CLOSED,
    )  # fmt: skip
    return [
        replace(
            incident(unsure if number == 1 else sure, revision=number, state=state),
            hash=f"{number:064x}",
        )
        for number, state in enumerate(states, 1)
    ]


def told() -> list[Notice]:
    """Give notices: one answered, one waiting, one within the centre."""
    answered = Receipt("n", "ncc:ncc", BASE + 3 * MINUTE, {})
    own = {"incident_id": INCIDENT, "state": NoticeState.ACKNOWLEDGED, "receipt": answered}
    return [
        replace(notice(1), **own),  # type: ignore[arg-type]
        replace(notice(2), incident_id=INCIDENT, recipient=Recipient("holder", "energo")),
        replace(notice(3), incident_id=INCIDENT, recipient=Recipient("duty_officer", "duty")),
    ]


def subject(**changes: object) -> Subject:
    """Give a subject that has everything."""
    made = Subject(history(), [finding(1), finding(2)], told(), record(), "open")
    return replace(made, **changes)  # type: ignore[arg-type]


UNTITLED = Titles("kk", {})


def titled(record: Exported, line: str = "Оқыс оқиға <&>") -> Titles:
    """Give a record's title."""
    return Titles("kk", {record.incident_id: line})


def whole() -> Exported:
    """Give the record of a subject that has everything."""
    return exported(subject(), CENTRE, NOW)


def stubbed() -> Exported:
    """Give the record of a subject whose guard lets a stub go."""
    return exported(subject(guard="stub"), CENTRE, NOW)


texts = st.one_of(st.text(max_size=40), st.sampled_from(HOSTILE))
instants = st.integers(0, 4_000_000_000_000_000_000)
answers = st.sampled_from(Tri)


@st.composite
def limbs(draw: st.DrawFn) -> dict[str, Limb | dict[str, Limb]]:
    """Draw a predicate: limbs, and a group of them."""
    limb = st.builds(Limb, holds=answers, reason=texts, basis=texts)
    group: dict[str, Limb | dict[str, Limb]] = {}
    group |= draw(st.dictionaries(texts, limb, max_size=2))
    group["harms"] = draw(st.dictionaries(texts, limb, max_size=3))
    return group


impacts = st.dictionaries(
    texts,
    st.recursive(
        st.integers(0, 4),
        lambda inner: st.dictionaries(texts, inner, max_size=2) | st.lists(texts, max_size=2),
        max_leaves=4,
    ),
    max_size=3,
)


@st.composite
def assessments(draw: st.DrawFn) -> Assessment:
    """Draw a verdict with any names in it."""
    return replace(
        assessment(verdict=draw(answers), severity=draw(texts), guard="open"),
        predicate=draw(limbs()),
        acts=draw(st.dictionaries(texts, answers, max_size=3)),
        rsit=draw(texts),
        attack=tuple(draw(st.lists(st.sampled_from(["T1078", "T1110.003"]) | texts, max_size=2))),
        impact=draw(impacts),
        aims=tuple(draw(st.lists(texts, max_size=2))),
        basis=draw(st.dictionaries(texts, texts, max_size=2)),
        versions=draw(st.dictionaries(texts, texts, max_size=2)),
        intent=draw(texts),
        reality=draw(st.sampled_from(["real", "potential"]) | texts),
    )


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    """Draw a finding with any title and values in the fields that count."""
    names = ("source.ip", "host.name", "dns.question.name", "file.hash.sha256", "user.name", "Hash")
    values = texts | st.ip_addresses().map(str) | st.sampled_from(["a.example", "f" * 64])
    return finding(
        draw(st.integers(1, 9)),
        rule=RuleRef(draw(texts), draw(texts), draw(texts), ""),
        first_event_at=draw(instants),
        last_event_at=draw(instants),
        labels=Labels(attack=tuple(draw(st.lists(texts, max_size=2)))),
        fields=draw(st.dictionaries(st.sampled_from(names), values, max_size=4)),
        group=draw(st.dictionaries(texts, texts, max_size=1)),
    )


@st.composite
def subjects(draw: st.DrawFn) -> Subject:
    """Draw a subject whose texts are anybody's and whose times are any."""
    states = draw(st.lists(st.sampled_from(IncidentState), min_size=1, max_size=3))
    revisions = [
        replace(
            incident(draw(assessments()), revision=number, state=state, opened_at=draw(instants)),
            changed_at=draw(instants),
            first_event_at=draw(instants),
            last_event_at=draw(instants),
            hash=draw(texts),
            merged_into=draw(texts),
            trial=draw(st.booleans()),
            step=draw(texts),
            actor=draw(texts),
            closing_verdict=draw(st.sampled_from(["", "true", "benign", "false"]) | texts),
            links=tuple(
                draw(st.lists(st.builds(Link, texts, texts, st.just("station")), max_size=1))
            ),
        )
        for number, state in enumerate(states, 1)
    ]
    return Subject(
        history=revisions,
        findings=draw(st.lists(findings(), max_size=3)),
        notices=draw(st.permutations(told())),
        record=draw(st.sampled_from([record(), None])),
        guard=draw(st.sampled_from(["open", "open", "stub", "hold"])),
    )


exports = st.builds(
    exported,
    subjects(),
    texts.filter(bool),
    instants,
    st.sampled_from(["clear", "green", "amber", "amber+strict", "red"]),
)
