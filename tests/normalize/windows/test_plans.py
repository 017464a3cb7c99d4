"""The table of Windows events, and the values that fill several fields."""

from typing import Any

import pytest

from pipeline.normalize.windows.build import parsed
from pipeline.normalize.windows.plan_table import Table, _entry_problems, _mapping_problem, table
from pipeline.normalize.windows.plans import plan
from pipeline.normalize.windows.values import KINDS


def test_the_table_is_sound() -> None:
    """Every field, kind, set and category of the shipped table exists."""
    assert len(table().events["Microsoft-Windows-Security-Auditing"]) > 60


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"category": ["nonsense"]}, "event.category"),
        ({"type": ["nonsense"]}, "event.type"),
        ({"category": ["registry"], "type": ["start"]}, "is expected in the category registry"),
        ({"kind": "nonsense"}, "event.kind"),
        ({"outcome": "nonsense"}, "event.outcome"),
        ({"use": ["nonsense"]}, "no such set: nonsense"),
        ({"fields": {"process.nonsense": "A"}}, "no such ECS field"),
        ({"fields": {"process": "A as nonsense"}}, "no such kind"),
        ({"fields": {"nonsense": "A as program"}}, "gives no ECS fields"),
        ({"set": {"network.nonsense": "x"}}, "no such ECS field"),
    ],
)
def test_a_broken_entry_is_told(entry: dict[str, Any], message: str) -> None:
    """What the table may not say is told where it is read."""
    sound = {"action": "a", "category": ["process"], "type": ["start"]}
    made = Table.model_validate(
        {"datasets": {}, "providers": {}, "sets": {}, "events": {"P": {1: {**sound, **entry}}}}
    )
    problems = list(_entry_problems(made, made.events["P"][1]))
    assert any(message in problem for problem in problems), problems


def test_a_mapping_names_an_existing_field() -> None:
    """A mapping to a field that exists has no problem."""
    assert _mapping_problem("process.pid", "ProcessId") == ""
    assert _mapping_problem("process", "Image as program") == ""


@pytest.mark.parametrize(
    ("provider", "channel", "dataset"),
    [
        (
            "Microsoft-Windows-Sysmon",
            "Microsoft-Windows-Sysmon/Operational",
            "windows.sysmon_operational",
        ),
        ("", "security", "system.security"),
        ("", "Security", "system.security"),
        ("P", "Example Log/Admin", "windows.example_log_admin"),
        ("P", "", "windows.p"),
        ("", "", "windows.event"),
        ("", "///", "windows.event"),
    ],
)
def test_the_dataset_is_named_after_the_channel(provider: str, channel: str, dataset: str) -> None:
    """Each event has a dataset: the channel's known name, or one made from it."""
    assert plan(provider, channel, 1).event["dataset"] == dataset


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("program", r"C:\a\b.exe", {"executable": r"C:\a\b.exe", "name": "b.exe"}),
        ("program", "System", {"executable": "System", "name": "System"}),
        (
            "file",
            r"C:\a\b.txt",
            {"path": r"C:\a\b.txt", "directory": r"C:\a", "name": "b.txt", "extension": "txt"},
        ),
        ("file", "b", {"path": "b", "name": "b"}),
        (
            "file",
            r"C:\a\.profile",
            {"path": r"C:\a\.profile", "directory": r"C:\a", "name": ".profile"},
        ),
        ("library", r"C:\a.dll", {"path": r"C:\a.dll", "name": "a.dll"}),
        ("command", "a -b", {"command_line": "a -b"}),
        ("account", r"D\u", {"domain": "D", "name": "u"}),
        ("account", "u", {"name": "u"}),
        ("account_name", r"D\u", {"name": "u"}),
        (
            "hashes",
            "MD5=AA,SHA1=BB,SHA256=CC,IMPHASH=DD",
            {"hash": {"md5": "aa", "sha1": "bb", "sha256": "cc"}, "pe": {"imphash": "dd"}},
        ),
        ("hashes", "SHA256=", {}),
        ("hashes", "nonsense", {}),
        (
            "registry_key",
            r"HKLM\SOFTWARE\X",
            {"path": r"HKLM\SOFTWARE\X", "hive": "HKLM", "key": r"SOFTWARE\X"},
        ),
        ("registry_key", r"\REGISTRY\A\x", {"path": r"\REGISTRY\A\x"}),
        (
            "registry_value",
            r"HKEY_USERS\S\Run\v",
            {"path": r"HKEY_USERS\S\Run\v", "hive": "HKU", "key": r"S\Run", "value": "v"},
        ),
        ("registry_value", "HKLM", {"path": "HKLM", "hive": "HKLM", "key": ""}),
        (
            "answers",
            "type:  5 a.example;::ffff:192.0.2.1;2001:db8::1;192.0.2.1;",
            {"resolved_ip": ["192.0.2.1", "2001:db8::1"]},
        ),
        ("answers", "-", {}),
        ("protocol", "6", {"iana_number": "6", "transport": "tcp"}),
        ("protocol", "99", {"iana_number": "99"}),
        ("direction", "%%14592", {"direction": "inbound"}),
        ("direction", "%%1", {}),
        ("initiated", "true", {"direction": "egress"}),
        ("initiated", "false", {"direction": "ingress"}),
    ],
)
def test_a_value_fills_fields(kind: str, value: str, expected: dict[str, Any]) -> None:
    """A value of a kind gives the fields that it holds, and no empty ones."""
    assert KINDS[kind].read(value) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_gives_what_it_says(kind: str) -> None:
    """A kind gives the fields that it announces, by which the table is checked, and all of them."""
    samples = {
        "program": [r"C:\a.exe"],
        "file": [r"C:\a\b.txt"],
        "hashes": ["MD5=A,SHA1=B,SHA256=C,SHA512=D,IMPHASH=E"],
        "registry_value": [r"HKLM\A\b"],
        "registry_key": [r"HKLM\A"],
        "answers": ["192.0.2.1;"],
        "protocol": ["6", "99"],
        "direction": ["%%14592"],
        "account": [r"D\u", "u"],
    }
    given = {
        leaf
        for value in samples.get(kind, ["true"])
        for leaf in leaves(KINDS[kind].read(value), "")
    }
    assert {leaf.removeprefix(".") for leaf in given} == set(KINDS[kind].gives)


def leaves(tree: dict[str, Any], prefix: str) -> list[str]:
    return [
        leaf
        for name, value in tree.items()
        for leaf in (
            leaves(value, f"{prefix}.{name}") if isinstance(value, dict) else [f"{prefix}.{name}"]
        )
    ]


def test_a_key_and_a_value_are_joined() -> None:
    """Security 4657 tells key and value apart and by the kernel's names; ECS has the whole path."""
    native = {
        "EventID": 4657,
        "Channel": "Security",
        "ObjectName": r"\REGISTRY\MACHINE\SOFTWARE\A",
        "ObjectValueName": "b",
        "NewValue": "c",
    }
    found = parsed("windows_event", dict(native), None)
    assert found.ecs["registry"] == {
        "path": r"HKLM\SOFTWARE\A\b",
        "hive": "HKLM",
        "key": r"SOFTWARE\A",
        "value": "b",
        "data": {"strings": ["c"]},
    }
    assert found.native == native
    del native["ObjectName"]
    assert "path" not in parsed("windows_event", native, None).ecs["registry"]


def test_sysmon_for_linux_is_of_linux() -> None:
    """Its events are Sysmon's, of another system and vocabulary; its paths part by slashes."""
    native = {
        "EventID": 11,
        "Provider_Name": "Linux-Sysmon",
        "Channel": "Linux-Sysmon/Operational",
        "Computer": "web1",
        "Image": "/usr/bin/tee",
        "TargetFilename": "/etc/cron.d/x.sh",
    }
    found = parsed("windows_event", native, None)
    assert found.taxonomy == "linux"
    assert found.ecs["host"] == {"name": "web1", "os": {"type": "linux"}}
    assert found.ecs["event"]["action"] == "file-created"
    assert found.ecs["event"]["dataset"] == "sysmon_linux.log"
    assert found.ecs["process"]["name"] == "tee"
    assert found.ecs["file"]["directory"] == "/etc/cron.d"
