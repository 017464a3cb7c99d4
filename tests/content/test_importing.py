"""Imports into a folder: what was changed here is kept, and nothing is written elsewhere."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.content.importing import (
    FORM,
    MANIFEST,
    Plan,
    carry_out,
    digest,
    plan_import,
    read_manifest,
    rules_among,
)
from pipeline.errors import ConfigurationError

RULE = b"title: T\nlogsource: {product: windows}\ndetection: {}\n"
FILES = {"a.yml": RULE, "deep/b.yml": RULE + b"# b\n"}


def imported(folder: Path, files: dict[str, bytes], *, force: bool = False) -> Plan:
    """Import files as the command does."""
    manifest = read_manifest(folder)
    plan = plan_import(folder, files, manifest)
    hashes: dict[str, Any] = {name: digest(data) for name, data in files.items()}
    hashes |= {name: manifest["files"][name] for name in plan.removed}
    carry_out(folder, files, plan.written(force=force), {"files": hashes})
    return plan


def test_a_first_import_is_new_and_a_second_the_same(tmp_path: Path) -> None:
    """What is not there is written, what is equal is left alone."""
    assert imported(tmp_path, FILES) == Plan(tuple(FILES), (), (), (), ())
    assert (tmp_path / "deep" / "b.yml").read_bytes() == FILES["deep/b.yml"]
    assert imported(tmp_path, FILES) == Plan((), (), (), tuple(FILES), ())
    assert json.loads((tmp_path / MANIFEST).read_bytes())["form"] == FORM
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["a.yml", "b.yml", MANIFEST]


def test_what_the_source_changed_is_replaced(tmp_path: Path) -> None:
    """A file that nobody edited here follows its source; one that is gone stays and is told."""
    imported(tmp_path, FILES)
    newer = {"a.yml": RULE + b"# 2\n"}
    plan = imported(tmp_path, newer)
    assert (plan.changed, plan.removed) == (("a.yml",), ("deep/b.yml",))
    assert (tmp_path / "a.yml").read_bytes() == newer["a.yml"]
    assert (tmp_path / "deep" / "b.yml").exists()
    assert imported(tmp_path, newer).removed == ("deep/b.yml",)


@pytest.mark.parametrize("force", [False, True])
def test_what_was_edited_here_is_kept(tmp_path: Path, *, force: bool) -> None:
    """An edited rule is overwritten by force alone, also by later imports."""
    imported(tmp_path, FILES)
    (tmp_path / "a.yml").write_bytes(b"mine")
    for number in (2, 3):
        newer = FILES | {"a.yml": RULE + b"# %d\n" % number}
        plan = imported(tmp_path, newer, force=force)
        kept = b"mine" if not force else newer["a.yml"]
        assert (tmp_path / "a.yml").read_bytes() == kept
        assert plan.edited == (("a.yml",) if not force or number == 2 else ())


def test_a_file_of_unknown_origin_is_kept(tmp_path: Path) -> None:
    """A file that stood there before any import is somebody's own."""
    (tmp_path / "a.yml").write_bytes(b"mine")
    assert imported(tmp_path, FILES).edited == ("a.yml",)
    assert (tmp_path / "a.yml").read_bytes() == b"mine"


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    """A link inside the folder does not lead the import out of it."""
    outside = tmp_path / "outside"
    outside.mkdir()
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "deep").symlink_to(outside)
    with pytest.raises(ConfigurationError, match="is a link"):
        imported(folder, FILES)
    assert list(outside.iterdir()) == []
    assert not (folder / "a.yml").exists()


def test_what_stands_in_the_way_is_told_at_once(tmp_path: Path) -> None:
    """A folder where a file should be, and a file where a folder should, are both told."""
    (tmp_path / "a.yml").mkdir()
    (tmp_path / "deep").write_bytes(b"")
    with pytest.raises(ConfigurationError) as caught:
        plan_import(tmp_path, FILES, {})
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"form": "else"}'])
def test_a_manifest_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    """A folder with somebody else's manifest is not written into."""
    (tmp_path / MANIFEST).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=MANIFEST):
        read_manifest(tmp_path)


def test_rules_and_their_tests_are_chosen() -> None:
    """YAML that is no rule is left out, and so are tests without their rule."""
    files = FILES | {
        "a.tests.yml": b"tests: []\n",
        "lonely.tests.yml": b"tests: []\n",
        "workflow.yml": b"on: push\njobs: {}\n",
        "c.yaml": b"title: C\ncorrelation:\n  type: event_count\n",
        "c.tests.yml": b"tests: []\n",
    }
    chosen = rules_among(files)
    assert list(chosen) == ["a.tests.yml", "a.yml", "c.tests.yml", "c.yaml", "deep/b.yml"]
