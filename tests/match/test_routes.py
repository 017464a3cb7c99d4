"""Which log sources an event is of."""

from typing import Any

import pytest

from pipeline.content import Content
from pipeline.match.routes import Labels, LogSource, labels_of, route_key
from pipeline.match.view import Plans, View
from tests.match.log_source_records import records
from tests.match.material import taxonomy
from tests.normalize.reading import event_of

SYSMON = "Microsoft-Windows-Sysmon/Operational"
POWERSHELL = "Microsoft-Windows-PowerShell/Operational"


def labels(of: str, native: dict[str, Any], ecs: dict[str, Any] | None = None) -> Labels:
    vocabulary = taxonomy().of(of)
    view = View(Plans(vocabulary.fields, vocabulary.within), native, ecs or {})
    return labels_of(vocabulary, route_key(vocabulary, view))


WINDOWS = [
    (SYSMON, 1, ["process_creation"], ["sysmon"]),
    (SYSMON, "1", ["process_creation"], ["sysmon"]),
    (SYSMON, 3, ["network_connection"], ["sysmon"]),
    (SYSMON, 11, ["file_event"], ["sysmon"]),
    (SYSMON, 12, ["registry_add", "registry_delete", "registry_event"], ["sysmon"]),
    (SYSMON, 13, ["registry_event", "registry_set"], ["sysmon"]),
    (SYSMON, 17, ["pipe_created"], ["sysmon"]),
    (SYSMON, 21, ["wmi_event"], ["sysmon"]),
    (SYSMON, 255, ["sysmon_error"], ["sysmon"]),
    (SYSMON, 77, [], ["sysmon"]),
    ("security", 4688, ["process_creation"], ["security"]),
    ("SECURITY", 4624, [], ["security"]),
    ("System", 1, [], ["system"]),
    ("Windows PowerShell", 400, ["ps_classic_start"], ["powershell-classic"]),
    (POWERSHELL, 4103, ["ps_module"], ["powershell"]),
    ("PowerShellCore/Operational", 4104, ["ps_script"], ["powershell"]),
    ("Microsoft-Windows-Windows Defender/Operational", 1116, ["antivirus"], ["windefend"]),
    ("Microsoft-Windows-AppLocker/EXE and DLL", 8004, [], ["applocker"]),
    ("DNS Server", 770, [], ["dns-server"]),
    ("Microsoft-Windows-CAPI2/Operational", 70, [], ["capi2"]),
    ("Microsoft-Windows-Security-Mitigations/User Mode", 11, [], ["security-mitigations"]),
    ("Something else", 1, [], []),
]


@pytest.mark.parametrize(("channel", "code", "categories", "services"), WINDOWS)
def test_windows_events(
    channel: str, code: int | str, categories: list[str], services: list[str]
) -> None:
    """A Windows event's categories and services follow channel and event id, case aside."""
    found = labels("windows", {"Channel": channel, "EventID": code})
    assert found.products == {"windows"}
    assert sorted(found.categories) == categories
    assert sorted(found.services) == services


def written_by(program: str) -> dict[str, Any]:
    return {"log": {"syslog": {"appname": program}}, "process": {"name": program}}


OTHERS = [
    ("sshd is auth too", "linux", written_by("sshd"), LogSource("linux", "", "auth")),
    ("sshd", "linux", written_by("sshd-session"), LogSource("linux", "", "sshd")),
    (
        "any program is syslog",
        "linux",
        written_by("x"),
        LogSource("linux", "", "syslog"),
    ),
    ("cron", "linux", written_by("CRON"), LogSource("linux", "", "cron")),
    (
        "a program names a product",
        "generic",
        {"process": {"name": "modgate"}},
        LogSource("modgate", "", ""),
    ),
    (
        "a dataset names both",
        "ecs",
        {"event": {"dataset": "zeek.dns"}},
        LogSource("zeek", "", "dns"),
    ),
    (
        "a service with dots",
        "ecs",
        {"event": {"dataset": "gcp.audit"}},
        LogSource("gcp", "", "gcp.audit"),
    ),
    (
        "ECS process",
        "ecs",
        {"event": {"category": ["process"], "type": ["start"]}, "host": {"os": {"type": "linux"}}},
        LogSource("linux", "process_creation", ""),
    ),
    (
        "ECS dns",
        "ecs",
        {"event": {"category": "network"}, "network": {"protocol": "dns"}},
        LogSource("", "dns", ""),
    ),
    ("ECS web", "ecs", {"event": {"category": ["web"]}}, LogSource("", "webserver", "")),
    (
        "Sysmon in ECS",
        "ecs",
        {"winlog": {"channel": SYSMON}, "event": {"code": "1"}},
        LogSource("windows", "process_creation", ""),
    ),
]


@pytest.mark.parametrize(
    ("of", "ecs", "source"), [row[1:] for row in OTHERS], ids=[row[0] for row in OTHERS]
)
def test_other_events(of: str, ecs: dict[str, Any], source: LogSource) -> None:
    """Programs, datasets and ECS categories name log sources."""
    assert labels(of, {}, ecs).cover(source)


def test_a_log_source_is_covered_whole() -> None:
    """A rule's log source fits where product, category and service all do."""
    found = labels("windows", {"Channel": "Security", "EventID": 4688})
    assert found.cover(LogSource("windows", "", ""))
    assert found.cover(LogSource("", "process_creation", ""))
    assert not found.cover(LogSource("linux", "process_creation", ""))
    assert not found.cover(LogSource("windows", "process_creation", "sysmon"))


def test_a_label_has_names_of_its_own() -> None:
    """Security 4688 says process creation under its own names, which come first."""
    found = labels("windows", {"Channel": "Security", "EventID": 4688})
    own = found.names[found.own_names(LogSource("windows", "process_creation", ""))]
    assert own["Image"][0] == "NewProcessName"
    assert own["ProcessId"][0] == "NewProcessId"
    assert found.own_names(LogSource("windows", "", "security")) == ""


def labels_of_record(record: bytes) -> Labels:
    found = event_of(record)
    vocabulary = taxonomy().of(found.taxonomy)
    view = View(Plans(vocabulary.fields, vocabulary.within), found.native, found.ecs)
    return labels_of(vocabulary, route_key(vocabulary, view))


@pytest.mark.parametrize("name", sorted(records()))
def test_a_log_source_is_reached(name: str) -> None:
    """Each record, read by the normaliser, is of the log source that it stands for."""
    product, category, service = name.split("/")
    for record in records()[name]:
        assert labels_of_record(record).cover(LogSource(product, category, service)), record


def test_every_log_source_of_sigmahq_is_reached(sigmahq: Content) -> None:
    """No rule of SigmaHQ names a log source that no record here is of."""
    named = {f"{rule.product}/{rule.category}/{rule.service}" for rule in sigmahq.rules.values()}
    assert len(named) > 130
    assert sorted(named - records().keys()) == []


def test_no_record_is_of_everything() -> None:
    """A record is of few products: those of its own system, not of another's."""
    products = {row.product for row in map(LogSource._make, (n.split("/") for n in records()))}
    told = {
        name: len(labels_of_record(each).products & products)
        for name, several in records().items()
        for each in several
    }
    assert {name: count for name, count in told.items() if count > 2} == {}
