"""The Windows events of the shared data as an outsider reads them: Sigma fields and log sources.

What other engines are asked with. Written from the Sigma taxonomy appendix and the events
themselves, for the channels that occur in the shared data; it shares nothing with the product's
vocabularies or normaliser, so that a mistake there shows as a difference.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from tests.match.sigmahq import lines_of

SYSMON = "microsoft-windows-sysmon/operational"
SYSMON_CATEGORIES: dict[int, tuple[str, ...]] = {
    1: ("process_creation",),
    2: ("file_change",),
    3: ("network_connection",),
    4: ("sysmon_status",),
    5: ("process_termination",),
    6: ("driver_load",),
    7: ("image_load",),
    8: ("create_remote_thread",),
    9: ("raw_access_thread",),
    10: ("process_access",),
    11: ("file_event",),
    12: ("registry_event", "registry_add", "registry_delete"),
    13: ("registry_event", "registry_set"),
    14: ("registry_event", "registry_rename"),
    15: ("create_stream_hash",),
    16: ("sysmon_status",),
    17: ("pipe_created",),
    18: ("pipe_created",),
    19: ("wmi_event",),
    20: ("wmi_event",),
    21: ("wmi_event",),
    22: ("dns_query",),
    23: ("file_delete",),
    24: ("clipboard_capture",),
    25: ("process_tampering",),
    26: ("file_delete_detected",),
}
OTHER_CATEGORIES: dict[tuple[str, int], str] = {
    ("security", 4688): "process_creation",
    ("windows powershell", 400): "ps_classic_start",
    ("windows powershell", 600): "ps_classic_provider_start",
    ("windows powershell", 800): "ps_classic_script",
    ("microsoft-windows-powershell/operational", 4103): "ps_module",
    ("microsoft-windows-powershell/operational", 4104): "ps_script",
}
SERVICES = {
    SYSMON: "sysmon",
    "security": "security",
    "system": "system",
    "application": "application",
    "windows powershell": "powershell-classic",
    "microsoft-windows-powershell/operational": "powershell",
    "microsoft-windows-wmi-activity/operational": "wmi",
    "msexchange management": "msexchange-management",
    # The appendix gives the display name; the provider registers this one.
    "microsoft-windows-dns-client/operational": "dns-client",
}
# The appendix's names for what collectors call otherwise, where an event has no field so named.
COLLECTOR_NAMES = {"SourceName": "Provider_Name", "Hostname": "Computer"}
BEAT_NAMES = {
    "event_id": "EventID",
    "log_name": "Channel",
    "source_name": "Provider_Name",
    "computer_name": "Computer",
    "level": "Level",
    "message": "Message",
    "task": "Task",
    "opcode": "Opcode",
    "keywords": "Keywords",
    "version": "Version",
}
# Security 4688 under the names of Sysmon's process creation.
AUDITED_PROCESS = {
    "NewProcessName": "Image",
    "ParentProcessName": "ParentImage",
    "ProcessId": "ParentProcessId",
    "NewProcessId": "ProcessId",
    "SubjectUserName": "User",
    "SubjectLogonId": "LogonId",
    "MandatoryLabel": "IntegrityLevel",
}


class LogSource(NamedTuple):
    """What a rule speaks of; "" stands for any."""

    product: str
    category: str
    service: str


@dataclass(frozen=True, slots=True)
class FlatEvent:
    """One event: its line in the stream, its fields by Sigma name, where it came from."""

    number: int
    line: bytes
    raw: Mapping[str, Any]
    fields: Mapping[str, Any]
    categories: tuple[str, ...]
    service: str

    def is_of(self, source: LogSource) -> bool:
        """Tell whether a rule of that log source speaks of this event."""
        return (
            source.product in ("", "windows")
            and (not source.category or source.category in self.categories)
            and source.service in ("", self.service)
        )

    def fields_for(self, source: LogSource) -> Mapping[str, Any]:
        """Give the fields under the names that rules of that log source use."""
        if source.category != "process_creation" or self.service != "security":
            return self.fields
        own = self.fields
        return {**own, **{to: own[name] for name, to in AUDITED_PROCESS.items() if name in own}}


def read_event(number: int, line: bytes) -> FlatEvent:
    """Read one line of a stream."""
    raw = json.loads(line)
    if "event_data" in raw:  # Winlogbeat 6
        fields = {BEAT_NAMES.get(name, name): value for name, value in raw.items()}
        fields |= raw["event_data"]
    else:
        fields = dict(raw)
        for name, sigma in COLLECTOR_NAMES.items():
            if name in raw:
                fields.setdefault(sigma, raw[name])
    channel, event_id = str(fields["Channel"]).lower(), int(fields["EventID"])
    if channel == SYSMON:
        categories = SYSMON_CATEGORIES.get(event_id, ())
    else:
        category = OTHER_CATEGORIES.get((channel, event_id))
        categories = (category,) if category else ()
    return FlatEvent(number, line, raw, fields, categories, SERVICES.get(channel, ""))


def sample(name: str, most: int) -> list[FlatEvent]:
    """Give at most so many events of each shape (channel, event id, field names), spread evenly."""
    lines = list(lines_of(name, 1))
    by_shape: dict[tuple[str, ...], list[int]] = {}
    for number, line in enumerate(lines):
        raw = json.loads(line)
        shape = (
            str(raw.get("Channel")),
            str(raw.get("EventID", raw.get("event_id"))),
            *sorted(raw),
        )
        by_shape.setdefault(shape, []).append(number)
    chosen = (
        numbers[at * len(numbers) // most] if len(numbers) > most else numbers[at]
        for numbers in by_shape.values()
        for at in range(min(most, len(numbers)))
    )
    return [read_event(number, lines[number]) for number in sorted(chosen)]


def flat_events(name: str) -> Iterator[FlatEvent]:
    """Read a whole stream."""
    for number, line in enumerate(lines_of(name, 1)):
        yield read_event(number, line)


def parts(name: str, size: int) -> Iterator[list[FlatEvent]]:
    """Give a whole stream in parts."""
    events = flat_events(name)
    while part := list(islice(events, size)):
        yield part
