"""The content in force as an administrator sees it: numbers, what was left out, what changed."""

from pathlib import Path

import orjson
import pytest
from starlette.testclient import TestClient

from connectors.stores.memory import open_memory
from connectors.stores.memory_search import MemorySearch
from pipeline.access import Role
from pipeline.content import load_content
from pipeline.errors import StoreError
from pipeline.ports import Stores
from pipeline.runtime.web_contents import Contents
from pipeline.web.console import Beside
from tests.connectors.stores import nouns
from tests.connectors.stores.nouns import at
from tests.web.console.consoles import centre, console
from tests.web.desks import HOSTILE, viewer

RULE = """\
title: {title}
id: {id}
status: stable
logsource: {{category: process_creation}}
detection:
    selection: {{Image|endswith: '{image}'}}
    condition: selection
level: high
"""
KEPT, GONE, NEW = (f"{n}0000000-0000-4000-8000-000000000000" for n in "123")


def brought(stores: Stores, folder: Path, before: str, number: int) -> str:
    """Bring a folder's rules into force as a running system does; give their revision."""
    content = load_content([folder], None)
    name = f"content-{number}"
    stores.content.put_bundle("rules", content.revision, content.bundle())
    parts = {"rules": content.revision, "taxonomy": "t", "enrichment": "", "observation": "o"}
    stores.content.put_bundle("content", name, orjson.dumps(parts))
    stores.audit.append([
        nouns.entry(
            number, chain="administration", entry_id=name, kind="content_in_force", subject=name,
            at=at(number), actor="administrator/a.serik", detail={"before": before},
        )
    ])  # fmt: skip
    return name


@pytest.fixture
def two(tmp_path: Path) -> tuple[Stores, Contents]:
    """Give a store in which a second content is in force, one of its rules broken."""
    stores, folder = open_memory(), tmp_path / "rules"
    folder.mkdir()
    (folder / "kept.yml").write_text(RULE.format(title="Kept", id=KEPT, image="a.exe"))
    (folder / "gone.yml").write_text(RULE.format(title="Gone", id=GONE, image="b.exe"))
    first = brought(stores, folder, "", 1)
    (folder / "gone.yml").unlink()
    (folder / "kept.yml").write_text(RULE.format(title="Kept", id=KEPT, image="c.exe"))
    (folder / "new.yml").write_text(RULE.format(title="New", id=NEW, image="d.exe"))
    (folder / "broken.yml").write_text("title: Broken\nid: x\ndetection: 7\n")
    brought(stores, folder, first, 2)
    return stores, Contents(MemorySearch(stores), stores.content, tmp_path / "cache")


def test_what_is_in_force_is_told(two: tuple[Stores, Contents]) -> None:
    """Numbers, parts, who and since when; what was left out with file, line, reason, way out."""
    told = two[1]()
    assert (told["content"], told["before"], told["rules"]) == ("content-2", "content-1", 2)
    assert told["parts"].keys() == {"rules", "taxonomy", "observation"}
    assert told["actor"] == "administrator/a.serik"
    (left,) = told["left_out"]
    assert "/broken.yml:" in left["file"]
    assert left["reason"]
    assert two[1]() == told


def test_what_changed_is_told(two: tuple[Stores, Contents]) -> None:
    """Beside the content before: what came, what went, and what says something else."""
    changes = {one["id"]: (one["what"], one["title"]) for one in two[1]()["changes"]}
    assert changes == {
        KEPT: ("changed", "Kept"), GONE: ("removed", "Gone"), NEW: ("added", "New"),
    }  # fmt: skip


def test_before_a_system_ran_nothing_is_in_force(tmp_path: Path) -> None:
    """An empty store has no content; one that lacks a bundle says so."""
    stores = open_memory()
    told = Contents(MemorySearch(stores), stores.content, tmp_path)
    assert told() == {}
    entry = nouns.entry(
        1, chain="administration", entry_id="e", kind="content_in_force", subject="lost",
        detail={"before": ""},
    )  # fmt: skip
    stores.audit.append([entry])
    with pytest.raises(StoreError, match="lost"):
        told()


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.ADMINISTRATOR, 200), (Role.ANALYST, 200), (Role.OWNER, 404), (Role.REGULATOR, 404)],
)
def test_the_page_shows_it(two: tuple[Stores, Contents], role: Role, status: int) -> None:
    """The page has it for those who run the system, and is not there for others."""
    client = TestClient(console(centre(), viewer(role), Beside(contents=two[1])))
    answer = client.get("/contents")
    assert answer.status_code == status
    for one in ("content-1", "content-2", "broken.yml:", KEPT, GONE, NEW):
        assert (one in answer.text) == (status == 200)


def test_the_page_is_harmless_and_complete() -> None:
    """What a rule's file says is escaped, and a long list says how many more there are."""
    left = [{"file": HOSTILE, "reason": HOSTILE, "way_out": ""}] * 505
    found = {"content": "c", "parts": {"rules": HOSTILE}, "left_out": left, "before": ""}
    client = TestClient(console(centre(), viewer(Role.ANALYST), Beside(contents=lambda: found)))
    text = client.get("/contents").text
    assert "<script>alert" not in text
    assert "\u202e" not in text
    assert "and 5 more" in text
