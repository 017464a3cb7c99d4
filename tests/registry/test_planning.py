"""Tests of planning a change: what a file says beside what the registry says."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import ConfigurationError
from pipeline.model import instant
from pipeline.registry import Registry, load_registry
from pipeline.registry.change_log import Recorded, record_change
from pipeline.registry.loading import entries_of
from pipeline.registry.planning import Plan, plan_amendment, plan_import, preview, recorded
from pipeline.registry.reading import read_document
from pipeline.registry.writing import as_yaml, document_of, registry_document
from tests.registry.making import AT, RULES

SINCE = instant("2026-01-01T00:00:00Z")
WORD = Recorded(AT, "administrator/a", "order 7")
OLD = """\
objects:
  - {id: plant, sector: gas, valid_to: 2025-06-30}
  - {id: plant, sector: heat, valid_from: 2025-07-01}
  - {id: planned, sector: gas}
  - {id: planned, sector: heat, valid_from: 2027-01-01}
parties:
  - {id: owner, names: {kk: a, ru: b}}
"""


@pytest.fixture
def held(tmp_path: Path) -> tuple[Path, Registry]:
    """Give a folder with a small registry, and what it says."""
    folder = tmp_path / "objects"
    folder.mkdir()
    (folder / "a.yml").write_text(OLD)
    return folder, load_registry([folder])


def planned(held: tuple[Path, Registry], text: str, name: str = "new.yml") -> Plan:
    """Plan the import of a file."""
    file = held[0].parent / name
    file.write_text(text, encoding="utf-8")
    return plan_import(held[1], entries_of([read_document(file)]), SINCE)


def test_a_file_that_says_the_same_plans_nothing(held: tuple[Path, Registry]) -> None:
    """What was exported, and single records that hold now, need no change."""
    assert planned(held, as_yaml(registry_document(held[1]))).empty
    plan = planned(held, "objects:\n  - {id: plant, sector: heat}\n")
    assert plan.empty
    assert plan.same == 1
    assert planned(held, "id,sector\nplant,heat\nplanned,gas\n", "new.csv").empty


def test_the_shipped_example_plans_nothing_on_itself() -> None:
    """Every record of the example is known as it stands."""
    example = load_registry([RULES / "objects"])
    files = [RULES / "objects" / name for name in ("objects.yml", "parties.yml")]
    assert plan_import(example, entries_of(list(map(read_document, files))), AT).empty


def test_a_single_record_holds_from_the_day_of_the_import(held: tuple[Path, Registry]) -> None:
    """A record without a date becomes a revision from then on, and ends where the next begins."""
    plan = planned(held, "objects:\n  - {id: planned, sector: banking}\n")
    assert [document for document, _ in plan.objects] == [
        {"id": "planned", "valid_from": "2026-01-01T00:00:00Z", "sector": "banking"}
    ]
    ahead = preview([held[0]], held[1], plan, WORD)
    assert [(one.id, one.begin, one.end) for one in ahead.differences] == [
        ("planned", SINCE, instant("2027-01-01T00:00:00Z"))
    ]


def test_a_preview_is_what_recording_brings(held: tuple[Path, Registry]) -> None:
    """The registry that was shown is the one that is in force after the change, to the hash."""
    text = (
        "objects:\n  - {id: new, hosted_on: [plant]}\n  - {id: plant, sector: gas}\n"
        "parties:\n  - {id: owner, names: {kk: x, ru: b}}\n"
    )
    plan = planned(held, text)
    ahead = preview([held[0]], held[1], plan, WORD)
    assert {(one.kind, one.id, one.what) for one in ahead.differences} == {
        ("object", "new", "added"),
        ("object", "plant", "changed"),
        ("party", "owner", "changed"),
    }
    record_change(held[0], recorded(plan, WORD))
    after = load_registry([held[0]])
    assert after.revision == ahead.registry.revision
    assert after.party("owner") != held[1].party("owner")
    assert after.party("owner", known_at=AT - 1) == held[1].party("owner")


def test_a_preview_tells_every_problem_at_the_files_lines(held: tuple[Path, Registry]) -> None:
    """What would not hold is refused before anything is recorded, with the import's own lines."""
    text = "objects:\n  - {id: new, hosted_on: [nowhere]}\n  - id: plant\n    hosted_on: [new2]\n"
    plan = planned(held, text)
    with pytest.raises(ConfigurationError) as caught:
        preview([held[0]], held[1], plan, WORD)
    found = {Path(one.file).name: one.line for one in caught.value.problems}
    assert found == {"new.yml": 3}
    assert len(caught.value.problems) == 2


def test_a_withdrawal_is_planned_where_the_object_is_registered(
    held: tuple[Path, Registry],
) -> None:
    """A withdrawn object leaves the registry from then on, once."""
    gone = "objects:\n  - {id: plant, withdrawn: true, valid_from: 2026-01-01}\n"
    plan = planned(held, gone)
    ahead = preview([held[0]], held[1], plan, WORD).registry
    assert ahead.object("plant", SINCE) is None
    assert ahead.object("plant", SINCE - 1) is not None
    again = plan_import(ahead, entries_of([read_document(held[0].parent / "new.yml")]), SINCE)
    assert again.empty


def test_an_amendment_ends_where_it_is_told(held: tuple[Path, Registry]) -> None:
    """An amendment of a span within a revision says its end; up to the next one it need not."""
    history = held[1].histories["planned"]
    (begin, end, record), *_ = history.spans()
    document: dict[str, Any] = {**document_of(record), "sector": "banking"}
    inside = plan_amendment(held[1], "planned", [((SINCE, AT, record), document)])
    assert inside.objects[0][0]["valid_to"] == "2026-03-02T12:00:00Z"
    whole = plan_amendment(held[1], "planned", [((begin, end, record), document)])
    assert "valid_to" not in whole.objects[0][0]
