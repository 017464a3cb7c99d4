"""Tests of `saqshy rules add`: imports with their origin, and nothing done unasked."""

import io
import tarfile
import zipfile
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from pipeline.runtime.cli.app import app

RULE = """title: Account Made
id: 00000000-0000-4000-8000-00000000000%d
author: Somebody Else
logsource: {product: windows, service: security}
detection: {s: {EventID: %d}, condition: s}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, without settings."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["rules", "add", *words, "--at", "2026-11-21T00:00:00Z"])


def packed(name: str = "sigma.zip", number: int = 4720) -> str:
    """Write a release of two rules, a broken one not among them, with its licence."""
    with zipfile.ZipFile(name, "w") as archive:
        archive.writestr("sigma/rules/a.yml", RULE % (1, number))
        archive.writestr("sigma/rules/b.yml", RULE % (2, 4726))
        archive.writestr("sigma/LICENSE", "Detection Rule License")
        archive.writestr("sigma/README.md", "not a rule")
    return name


def test_a_release_is_imported_with_its_origin() -> None:
    """Rules and licence are written as they are, with a manifest of source, time and hashes."""
    result = run(packed(), "--to", "r", "--origin", "https://rules.example", "--json")
    assert result.exit_code == 0, result.output
    (told,) = map(orjson.loads, result.stdout.splitlines())
    assert told["counts"] == {"new": 3, "changed": 0, "edited": 0, "same": 0, "removed": 0}
    assert (told["rules"], told["licences"]) == (2, ["sigma/LICENSE"])
    assert Path("r/sigma/rules/a.yml").read_text(encoding="utf-8") == RULE % (1, 4720)
    manifest = orjson.loads(Path("r/saqshy-import.json").read_bytes())
    assert manifest["imported_at"] == "2026-11-21T00:00:00Z"
    assert manifest["source"] == "sigma.zip"
    assert manifest["origin"] == "https://rules.example"
    assert manifest["sha256"] == told["sha256"]
    assert set(manifest["files"]) == {"sigma/rules/a.yml", "sigma/rules/b.yml", "sigma/LICENSE"}
    assert "add it to content.paths" in result.stderr


def test_a_dry_run_writes_nothing() -> None:
    """A dry run tells what would be done and leaves the folder as it is."""
    result = run(packed(), "--to", "r", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "would go to r" in result.stdout
    assert not Path("r").exists()


def test_what_would_be_quarantined_is_told_first() -> None:
    """Broken rules of others are told with file, line and reason, and are something found."""
    Path("s").mkdir()
    text = RULE % (1, 1)
    Path("s/a.yml").write_text(text, encoding="utf-8")
    Path("s/b.yml").write_text(text.replace("EventID", "EventID|sideways"), encoding="utf-8")
    result = run("s", "--to", "r", "--dry-run")
    assert result.exit_code == 1
    assert "would not be used: b.yml:5" in result.stderr


def test_an_update_keeps_what_was_edited_here() -> None:
    """A newer release replaces what it changed, keeps what was edited here, and says so."""
    run(packed(), "--to", "r")
    Path("r/sigma/rules/b.yml").write_text("mine\n", encoding="utf-8")
    newer = packed("newer.zip", number=4799)
    result = run(newer, "--to", "r", "--json")
    assert result.exit_code == 1
    counts = orjson.loads(result.stdout)["counts"]
    assert counts == {"new": 0, "changed": 1, "edited": 1, "same": 1, "removed": 0}
    assert "4799" in Path("r/sigma/rules/a.yml").read_text(encoding="utf-8")
    assert Path("r/sigma/rules/b.yml").read_text(encoding="utf-8") == "mine\n"
    assert run(newer, "--to", "r", "--force").exit_code == 0
    assert "4726" in Path("r/sigma/rules/b.yml").read_text(encoding="utf-8")


def test_an_archive_that_would_leave_its_folder_is_refused() -> None:
    """A path that leads out refuses the archive, and nothing is written anywhere."""
    with tarfile.open("evil.tar.gz", "w:gz") as archive:
        for name in ("ok.yml", "../evil.yml"):
            data = (RULE % (1, 1)).encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    result = run("evil.tar.gz", "--to", "r")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "leads out of its folder" in result.stderr
    assert not Path("r").exists()
    assert not Path("evil.yml").exists()


WRONG = [
    (["nowhere.zip"], "nowhere.zip: does not exist"),
    (["empty"], "holds no rules"),
    (["notes.txt"], "neither a whole archive nor a rule file"),
]


@pytest.mark.parametrize(("words", "told"), WRONG, ids=[row[0][0] for row in WRONG])
def test_wrong_sources_are_wrong_usage(words: list[str], told: str) -> None:
    """A source without rules ends with 2 and a reason."""
    Path("empty").mkdir()
    Path("notes.txt").write_text("hello", encoding="utf-8")
    result = run(*words, "--to", "r")
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_what_is_loaded_is_not_told_to_be_added() -> None:
    """A folder that the settings load already needs no further step."""
    Path("saqshy.yml").write_text("content: {paths: [r]}\nregistry: []\n", encoding="utf-8")
    assert "content.paths" not in run(packed(), "--to", "r/sigma").stderr
