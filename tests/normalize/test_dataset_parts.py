"""Parts of a dataset's entry that shape values."""

from typing import Any

import pytest

from pipeline.model import Json
from pipeline.normalize.dataset_parts import (
    Control,
    Made,
    Objects,
    filled,
    put_duration,
    put_flags,
    put_url,
    summed,
)
from tests.normalize.reading import ALMATY

URLS = [
    ("/a/b?c=d#e", {"original": "/a/b?c=d#e", "path": "/a/b", "query": "c=d", "fragment": "e"}),
    (
        "https://x.example.kz:8443/p",
        {
            "original": "https://x.example.kz:8443/p",
            "scheme": "https",
            "domain": "x.example.kz",
            "port": 8443,
            "path": "/p",
        },
    ),
    ("http://[bad/", {"original": "http://[bad/"}),
    ("http://x:99999/", {"original": "http://x:99999/"}),
    ("x.example.kz:443", {"original": "x.example.kz:443"}),
    ("", None),
    (5, None),
]


@pytest.mark.parametrize(("text", "parts"), URLS)
def test_urls(text: Any, parts: dict[str, Any] | None) -> None:
    """An address or the path of one is kept as it is, with the parts that it has."""
    ecs: Json = {}
    put_url(ecs, text)
    assert ecs.get("url") == parts


def test_objects_of_a_list_and_of_lists_beside_each_other() -> None:
    """Members get ECS's names, whether they stand together or in lists beside each other."""
    together = Objects(of="answers", each={"data": "rdata", "ttl": "ttl"})
    native = {"answers": [{"rdata": "a", "ttl": 5.0}, "x", {"other": 1}]}
    assert together(native) == [{"data": "a", "ttl": 5}]
    beside = Objects(each={"data": "answers", "ttl": "TTLs"})
    assert beside({"answers": ["a", "b"], "TTLs": [1.0]}) == [
        {"data": "a", "ttl": 1},
        {"data": "b"},
    ]
    assert beside({"answers": "a"}) is None


def test_a_made_value_has_its_prefix_once() -> None:
    """A prefix is put before a word that does not begin with it; some values say nothing."""
    made = Made.model_validate({"of": ["a", "b"], "as": "word", "prefix": "s7_", "but": ["none"]})
    assert made({"a": "Write"}, ALMATY) == "s7_write"
    assert made({"a": "S7 Write"}, ALMATY) == "s7_write"
    assert made({"a": "none", "b": "x"}, ALMATY) == "s7_x"
    assert made({}, ALMATY) is None


CONTROL = Control(of=("func",), values=("write*", "stop"), unless={"is_orig": ("false",)})


@pytest.mark.parametrize(
    ("native", "changes"),
    [
        ({"func": "WRITE_COIL"}, True),
        ({"func": ["Stop"]}, True),
        ({"func": "read"}, False),
        ({"func": "write", "is_orig": False}, False),
        ({"func": "write", "is_orig": True}, True),
        ({"func": None}, False),
        ({}, False),
    ],
    ids=repr,
)
def test_what_changes_a_controller(native: dict[str, Any], *, changes: bool) -> None:
    """An operation that changes a controller is a change of configuration; its answer is none."""
    ecs: Json = {"event": {"category": ["network"], "type": ["protocol"]}}
    CONTROL(ecs, native)
    changed = {"category": ["network", "configuration"], "type": ["protocol", "change"]}
    assert (ecs["event"] == changed) == changes


def test_sums_flags_durations_and_names() -> None:
    """Numbers of ECS are added, true fields give words, an event lasts from start to end."""
    ecs: Json = {"source": {"bytes": 5}, "destination": {"bytes": 7}, "event": {}}
    assert summed(ecs, (("source", "bytes"), ("destination", "bytes"), ("a", "b"))) == 12
    assert summed({}, (("source", "bytes"),)) is None
    put_flags(ecs, "dns.header_flags", {"AA": "aa", "RD": "rd"}, {"aa": True, "rd": False})
    assert ecs["dns"] == {"header_flags": ["AA"]}
    ecs["event"] = {"start": "2026-03-02T09:00:00Z", "end": "2026-03-02T09:00:01.5Z"}
    put_duration(ecs)
    assert ecs["event"]["duration"] == 1_500_000_000
    assert filled("zeek.{_path:other}", {"_path": "iec104-C_SC"}) == "zeek.iec104_c_sc"
    assert filled("zeek.{_path:other}", {}) == "zeek.other"
