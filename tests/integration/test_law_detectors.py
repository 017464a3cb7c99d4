"""The law's own detectors through the whole pipeline: a file is replayed, a person asks why.

One object a detector, so that each finding is judged by itself; records are told apart by a field.
"""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from pipeline.model import NANOSECONDS
from pipeline.runtime.cli.app import app
from pipeline.runtime.configuration import bundled
from tests.integration.running import write_settings
from tests.runtime.centre import AT, Centre, centre

RECEIVED = "2026-03-02T20:00:00Z"
NAMES = {"kk": "Үлгі", "ru": "Пример", "en": "Example"}
PARTIES = [
    {"id": "owner", "names": NAMES},
    {"id": "duty", "names": NAMES, "roles": ["duty_officer"]},
    {"id": "centre", "names": NAMES, "roles": ["operations_centre"]},
    {"id": "ncc", "names": NAMES, "roles": ["ncc"]},
]
ANSWERS = {"owner": "owner", "holder": "owner"}
STANDING = {
    "names": NAMES,
    "kind": "ici",
    "restriction": "confidential",
    "parties": {"system": ANSWERS, "infrastructure": ANSWERS},
    "attestation": {
        "attested_open_by": "its head",
        "at": "2024-01-01",
        "valid_until": "2035-01-01",
    },
}
BODY: dict[str, Any] = {"state_body": True, "ownership": "state"}
PERSONS: dict[str, Any] = {"personal_data": True, "personal_data_facts": {"kind": "restricted"}}
TRANSPORT = {"name": "t", "zone": "state_transport", "addresses": ["10.200.0.0/16"]}
PEER = {"name": "insurer", "state": False, "via": "external_gateway", "addresses": ["198.51.100.7"]}
AWS = {
    "eventVersion": "1.08", "eventTime": "2026-03-02T09:00:00Z", "awsRegion": "eu-central-1",
    "userAgent": "cli", "readOnly": False, "eventType": "AwsApiCall",
    "userIdentity": {"type": "IAMUser", "userName": "aliya"}, "sourceIPAddress": "198.51.100.9",
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """An object, what it sends, and the norm under which that is found; "" where nothing is."""

    fields: dict[str, Any]
    record: dict[str, Any]
    norm: str


def conn(source: str, destination: str, port: int = 443) -> dict[str, Any]:
    return {
        "_path": "conn", "ts": 1772442000.1, "id.orig_h": source, "id.orig_p": 49184,
        "id.resp_h": destination, "id.resp_p": port, "proto": "tcp", "conn_state": "SF",
    }  # fmt: skip


def ecs(category: str, **parts: Any) -> dict[str, Any]:
    kind = {"kind": "event", "category": [category]}
    return {
        "@timestamp": "2026-03-02T09:00:00Z",
        "ecs": {"version": "8.17.0"},
        "event": kind,
        **parts,
    }


ABROAD = {"ip": "198.51.100.5", "geo": {"country_iso_code": "DE"}}
GATED = BODY | {"network": {"internet_gateways": ["203.0.113.2"]}}
MAILED = BODY | {"network": {"mail_gateways": ["203.0.113.25"]}}
CASES = {
    "internet": Case(GATED, conn("10.1.1.5", "198.51.100.99"), "kz-418-V/30(1)"),
    "internet-kept": Case(GATED, conn("10.1.1.5", "203.0.113.2", 3128), ""),
    "internet-free": Case({"ownership": "non_state", "network": GATED["network"]},
                          conn("10.1.1.5", "198.51.100.99"), ""),
    "mail": Case(MAILED, conn("10.1.1.5", "198.51.100.99", 25), "kz-418-V/30(4)"),
    "mail-kept": Case(MAILED, conn("10.1.1.5", "203.0.113.25", 25), ""),
    "bridge": Case({"network": {"segments": [TRANSPORT]}},
                   conn("10.200.1.5", "198.51.100.99"), "kz-418-V/29(3)"),
    "integration": Case(BODY | {"integrations": [PEER]},
                        conn("198.51.100.7", "10.1.1.9", 8443), "kz-418-V/43(2)"),
    "one-factor": Case(PERSONS, AWS | {
        "eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin",
        "additionalEventData": {"MFAUsed": "No"}, "responseElements": {"ConsoleLogin": "Success"},
    }, "kz-418-V/36(1)"),
    "stored-abroad": Case(PERSONS, AWS | {
        "eventSource": "s3.amazonaws.com", "eventName": "CreateBucket",
    }, "kz-418-V/36(8)"),
    "stored-nowhere": Case({"personal_data": False}, AWS | {
        "eventSource": "s3.amazonaws.com", "eventName": "CreateBucket",
    }, ""),
    "domain": Case({"network": {"domains": [{"name": "example.kz"}]}},
                   ecs("web", url={"domain": "example.kz"}, destination=ABROAD), "kz-418-V/56-1"),
    "mining": Case({}, {
        "EventTime": "2026-03-02 14:00:00", "EventID": 22, "QueryName": "xmr.2miners.com",
        "Channel": "Microsoft-Windows-Sysmon/Operational", "Image": "C:\\x.exe",
    }, "kz-418-V/33-1(6)"),
    "mining-told": Case({"mining": {"declared": True, "notified_at": "2025-01-01"}}, {
        "EventTime": "2026-03-02 14:00:00", "EventID": 22, "QueryName": "xmr.2miners.com",
        "Channel": "Microsoft-Windows-Sysmon/Operational", "Image": "C:\\x.exe",
    }, ""),
    "unlicensed": Case({}, {
        "EventTime": "2026-03-02 14:00:00", "EventID": 1, "Image": "C:\\cmd.exe",
        "Channel": "Microsoft-Windows-Sysmon/Operational", "CommandLine": "MAS_AIO.cmd /HWID",
    }, "kz-418-V/53(3)(5)"),
    "control": Case({"ici_kind": "telecom_network"},
                    ecs("configuration", source=ABROAD), "kz-527-IV/23(6)(5)"),
    "sensor": Case({}, {
        "EventTime": "2026-03-02 14:00:00", "EventID": 4, "State": "Stopped",
        "Channel": "Microsoft-Windows-Sysmon/Operational",
    }, "kz-527-IV/23(5)(3)"),
    "backup": Case(BODY, ecs("process", message="x") | {"event": {
        "kind": "event", "dataset": "backup.job", "action": "backup", "outcome": "failure",
    }}, "kz-418-V/42(3)"),
}  # fmt: skip


def registered(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Make an object whose records bear its name."""
    source = {"id": "any", "match": {"fields": {"sent_by": name}}}
    return {"id": name, "code": name.upper(), **STANDING, "sources": [source], **fields}


def saqshy(*words: str) -> str:
    done = CliRunner().invoke(app, words, env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, str]]:
    """Replay every case's record at once; give the settings, and each object's candidate."""
    folder = tmp_path_factory.mktemp("law")
    (folder / "objects").mkdir()
    objects = [registered(name, case.fields) for name, case in CASES.items()]
    text = yaml.safe_dump({"objects": objects, "parties": PARTIES}, allow_unicode=True)
    (folder / "objects" / "all.yml").write_text(text, encoding="utf-8")
    lines = [json.dumps({**case.record, "sent_by": name}) for name, case in CASES.items()]
    (folder / "all.ndjson").write_text("\n".join(lines), encoding="utf-8")
    config = str(write_settings(folder, [], registry=["objects"]))
    saqshy("replay", str(folder / "all.ndjson"), "--config", config, "--at", RECEIVED, "--store",
           str(folder / "kept.db"))  # fmt: skip
    given = ("--config", config, "--store", str(folder / "kept.db"))
    listed = saqshy("incidents", "list", "--candidates", "--json", *given)
    found = [json.loads(line) for line in listed.splitlines()]
    assert len({one["object_id"] for one in found}) == len(found)
    return str(folder), {one["object_id"]: one["id"] for one in found}


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.norm])
def test_a_person_is_told_the_norm(replayed: tuple[str, dict[str, str]], name: str) -> None:
    """The incident, or what a person has to decide, names the norm where it says why."""
    folder, incidents = replayed
    given = ("--config", f"{folder}/saqshy.yml", "--store", f"{folder}/kept.db")
    told = saqshy("incidents", "show", incidents[name], "--why", "--json", *given)
    assert re.search(rf"norm [^|;]*{re.escape(CASES[name].norm)}", told)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.norm])
def test_nothing_is_found_where_nothing_is_amiss(
    replayed: tuple[str, dict[str, str]], name: str
) -> None:
    """What keeps to the norm, and whom it does not bind, makes no finding."""
    assert name not in replayed[1]


def test_people_read_it_in_their_language(replayed: tuple[str, dict[str, str]]) -> None:
    """The norm stands in what is shown in Kazakh, Russian and English."""
    folder, incidents = replayed
    given = ("--config", f"{folder}/saqshy.yml", "--store", f"{folder}/kept.db")
    for language in ("kk", "ru", "en"):
        told = saqshy(
            "incidents", "show", incidents["mail"], "--why", "--language", language, *given
        )
        assert "kz-418-V/30(4)" in "".join(told.split())


HOST = {"sources": [{"id": "backup", "match": {"hosts": ["late-bk"]}, "carries": ["access_log"]}]}
HOURLY = {"period_hours": 1, "last_at": "2026-03-02T20:00:00+05:00"}
COPIED = (
    b"<30>1 2026-03-02T21:10:00+05:00 late-bk pgbackrest 5 - - "
    b"P00   INFO: backup command end: completed successfully (4123ms)"
)
DUTIES: dict[str, dict[str, Any]] = {
    "late": BODY | HOST | {"backup": HOURLY},
    "plain": {"network": {"domains": [{"name": "a.kz", "certified": False}]}},
    "fine": BODY | {"backup": {"period_hours": 48, "last_at": "2026-03-02T20:00:00+05:00"}},
}


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Centre]:
    """Give a running system whose objects owe something."""
    shutil.copytree(bundled("objects"), tmp_path / "objects")
    objects = [registered(name, fields) for name, fields in DUTIES.items()]
    text = yaml.safe_dump({"objects": objects}, allow_unicode=True)
    text = text.replace("owner: owner", "owner: dala-bank").replace(
        "holder: owner", "holder: dala-bank"
    )
    (tmp_path / "objects" / "more.yml").write_text(text, encoding="utf-8")
    with centre(tmp_path) as made:
        yield made


def test_ticks_find_what_is_absent(watched: Centre) -> None:
    """An overdue backup and a missing certificate are found by time alone, under their norms."""
    for _ in range(8):
        watched.tick(minutes=5)
    found = {one.object_id: one for one in watched.findings() if one.kind == "detector"}
    told = {name: found[name].labels.reason for name in DUTIES if name in found}
    assert sorted(told) == ["late", "plain"]
    assert "norm kz-418-V/42(3)" in told["late"]
    assert "norm kz-418-V/56-1" in told["plain"]
    assert found["late"].first_event_at >= AT + 15 * 60 * NANOSECONDS


def test_a_copy_that_is_told_of_ends_it(watched: Centre) -> None:
    """A backup program's record gives a new term: the finding ends, and nobody is paged anew."""
    for _ in range(6):
        watched.tick(minutes=5)
    watched.take([COPIED])
    watched.tick(minutes=5)
    last = [one for one in watched.findings() if one.rule.id == "saqshy.missed-backup"][-1]
    assert last.fields["ended"] is True
