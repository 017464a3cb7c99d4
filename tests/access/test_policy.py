"""The policy table as data: what is refused, with every error at once, and where it stands."""

from pathlib import Path

import pytest
import yaml

from pipeline.access import Role, load_policy
from pipeline.errors import ConfigurationError
from pipeline.ports.search_fields import OWN_TIME
from pipeline.ports.searching import Kind

POLICY = Path(__file__).parents[2] / "rules" / "access" / "policy.yml"


def test_the_bundled_table_is_whole() -> None:
    """The bundled table has every kind, and every grant and page names the norm behind it."""
    policy = load_policy(POLICY)
    for kind in Kind:
        assert policy.kind(kind.value).time == OWN_TIME[kind]
    file = policy.file
    grounds = [one.basis for one in file.grants] + [one.basis for one in file.pages]
    assert all([*grounds, *(one.basis for one in file.acts), *(one.basis for one in file.glass)])
    assert {one.role for one in policy.file.grants} == set(Role)


def test_personal_data_is_marked_as_such() -> None:
    """Whatever an event says beyond the closed list of exchange counts as personal (36(1))."""
    groups = load_policy(POLICY).kind("events").groups
    assert [name for name, one in groups.items() if one.fields == ("*",)] == ["content"]
    assert groups["content"].personal


def test_no_read_only_role_may_act() -> None:
    """Who only looks on leaves no command; an owner reports and acknowledges alone (SPEC 6)."""
    policy = load_policy(POLICY)
    for role in (Role.PROSECUTOR, Role.REGULATOR, Role.NCC, Role.SECTORAL_CENTRE):
        assert policy.acts(role) == frozenset()
    assert policy.acts(Role.OWNER) == {"report", "notices_receive"}


FAILURES = "kind: failures, rows: {all: true}, withheld: {stub: stub}, groups: [head],"
WRONG = {
    "a role": ("role: analyst, kind: events", "role: anlyst, kind: events", "grants.0.role"),
    "a kind": ("role: analyst, kind: events", "role: analyst, kind: evnts", "no kind is named"),
    "a group": ("groups: [head, exchange, content]", "groups: [haed]", "has no group 'haed'"),
    "a key": ("longest_glass_minutes: 60", "longest_glas_minutes: 60", "unknown key"),
    "rows": ("rows: {all: true}", "rows: {}", "rows says nothing"),
    "twice": ("role: duty_lead, kind: events", "role: analyst, kind: events", "a second grant"),
    "a field twice": ("exchange:\n        fields: [event.action,",
                      "exchange:\n        fields: [id,", "stands in 'head' too"),
    "a stub of what has none": ("kind: failures, rows: {all: true}, groups: [head, content],",
                                FAILURES,
                                "failures has no stub"),
    "glass": ("role: administrator, sees_as: duty_lead,", "role: administrator,", "say either"),
}  # fmt: skip


@pytest.mark.parametrize(("there", "instead", "told"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_told(tmp_path: Path, there: str, instead: str, told: str) -> None:
    """A table that cannot be used is refused with the place of what is wrong."""
    text = POLICY.read_text(encoding="utf-8")
    assert there in text
    path = tmp_path / "policy.yml"
    path.write_text(text.replace(there, instead, 1), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_policy(path)
    assert told in str(caught.value)
    assert all(one.line for one in caught.value.problems)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    """Two mistakes are two problems."""
    table = yaml.safe_load(POLICY.read_text(encoding="utf-8"))
    table["grants"][0]["kind"], table["grants"][1]["groups"] = "nothing", ["nothing"]
    path = tmp_path / "policy.yml"
    path.write_text(yaml.safe_dump(table), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_policy(path)
    assert len(caught.value.problems) == 2
