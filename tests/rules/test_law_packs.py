"""Tests of the law packs: two regimes as data alone, and nothing of either in the code."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from typer.testing import CliRunner

from pipeline.assess import Case, CentreTerms, Moments, Pack, assess, load_pack, terms_due
from pipeline.assess.applied import apply_case
from pipeline.assess.case_file import read_cases
from pipeline.assess.rows import RouteRow, TermRow
from pipeline.documents import parse_yaml, read_yaml
from pipeline.model import NANOSECONDS, Tri, instant
from pipeline.registry import Party, make_registry
from pipeline.registry.records import Names
from pipeline.runtime.cli.app import app
from pipeline.runtime.configuration import bundled
from tests.assess.making import finding, kz, labels, plant

LAW = bundled("law")
CODE = Path(__file__).parents[2] / "pipeline"
AT = instant("2026-03-02T12:00:00Z")
HOUR = 3600 * NANOSECONDS
MONTH = "2026-04-02T12:00:00Z"
SKIPPED = {"labels", "glossary", "readings", "predicate", "guard", "channels", "attributes"}
PROTOCOL = {
    # what findings say (INTERFACES, labels of a finding), and what the engine decides
    "failure", "functioning_threat", "incident", "review", "candidate", "event", "advisory",
    # kinds of notices, who pages whom inside the centre, and the default regime of case files
    "first", "update", "correction", "final", "request", "progress", "duty_officer",
    "operations_centre", "page", "normal", "recipients", "none",
}  # fmt: skip


@cache
def nis2() -> Pack:
    """Load the second pack once."""
    return load_pack(LAW / "nis2")


def people() -> list[Party]:
    """Give a party for each role of both packs."""
    roles = ("ncc", "sectoral_centre", "duty_officer", "operations_centre", "csirt",
             "competent_authority", "service_recipients")  # fmt: skip
    made = [Party(id=role, names=Names(kk=role, ru=role), roles=(role,)) for role in roles]
    names = ("owner", "holder", "system-owner", "system-holder")
    return made + [Party(id=name, names=Names(kk=name, ru=name)) for name in names]


def judged(pack: Pack, said: dict[str, str], *classes: str) -> tuple[str, set[str], str]:
    """Judge one finding under a pack: the verdict, the roles told, the severity."""
    held = plant(classes=list(classes))
    registry = make_registry([held], people())
    case = Case([finding(labels(**said))], held, registry, pack, "normal", "centre", AT)
    found = assess(case)
    return found.is_incident.value, {leg.role for leg in found.route}, found.severity


@pytest.mark.parametrize(
    ("said", "kazakh", "european"),
    [
        pytest.param(
            {"failure": "yes", "functioning_threat": "yes", "harm_modify": "yes"},
            ("yes", {"holder", "ncc"}, "high"), ("yes", {"csirt"}, "significant"), id="both",
        ),
        pytest.param(
            {"failure": "yes", "harm_obtain": "yes"},
            ("yes", {"holder", "ncc"}, "medium"), ("unknown", {"duty_officer"}, "none"),
            id="significance-not-known",
        ),
        pytest.param(
            {"failure": "no", "act_copying": "yes"},
            ("unknown", {"duty_officer"}, "medium"), ("no", set(), "none"),
            id="act-without-failure",
        ),
        pytest.param(
            {"failure": "no", "reality": "potential"},
            ("no", set(), "low"), ("no", set(), "none"), id="attempt",
        ),
    ],
)  # fmt: skip
def test_the_same_findings_are_judged_by_each_regime(
    said: dict[str, str],
    kazakh: tuple[str, set[str], str],
    european: tuple[str, set[str], str],
) -> None:
    """One program, the same findings and object, two packs: each its own verdict and recipients."""
    assert judged(kz(), said, "essential") == kazakh
    assert judged(nis2(), said, "essential") == european


@pytest.mark.parametrize(
    ("classes", "told"),
    [
        (("essential",), {"csirt"}),
        (("important",), {"csirt"}),
        (("essential", "via_authority"), {"competent_authority"}),
        (("important", "informs_recipients"), {"csirt", "service_recipients"}),
        ((), {"duty_officer"}),
        (("informs_recipients",), {"duty_officer", "service_recipients"}),
    ],
)
def test_the_second_regime_routes_by_the_kind_of_entity(
    classes: tuple[str, ...], told: set[str]
) -> None:
    """Essential and important entities tell a CSIRT or an authority; else a person decides."""
    said = {"failure": "yes", "functioning_threat": "yes", "harm_block": "yes"}
    assert judged(nis2(), said, *classes)[:2] == ("yes", told)


@pytest.mark.parametrize(
    ("trust", "hours"), [(False, 72), (True, 24)], ids=["entity", "trust-service"]
)
def test_the_second_regime_has_its_own_legs_and_times(trust: bool, hours: int) -> None:
    """Early warning in 24 hours, notification in 72 (24 of trust services), final a month later."""
    held = plant(classes=["essential", *(["trust_service"] if trust else [])])
    said = labels(failure="yes", functioning_threat="yes", harm_block="yes")
    registry = make_registry([held], people())
    found = assess(Case([finding(said)], held, registry, nis2(), "normal", "centre", AT))
    due = terms_due(nis2(), found, Moments(opened=AT), held.flags(AT))
    times = {one.leg: (one.due_at, one.set_by) for one in due}
    notified = AT + hours * HOUR
    month = instant("2026-04-05T11:00:00Z" if not trust else "2026-04-03T11:00:00Z")
    assert times == {
        "early_warning": (AT + 24 * HOUR, "statute"),
        "notification": (notified, "statute"),
        "progress": (month, "statute"),
        "final": (month, "statute"),
    }
    sent = Moments(opened=AT, sent={"notification": AT + HOUR})
    (final,) = [one for one in terms_due(nis2(), found, sent, held.flags(AT)) if one.leg == "final"]
    assert final.due_at == instant("2026-04-02T12:00:00Z")


def test_an_intermediate_report_is_due_on_request_alone() -> None:
    """Nothing of it is due until somebody asks, and its time is ours: the directive has none."""
    held = plant(classes=["essential"])
    said = labels(failure="yes", functioning_threat="yes", harm_block="yes")
    registry = make_registry([held], people())
    found = assess(Case([finding(said)], held, registry, nis2(), "normal", "centre", AT))
    asked = terms_due(
        nis2(), found, Moments(opened=AT, requested={"csirt": AT + HOUR}), held.flags(AT)
    )
    (one,) = [one for one in asked if one.leg == "intermediate"]
    assert (one.due_at, one.set_by) == (AT + 25 * HOUR, "policy")


@pytest.mark.parametrize(
    ("closed", "told", "expected"),
    [
        pytest.param(0, False, {"progress": MONTH, "final": MONTH}, id="goes-on"),
        pytest.param(0, True, {"progress": MONTH}, id="told-how-far"),
        pytest.param("2026-03-20T12:00:00Z", False, {"final": MONTH}, id="closed-in-time"),
        pytest.param(
            "2026-05-10T09:00:00Z", True,
            {"progress": MONTH, "final": "2026-06-10T09:00:00Z"}, id="handled-later",
        ),
    ],
)  # fmt: skip
def test_the_final_report_waits_for_what_still_goes_on(
    closed: str | int, told: bool, expected: dict[str, str]
) -> None:
    """23(4)(d), (e): the end a month after the notification left, or how far it is by then."""
    held = plant(classes=["essential"])
    said = labels(failure="yes", functioning_threat="yes", harm_block="yes")
    registry = make_registry([held], people())
    found = assess(Case([finding(said)], held, registry, nis2(), "normal", "centre", AT))
    sent = {"notification": AT + HOUR, **({"progress": instant(MONTH)} if told else {})}
    end = instant(closed) if isinstance(closed, str) else 0
    due = terms_due(nis2(), found, Moments(opened=AT, closed=end, sent=sent), held.flags(AT))
    late = {one.leg: one.due_at for one in due if one.leg in ("progress", "final")}
    assert late == {leg: instant(at) for leg, at in expected.items()}


def test_a_notice_of_the_end_is_due_by_when_it_is_written() -> None:
    """Closed within the month it is the final report's; later a month after the handling."""
    terms = CentreTerms(nis2(), AT, frozenset({"class:essential"}))
    late = instant("2026-05-10T09:00:00Z")
    assert terms("final", "csirt", late).due_at == instant("2026-06-10T09:00:00Z")
    assert terms("progress", "csirt", AT + HOUR).due_at == instant("2026-04-05T11:00:00Z")
    assert terms("intermediate", "csirt", AT + HOUR).due_at == AT + 25 * HOUR
    assert terms.reports() == {
        "progress": ("csirt", "competent_authority"),
        "request": ("csirt", "competent_authority"),
    }
    assert CentreTerms(kz(), AT).reports() == {}


def test_the_notices_ask_the_pack_for_its_legs() -> None:
    """What opens an incident owes two legs to a CSIRT and one to a duty officer."""
    terms = CentreTerms(nis2(), AT, frozenset({"class:essential"}))
    assert terms.legs("first", "csirt") == ("early_warning", "notification")
    assert terms.legs("first", "duty_officer") == ("page",)
    assert terms.legs("final", "csirt") == ("final",)
    assert terms("notification", "csirt", AT).due_at == AT + 72 * HOUR
    assert terms("final", "csirt", AT + HOUR).due_at == instant("2026-04-05T11:00:00Z")
    assert CentreTerms(kz(), AT).legs("first", "ncc") == ("first",)


def test_numbers_stand_as_statute_where_the_law_gives_them() -> None:
    """The directive's hours are statute; what it leaves open is ours, with author and date."""
    rows = [row for row in nis2().rows["terms"] if isinstance(row, TermRow)]
    statute = {row.id for row in rows if row.set_by == "statute"}
    assert statute == {
        "early_warning", "notification", "notification.trust_service", "final", "final.handled",
        "progress",
    }  # fmt: skip
    assert all(row.author and row.set_at for row in rows if row.set_by == "policy")
    routes = [row for row in nis2().rows["routes"] if isinstance(row, RouteRow)]
    assert {row.basis.partition("/")[0] for row in routes} == {"eu-2022-2555"}


def test_the_command_judges_a_case_under_the_second_pack() -> None:
    """`law apply --pack` prints assessment and notices of the other regime."""
    file = str(LAW / "nis2" / "examples" / "significant-incident.yml")
    words = ["law", "apply", file, "--pack", str(LAW / "nis2"), "--registry",
             str(bundled("objects")), "--json"]  # fmt: skip
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    found = orjson.loads(done.stdout)
    predicate = found["assessment"]["predicate"]
    assert set(predicate) == {"event", "compromise", "significance"}
    assert found["assessment"]["scope"] == "cross_border"
    legs = [(one["leg"], one["recipient"]["role"]) for one in found["notices"]]
    assert legs == [
        ("early_warning", "csirt"), ("notification", "csirt"), ("final", "csirt"),
        ("progress", "csirt"),
    ]  # fmt: skip


def test_a_case_of_the_first_pack_can_be_judged_by_the_second() -> None:
    """The labels of findings are our protocol, so that every pack understands the same facts."""
    text = (LAW / "examples" / "hosted-findings.json").read_text(encoding="utf-8")
    document = parse_yaml(text.replace('"quarantine"', '"normal"'), "case.json")
    (case,) = read_cases(document, nis2(), make_registry([plant(id="kz-dc")], people()))
    assert apply_case(case).assessment.is_incident is Tri.YES


def test_a_replay_under_the_second_pack_tells_its_recipients(tmp_path: Path) -> None:
    """The whole pipeline runs by settings alone: incidents, legs and times are the pack's."""
    objects = tmp_path / "objects.yml"
    objects.write_text(yaml.safe_dump(_registry()), encoding="utf-8")
    rule = tmp_path / "rules" / "wiped.yml"
    rule.parent.mkdir()
    rule.write_text(_RULE, encoding="utf-8")
    settings = tmp_path / "saqshy.yml"
    document = {
        "store": {"path": "saqshy.db"},
        "registry": [str(objects)],
        "content": {"paths": [str(rule.parent)], "cache": str(tmp_path / "cache")},
        "law": {"pack": str(LAW / "nis2")},
        "notify": {"folder": {"path": "outgoing"}},
        "web": None,
        "log": {"level": "error"},
    }
    settings.write_text(yaml.safe_dump(document), encoding="utf-8")
    records = tmp_path / "events.ndjson"
    event = {
        "@timestamp": "2026-03-02T12:00:00Z",
        "ecs": {"version": "8.11.0"},
        "event": {"category": ["process"], "type": ["start"], "kind": "event"},
        "host": {"name": "db1", "os": {"type": "linux"}},
        "process": {"command_line": "wipe /dev/sda", "executable": "/usr/bin/wipe"},
    }
    records.write_bytes(orjson.dumps(event) + b"\n")
    words = ["replay", str(records), "--object", "plant", "--config", str(settings), "--out",
             str(tmp_path / "out")]  # fmt: skip
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    (incident,) = _lines(tmp_path / "out" / "incidents.ndjson")
    assert incident["assessment"]["is_incident"] == "yes"
    notices = sorted(_lines(tmp_path / "out" / "notices.ndjson"), key=lambda one: one["due_at"])
    assert [(one["leg"], one["recipient"]["role"]) for one in notices] == [
        ("early_warning", "csirt"), ("notification", "csirt"),
    ]  # fmt: skip
    early, notification = (instant(one["due_at"]) for one in notices)
    assert notification - early == 48 * HOUR
    body = notices[0]["payload"]["text"][-1]["body"]
    assert "suspected unlawful or malicious act" in body


_RULE = """\
title: A disk was wiped
id: 0b7d4c56-3d3c-4b3e-9a54-0d6a1a1b7f10
logsource: {product: linux, category: process_creation}
detection: {wipe: {CommandLine|startswith: wipe}, condition: wipe}
level: high
tags: [attack.t1561, saqshy.failure.yes, saqshy.functioning-threat.yes, saqshy.harm.destroy,
       saqshy.act.destruction-loss, saqshy.reality.real]
"""


def _registry() -> dict[str, object]:
    return {
        "objects": [
            {
                "id": "plant",
                "restriction": "none",
                "classes": ["essential", "annex_i.energy"],
                "parties": {"infrastructure": {"owner": "utility", "holder": "utility"}},
                "attestation": {"attested_open_by": "Head", "at": "2025-01-01"},
                "sources": [{"id": "host", "match": {"listeners": ["any"]}}],
            }
        ],
        "parties": [
            {"id": "utility", "names": {"kk": "a", "ru": "b", "en": "c"}},
            {"id": "csirt", "names": {"kk": "a", "ru": "b", "en": "c"}, "roles": ["csirt"]},
            {"id": "duty", "names": {"kk": "a", "ru": "b", "en": "c"}, "roles": ["duty_officer"]},
        ],
    }


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_bytes().splitlines():
        yield orjson.loads(line)


def named() -> set[str]:
    """Give every name that the rows of either pack define."""
    found: set[str] = set()
    for pack in (kz(), nis2()):
        for section, rows in pack.rows.items():
            for row in rows if section not in SKIPPED else ():
                values = (row.id, *(getattr(row, key, "") for key in ("severity", "priority")))
                found.update(value for value in values if value)
    return found


def constants(path: Path) -> Iterator[tuple[int, str]]:
    """Give the texts of a module that are no documentation."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.lineno, node.value


@pytest.mark.parametrize("room", ["assess", "incidents", "notify", "model"])
def test_no_name_or_article_of_a_law_is_in_the_code(room: str) -> None:
    """What a pack names, and where a law says it, stands in packs; the code has our protocol."""
    article = re.compile(r"\b(kz|eu)-\d|\b\d{1,2}(-\d)?\(\d")
    # Words in three languages for what packs of ours use, figures of the registry's own flags, and
    # the ways in which a person's report comes in, words of others' formats: none of them decides
    # a verdict or a route.
    told = {"reason_texts.py", "reason_words.py", "statistics", "reports.py", "exports"}
    forbidden = named() - PROTOCOL
    found = [
        f"{path.relative_to(CODE)}:{line}: {text!r}"
        for path in sorted((CODE / room).rglob("*.py"))
        if told.isdisjoint(path.parts)
        for line, text in constants(path)
        if text in forbidden or article.search(text)
    ]
    assert found == []


@pytest.mark.parametrize("folder", ["kz", "nis2"])
def test_each_pack_reads_whole(folder: str) -> None:
    """Every file of a pack is read, and each row cites an instrument or is policy."""
    pack = load_pack(LAW / folder)
    for rows in pack.rows.values():
        for row in rows:
            cited = {one.partition("/")[0] for one in row.basis.split("; ")}
            assert cited <= {*pack.head.instruments, "policy"}
    assert read_yaml(LAW / folder / "pack.yml").data["pack"] == folder
