"""Which vocabularies can have events of a log source."""

import pytest

from pipeline.match.reach import entries_giving, never_there, reached_by
from tests.match.material import content_of, rule_text, taxonomy

SOURCES = [
    ({"product": "windows", "category": "process_creation"}, "windows", True),
    ({"product": "windows", "service": "security"}, "windows", True),
    ({"category": "process_creation"}, "windows", True),
    ({"product": "windows", "category": "process_creation", "service": "security"},
     "windows", True),
    # The registry's events and the DNS server's channel: no event is both.
    ({"product": "windows", "category": "registry_set", "service": "dns-server"}, "windows", False),
    ({"product": "windows", "service": "sshd"}, "windows", False),
    ({"product": "linux", "service": "sshd"}, "linux", True),
    ({"product": "windows", "category": "teleportation"}, "windows", False),
    ({"product": "windows", "category": "teleportation"}, "generic", False),
    ({"product": "modgate"}, "generic", True),
]  # fmt: skip


@pytest.mark.parametrize(("source", "vocabulary", "reached"), SOURCES)
def test_reached(source: dict[str, str], vocabulary: str, *, reached: bool) -> None:
    """A vocabulary reaches a log source where one event can have all of its labels."""
    text = rule_text({"s": {"a": "x"}, "condition": "s"}, logsource=source)
    (rule,) = content_of(text).rules.values()
    assert (vocabulary in reached_by(rule, taxonomy())) == reached


def test_a_named_log_source_counts_where_no_entry_does() -> None:
    """A product that no entry knows is reached by its name; one that they know by entries alone."""
    texts = [
        rule_text({"s": {"a": "x"}, "condition": "s"}, logsource={"product": product})
        for product in ("modgate", "windows")
    ]
    named, told = (
        [taxonomy().vocabularies[name] for name in reached_by(rule, taxonomy())]
        for text in texts
        for rule in content_of(text).rules.values()
    )
    assert named
    assert all(vocabulary.named for vocabulary in named)
    assert all(entries_giving(vocabulary, "product", "windows") for vocabulary in told)


SECURITY = {"product": "windows", "service": "security"}
CREATION = {"product": "windows", "category": "process_creation"}
THERE = [
    ("another channel", SECURITY, {"Channel": "System", "EventID": 1102}, "Channel, EventID"),
    ("one of two channels", SECURITY, {"Channel": ["System", "Security"]}, ""),
    ("what another shipper's event may have", CREATION, {"EventID": 7045, "Image": "x"}, ""),
    ("its own event", CREATION, {"EventID": 4688}, ""),
    ("a pattern", SECURITY, {"Channel|contains": "System"}, ""),
    ("excluded", SECURITY, {"Image": "x"}, ""),
    ("no log source", {"product": "modgate"}, {"Channel": "System"}, ""),
    ("a log source that nobody has", {"category": "teleportation"}, {"EventID": 1}, ""),
    ("a field of another name", {"product": "windows", "service": "system"},
     {"EventID": 104, "Channel": "Security"}, ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "selection", "told"), [row[1:] for row in THERE], ids=[row[0] for row in THERE]
)
def test_values_that_a_log_source_never_has(
    source: dict[str, str], selection: dict[str, object], told: str
) -> None:
    """A rule that asks for what no event of its log source has is told with its fields."""
    text = rule_text({"s": selection, "condition": "s"}, logsource=source)
    (rule,) = content_of(text).rules.values()
    assert never_there(rule, taxonomy()) == told
