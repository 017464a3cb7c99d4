"""Fields out of rendered messages."""

import pytest

from pipeline.normalize.ecs_schema import fields
from pipeline.normalize.windows.messages import fields_of, table
from pipeline.normalize.windows.plans import AUDITING

LOGON = (
    "An account was successfully logged on.\r\n\r\nSubject:\r\n\tSecurity ID:\t\tS-1-5-18\r\n"
    "\tAccount Name:\t\tDC01$\r\n\tAccount Domain:\t\tEXAMPLE\r\n\tLogon ID:\t\t0x3E7\r\n\r\n"
    "Logon Information:\r\n\tLogon Type:\t\t3\r\n\r\nNew Logon:\r\n\tSecurity ID:\t\tS-1-5-21-1\r\n"
    "\tAccount Name:\t\taliya\r\n\tLogon GUID:\t\t{0}\r\n\r\nNetwork Information:\r\n"
    "\tSource Network Address:\t192.0.2.1\r\n\tSource Port:\t\t50112\r\n\r\n"
    "This event is generated when a logon session is created."
)
SAID = {
    "SubjectUserSid": "S-1-5-18",
    "SubjectUserName": "DC01$",
    "SubjectDomainName": "EXAMPLE",
    "SubjectLogonId": "0x3E7",
    "LogonType": "3",
    "TargetUserSid": "S-1-5-21-1",
    "TargetUserName": "aliya",
    "LogonGuid": "{0}",
    "IpAddress": "192.0.2.1",
    "IpPort": "50112",
}


@pytest.mark.parametrize("gap", ["\r\n", "\n", " "], ids=["CR LF", "LF", "blank"])
def test_lines_and_one_line_read_alike(gap: str) -> None:
    """A message in lines, and one whose line ends became blanks, say the same."""
    assert fields_of(AUDITING, 4624, LOGON.replace("\r\n", gap).replace("\t", " ")) == SAID


MEANT = {
    "lines": (
        AUDITING, 4672, "Special.\r\n\r\nPrivileges:\t\tSeA\r\n\t\t\tSeB",
        {"PrivilegeList": "SeA\r\n\t\t\tSeB"},
    ),
    "4740": (
        AUDITING, 4740,
        "Subject: Account Name: a Additional Information: Caller Computer Name: WS7",
        {"SubjectUserName": "a", "TargetDomainName": "WS7"},
    ),
    "5156": (
        AUDITING, 5156,
        "Network Information: Direction: %%14592 Source Address: 192.0.2.1 Source Port: 5",
        {"Direction": "%%14592", "SourceAddress": "192.0.2.1", "SourcePort": "5"},
    ),
    "1102": (
        "Microsoft-Windows-Eventlog", 1102, "Subject: Security ID: S-1 Account Name: a Logon ID: 1",
        {"SubjectUserSid": "S-1", "SubjectUserName": "a", "SubjectLogonId": "1"},
    ),
    "Sysmon": (
        "Microsoft-Windows-Sysmon", 1,
        "Process Create: Image: C:\\a.exe CommandLine: a Image: b User: E\\u",
        {"Image": "C:\\a.exe", "CommandLine": "a", "User": "E\\u"},
    ),
    "Russian": (AUDITING, 4624, "Вход выполнен успешно. Субъект: ИД безопасности: S-1", {}),
    "other": ("Somebody", 1, "Subject: Account Name: a", {}),
}  # fmt: skip


@pytest.mark.parametrize(("provider", "code", "message", "found"), MEANT.values(), ids=MEANT)
def test_labels_mean_what_the_event_has(
    provider: str, code: int, message: str, found: dict[str, str]
) -> None:
    """A label is the event's field of its heading; what is in other words gives nothing."""
    assert fields_of(provider, code, message) == found


def test_a_label_twice_under_one_heading_counts_once() -> None:
    """Of a label that a value imitates the first counts."""
    message = "Subject: Account Name: a Process Information: Process Name: x Account Name: b"
    assert fields_of(AUDITING, 4688, message)["SubjectUserName"] == "a"


def test_the_table_is_whole() -> None:
    """Every heading names labels, and no name of the event's own is a name of ECS."""
    found = table()
    assert all(found.headings.values())
    names = {name for labels in found.headings.values() for name in labels.values()}
    assert names.isdisjoint(fields())
