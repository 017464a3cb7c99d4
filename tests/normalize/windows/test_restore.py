"""What Elastic's modules moved into ECS stands in the event's data again."""

from typing import Any

import orjson
import pytest

from tests.normalize.reading import event_of

SYSMON = "Microsoft-Windows-Sysmon"


def native(code: int, data: dict[str, str] | None = None, **given: Any) -> dict[str, Any]:
    winlog = {
        "channel": f"{SYSMON}/Operational",
        "provider_name": SYSMON,
        "event_id": str(code),
        "computer_name": "host",
        "event_data": data or {},
    }
    document = {"@timestamp": "2026-03-02T10:00:00Z", "winlog": winlog, **given}
    return event_of(orjson.dumps(document)).native


ROWS = [
    (
        "process",
        1,
        {
            "process": {
                "executable": r"C:\a.exe",
                "command_line": "a b",
                "hash": {"sha1": "ab", "md5": "cd"},
                "pe": {"imphash": "ef", "original_file_name": "A.EXE"},
                "parent": {"executable": r"C:\p.exe"},
            },
            "user": {"domain": "NT AUTHORITY", "name": "SYSTEM"},
        },
        {
            "Image": r"C:\a.exe",
            "CommandLine": "a b",
            "Hashes": "MD5=CD,SHA1=AB,IMPHASH=EF",
            "OriginalFileName": "A.EXE",
            "ParentImage": r"C:\p.exe",
            "User": r"NT AUTHORITY\SYSTEM",
        },
    ),
    (
        "connection",
        3,
        {"network": {"direction": "egress", "transport": "tcp"}, "destination": {"port": 443}},
        {"Initiated": "true", "Protocol": "tcp", "DestinationPort": 443},
    ),
    (
        "library, under file",
        7,
        {"file": {"path": r"C:\a.dll", "hash": {"sha256": "aa"}}},
        {"ImageLoaded": r"C:\a.dll", "Hashes": "SHA256=AA"},
    ),
    (
        "a number in the registry",
        13,
        {"registry": {"path": r"HKLM\a", "data": {"strings": ["4"], "type": "SZ_DWORD"}}},
        {"TargetObject": r"HKLM\a", "Details": "DWORD (0x00000004)"},
    ),
    (
        "a long number in the registry",
        13,
        {"registry": {"data": {"strings": ["4294967301"], "type": "SZ_QWORD"}}},
        {"Details": "QWORD (0x00000001-0x00000005)"},
    ),
    ("a text in the registry", 13, {"registry": {"data": {"strings": ["x"]}}}, {"Details": "x"}),
    ("a pipe", 17, {"file": {"name": r"\p"}}, {"PipeName": r"\p"}),
    (
        "a query",
        22,
        {"dns": {"question": {"name": "a.example"}, "resolved_ip": ["192.0.2.1"]}},
        {"QueryName": "a.example", "QueryResults": "192.0.2.1;"},
    ),
    ("an account without domain", 5, {"user": {"name": "u"}}, {"User": "u"}),
]


@pytest.mark.parametrize(
    ("code", "given", "wanted"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_what_was_moved_is_put_back(
    code: int, given: dict[str, Any], wanted: dict[str, Any]
) -> None:
    """Each value stands under Sysmon's name and in Sysmon's form."""
    found = native(code, **given)
    assert {name: found.get(name) for name in wanted} == wanted


def test_what_is_there_stays() -> None:
    """A value that the event's data still holds is not written over."""
    found = native(1, {"Image": r"C:\own.exe"}, process={"executable": r"C:\other.exe"})
    assert found["Image"] == r"C:\own.exe"


@pytest.mark.parametrize(
    "given",
    [
        {"user": {"id": "S-1-5-18"}},
        {"registry": "HKLM"},
        {"network": {"direction": "unknown"}},
        {"process": ["a"]},
    ],
    ids=repr,
)
def test_what_does_not_tell_gives_nothing(given: dict[str, Any]) -> None:
    """ECS fields of another kind than the modules write give no value of Sysmon's."""
    for code in (1, 3, 13):
        found = native(code, **given)
        assert not found.keys() & {"User", "Details", "Initiated", "Image", "TargetObject"}
