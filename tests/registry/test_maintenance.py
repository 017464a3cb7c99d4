"""Planned work in the registry: of a source or of the whole object, by whom and why."""

from pathlib import Path

import pytest

from pipeline.model import instant
from pipeline.registry.maintenance import Maintenance, planned
from tests.registry.making import loaded
from tests.registry.test_loading import PARTIES, problems

OBJECT = """\
zone: Asia/Almaty
objects:
  - id: one
    restriction: none
    parties: {infrastructure: {owner: owner, holder: owner}}
    maintenance:
      - {begin: 2026-03-02, end: 2026-03-03, reason: new power lines, author: A. Serik}
    sources:
      - id: wire
        match: {hosts: [gw]}
        maintenance:
          - begin: 2026-03-10T22:00:00+05:00
            end: 2026-03-11T02:00:00+05:00
            reason: a new release of the gateway
            author: A. Serik
"""


def test_work_is_planned_from_its_beginning_until_its_end(tmp_path: Path) -> None:
    """Days are whole days of the file's zone, both included; a time is to the second."""
    held = loaded(tmp_path, objects_yml=OBJECT, parties_yml=PARTIES)
    record = held.object("one", instant("2026-03-05T00:00:00Z"))
    assert record is not None
    days, hours = record.maintenance, record.sources[0].maintenance
    told = {
        "2026-03-01T18:59:59Z": (False, False),
        "2026-03-01T19:00:00Z": (True, False),
        "2026-03-03T18:59:59Z": (True, False),
        "2026-03-03T19:00:00Z": (False, False),
        "2026-03-10T17:00:00Z": (False, True),
        "2026-03-10T21:00:00Z": (False, False),
    }
    assert {at: (planned(days, instant(at)), planned(hours, instant(at))) for at in told} == told


BROKEN = [
    ("end: 2026-03-03", "end: 2026-02-01", "ends before it begins"),
    ("end: 2026-03-03", "end: 2026-09-01", "longer than 90 days"),
    ("reason: new power lines", "reason: short", "reason"),
    (", author: A. Serik}", "}", "author"),
]


@pytest.mark.parametrize(("old", "new", "told"), BROKEN, ids=[row[2] for row in BROKEN])
def test_what_is_wrong_with_planned_work_is_told(
    old: str, new: str, told: str, tmp_path: Path
) -> None:
    """Work without an end, a reason or somebody who answers for it is refused with its line."""
    found = problems(tmp_path, objects_yml=OBJECT.replace(old, new), parties_yml=PARTIES)
    assert any(told in one and "objects.yml:" in one for one in found)


def test_no_work_is_planned_where_none_is_named() -> None:
    """Without a window nothing is planned, and a window's end lies outside."""
    one = Maintenance(begin="2026-03-02", end="2026-03-02", reason="a new release", author="A")
    assert not planned((), one.begin)
    assert [planned((one,), at) for at in (one.begin - 1, one.begin, one.end - 1, one.end)] == [
        False, True, True, False,
    ]  # fmt: skip
