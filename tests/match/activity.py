"""The same activity as each vendor and shipper writes it; text that is not read yet comes as JSON.

Where the normaliser does not read a vendor's text yet (Zeek's tables, lines of nginx, XML), the
shape is that vendor's JSON or Elastic's ECS of it. Shapes follow the vendors' references named in
``rules/taxonomies``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

SENT = "2026-03-02T10:00:00Z"


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity in several shapes; ``fires`` are titles of rules that must be among the hits.

    ``apart``: rules that need what a shape does not tell, by title with the reason.
    """

    name: str
    fires: tuple[str, ...]
    shapes: Mapping[str, bytes]
    apart: Mapping[str, str] = field(default_factory=dict)


def native(**document: Any) -> bytes:
    return orjson.dumps(document)


def ecs(dataset: str, kinds: str = "", **more: Any) -> bytes:
    """Write an ECS document: dataset, ``category/type`` and further fields, names dotted or not."""
    category, _, kind = kinds.partition("/")
    event = {"dataset": dataset, "kind": "event", "module": dataset.partition(".")[0]}
    found: dict[str, Any] = {"@timestamp": SENT, "ecs": {"version": "8.17.0"}, "event": event}
    if category:
        found["event"] |= {"category": [category], "type": [kind]}
    for name, value in more.items():
        if name == "event":
            found["event"] |= value
        else:
            found[name] = value
    return orjson.dumps(found)


def syslog(program: str, text: str) -> bytes:
    return f"<38>Mar  2 10:00:00 web1 {program}[7]: {text}".encode()


def in_syslog(record: bytes) -> bytes:
    return b"<14>1 2026-03-02T10:00:00Z relay forwarder - - - " + record
