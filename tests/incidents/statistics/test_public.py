"""What may be public: no object, no person, no withheld record, no small number."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson
import pytest

from pipeline.incidents.statistics import (
    Edition,
    Frame,
    History,
    Partial,
    Questions,
    Reason,
    Subject,
    files,
    open_reasons,
    public_tables,
    publishable,
    statistics,
)
from pipeline.model import GuardDecision, IncidentState
from tests.incidents.statistics.made import (
    BANK,
    BEGIN,
    END,
    MARCH,
    OVER,
    UNKNOWN,
    after,
    incident,
    judged,
    notice,
)

WORDS: Mapping[str, Sequence[str]] = {
    "regime": ("normal", "emergency"),
    "severity": ("low", "high"),
    "sector": ("banking", "gas"),
    "rsit_class": ("intrusions",),
    "origin": ("external", "internal", "unknown"),
    "act": ("unauthorised_access", "copying"),
    "harm": ("obtain", "copy"),
    "object_class": ("critical", "financial"),
    "role": ("ncc",),
}
EDITION = Edition("security-incidents-2026-03", "OCIB", BEGIN, END, OVER, 5, ())


def rows(
    made: Sequence[History], table: str = "incidents", subject: Subject = BANK
) -> list[tuple[str | int, ...]]:
    asked = Questions(subject=lambda *_: subject)
    report = statistics(publishable(made, OVER), MARCH, OVER, asked)
    (found,) = (one for one in public_tables(report, WORDS, 5) if one.name == table)
    return list(found.rows)


def plain(count: int, **more: Any) -> list[History]:
    return [
        History([one], [notice(one, 9)])
        for one in (replace(incident(f"{n}{sorted(more)}"), **more) for n in range(count))
    ]


def test_plain_incidents_are_counted_along_each_public_dimension() -> None:
    """Totals, acts, harms, classes and the dimensions with one value are shown by regime."""
    assert rows(plain(7)) == [
        ("normal", "total", "total", 7),
        ("normal", "severity", "high", 7),
        ("normal", "sector", "banking", 7),
        ("normal", "reach", "other", 7),
        ("normal", "rsit_class", "intrusions", 7),
        ("normal", "occurrence", "other", 7),
        ("normal", "origin", "external", 7),
        ("normal", "intent", "other", 7),
        ("normal", "reality", "other", 7),
        ("normal", "act", "unauthorised_access", 7),
        ("normal", "harm", "obtain", 7),
        ("normal", "object_class", "financial", 7),
    ]


@pytest.mark.parametrize(
    "left_out",
    [
        plain(9, assessment=judged(guard="stub")),
        plain(9, assessment=judged(guard="hold")),
        plain(9, trial=True),
        plain(9, object_id="@unregistered:192.0.2.0/24"),
        plain(9, assessment=judged(UNKNOWN), state=IncidentState.CANDIDATE),
        plain(4, assessment=judged(versions={"regime": "emergency"})),
        plain(9, assessment=judged(versions={"regime": "x"})),
        [
            History([incident("f", assessment=judged(guard="stub")), after(incident("f"), 60)])
            for _ in range(9)
        ],
    ],
    ids=[
        "stub", "held", "trial", "unregistered", "candidates", "few of a regime",
        "a regime without a name", "freed since",
    ],
)  # fmt: skip
def test_what_is_left_out_is_in_no_total(left_out: list[History]) -> None:
    """What was withheld, is no incident or is too small changes no published number."""
    assert rows([*plain(7), *left_out]) == rows(plain(7))


def test_notices_that_the_guard_withheld_are_not_counted() -> None:
    """A notice that left as a stub, or stayed, is in no public outcome."""
    made = plain(7)
    withheld = [
        replace(
            one, notices=[*one.notices, notice(one.revisions[0], guard=GuardDecision("stub", "m"))]
        )
        for one in made
    ]
    assert rows(withheld, "notices") == rows(made, "notices") == [("normal", "on_time", 7)]


def test_a_longest_time_is_never_public() -> None:
    """Only quantiles with enough incidents on either side are shown, in begun minutes."""
    assert rows(plain(9), "times") == []
    assert rows(plain(10), "times") == [
        ("normal", "detect", 50, 1),
        ("normal", "notify.ncc", 50, 1),
    ]


def test_no_canary_leaves() -> None:
    """No name of object, rule, host, user, party or centre's finding appears in any public file."""
    canary = "CANARY"
    verdict = judged(
        rsit=f"{canary}.rule-title",
        severity=canary,
        acts={canary: judged().acts["unauthorised_access"]},
        reasons={"is_incident": canary},
        occurrence=f"=cmd|{canary}",
        origin=canary,
        attack=(canary,),
    )
    made = []
    for n in range(9):
        one = incident(
            f"{n}", assessment=verdict, object_id=f"{canary}-object", fold_key=f"host:{canary}",
            finding_ids=(canary,),
        )  # fmt: skip
        made.append(History([one], [notice(one, 3, party=canary, payload={"text": canary})]))
    subject = Subject(f"{canary}-sector", canary, (canary,))
    frame = Frame((Partial(Reason.OWN_OUTAGE, BEGIN, END, (canary,)),))
    asked = Questions(subject=lambda *_: subject)
    report = statistics(publishable(made, OVER), MARCH, OVER, asked, frame)
    edition = replace(EDITION, partial=open_reasons(report))
    tables = public_tables(report, WORDS, 5)
    written = files(tables, edition, WORDS, lambda _language, _context, name: name)
    assert [name for name, data in written.items() if canary.encode() in data] == []
    assert rows(made, subject=subject)[:2] == [
        ("normal", "total", "total", 9), ("normal", "severity", "other", 9),
    ]  # fmt: skip
    assert orjson.loads(written["datapackage.json"])["partial"] == ["own_outage"]


def test_too_small_a_bound_publishes_nothing() -> None:
    """A bound that protects nothing is refused."""
    report = statistics(plain(9), MARCH, OVER, Questions(subject=lambda *_: BANK))
    with pytest.raises(ValueError, match="small cells"):
        public_tables(report, WORDS, 2)
