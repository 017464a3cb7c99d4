"""`saqshy audit` over a store and over files that left it."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner, Result

from pipeline.incidents.audit import entry_hash
from pipeline.model import AuditEntry, from_json, to_json
from pipeline.runtime.cli.app import app
from pipeline.runtime.pki import Pki, development_pki
from tests.audit.runs import copied
from tests.runtime.centre import centre, entry, failures

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)


@dataclass(frozen=True)
class Made:
    """A store that a run left behind, its settings and keys."""

    folder: Path
    config: Path
    pki: Pki

    @property
    def store(self) -> Path:
        """Give the store's file."""
        return self.folder / "saqshy.db"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Run a system that signs, until its clean end."""
    folder = tmp_path_factory.mktemp("audit")
    pki = development_pki(folder / "pki", NOW)
    with centre(folder, audit={"signing_key": str(pki.audit_signing)}) as one:
        one.tick()
        one.take([*failures(45), entry(45)])
        one.tick(6)
        one.system.engine.end()
        one.take([*failures(52), entry(52)])
    return Made(folder, folder / "saqshy.yml", pki)


def saqshy(*words: object) -> Result:
    """Run a command."""
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "220"})


def lines(result: Result) -> list[dict[str, Any]]:
    """Read NDJSON."""
    return [orjson.loads(line) for line in result.stdout.splitlines()]


def exported(made: Made, to: Path, *more: str) -> Path:
    """Export the trail into a file."""
    result = saqshy("audit", "export", "--config", made.config, *more)
    assert result.exit_code == 0, result.output
    to.write_bytes(result.stdout_bytes)
    return to


def test_a_store_verifies_with_its_own_key(made: Made) -> None:
    """The settings' key is taken, and the command says how far the proof reaches."""
    result = saqshy("audit", "verify", "--config", made.config)
    assert result.exit_code == 0, result.output
    assert "lie under checkpoint 3 of 2026-03-02T15:51:00Z, and its signature holds" in (
        result.stderr
    )
    (said,) = lines(saqshy("audit", "verify", "--config", made.config, "--json"))
    assert (said["breaks"], said["checkpoints"], said["signed"]) == (0, 3, 3)
    assert said["signatures_checked"] is True
    assert 0 < said["covered"] < said["entries"]


def test_a_file_verifies_without_the_system(made: Made, tmp_path: Path) -> None:
    """An export verifies by a public key alone; without one it says what was not checked."""
    file = exported(made, tmp_path / "audit.ndjson")
    result = saqshy("audit", "verify", file, "--key", made.pki.audit_verifying)
    assert result.exit_code == 0, result.output
    assert "its signature holds" in result.stderr
    result = saqshy("audit", "verify", file)
    assert result.exit_code == 0, result.output
    assert "its signature was not checked: name the key with --key" in result.stderr
    result = saqshy("audit", "verify", file, "--key", made.pki.centre_verifying)
    assert result.exit_code == 1
    assert "line 1, checkpoint 1: its signature is not by a key that is trusted" in result.stderr


def test_one_chain_leaves_without_the_others(made: Made, tmp_path: Path) -> None:
    """One object's chain verifies alone, and its file names no other object."""
    file = exported(made, tmp_path / "bank.ndjson", "--chain", "kz-bank")
    result = saqshy("audit", "verify", file, "--key", made.pki.audit_verifying)
    assert result.exit_code == 0, result.output
    assert "entries lie under checkpoint 3" in result.stderr
    assert b"administration" not in file.read_bytes()
    unknown = saqshy("audit", "export", "--config", made.config, "--chain", "none")
    assert unknown.exit_code == 2
    assert "no chain is named" in unknown.stderr


def test_copies_from_elsewhere(made: Made, tmp_path: Path) -> None:
    """Tokens and heartbeats that others kept are compared with the store's own."""
    listed = saqshy("audit", "checkpoints", "--config", made.config, "--last", "2")
    tokens = listed.stdout.split()
    assert len(tokens) == 2
    copy = tmp_path / "copy"
    beat = orjson.dumps({"format": "saqshy-heartbeat-1", "checkpoint": tokens[1]}).decode()
    copy.write_text(f'{tokens[0]}\n\n{beat}\n{{"checkpoint": null}}\n', encoding="utf-8")
    result = saqshy("audit", "verify", "--config", made.config, "--checkpoint", copy, "--json")
    assert result.exit_code == 0, result.output
    assert lines(result)[0]["compared_with_copies"] == 2


def remade(made: Made, folder: Path) -> Path:
    """Make another trail with the same key: another run of the same centre."""
    with centre(folder, audit={"signing_key": str(made.pki.audit_signing)}, centre="B") as one:
        one.tick()
    return folder / "saqshy.db"


def test_a_trail_made_anew_shows_against_a_copy(made: Made, tmp_path: Path) -> None:
    """A whole new trail under the right key is not the one of which a copy is kept."""
    listed = saqshy("audit", "checkpoints", "--config", made.config)
    copy = tmp_path / "copy.jws"
    copy.write_text(listed.stdout, encoding="utf-8")
    other, key = remade(made, tmp_path), made.pki.audit_verifying
    words = ("audit", "verify", "--store", other, "--key", key)
    assert saqshy(*words).exit_code == 0
    result = saqshy(*words, "--checkpoint", copy)
    assert result.exit_code == 1
    assert "checkpoint 3: it is known from elsewhere, and missing here" in result.stderr


def test_two_copies_that_contradict_each_other(made: Made, tmp_path: Path) -> None:
    """Two different checkpoints of one number tell that somebody shows two trails."""
    first = saqshy("audit", "checkpoints", "--config", made.config).stdout.split()[0]
    other = saqshy("audit", "checkpoints", "--store", remade(made, tmp_path)).stdout.split()[0]
    copy = tmp_path / "copy.jws"
    copy.write_text(f"{first}\n{other}\n", encoding="utf-8")
    result = saqshy("audit", "verify", "--config", made.config, "--checkpoint", copy)
    assert result.exit_code == 1
    assert "copy.jws:2: checkpoint 1: another one of this number is known" in result.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("nonsense", "copy:1: is no checkpoint", id="no token"),
        pytest.param('\n{"a": 1}', "copy:2: is no checkpoint", id="no heartbeat"),
        pytest.param("{", "copy:1: is no checkpoint", id="no JSON"),
    ],
)
def test_what_is_no_copy_is_told(made: Made, tmp_path: Path, text: str, words: str) -> None:
    """A line that holds no checkpoint is told by its place, and nothing is verified."""
    copy = tmp_path / "copy"
    copy.write_text(text, encoding="utf-8")
    result = saqshy("audit", "verify", "--config", made.config, "--checkpoint", copy)
    assert result.exit_code == 2
    assert words in result.stderr


@pytest.mark.parametrize("words", [(), ("--checkpoint",), ("--key",)], ids=["file", "copy", "key"])
def test_files_that_are_not_there(tmp_path: Path, words: tuple[str, ...]) -> None:
    """A missing file, copy or key is wrong usage, and named."""
    result = saqshy("audit", "verify", *words, tmp_path / "missing")
    assert result.exit_code == 2
    assert "missing" in result.stderr


# --- a store in an intruder's hands ---------------------------------------------------------------

_TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"


def edited(made: Made, folder: Path, *work: str) -> Path:
    """Copy the store, and do something to its rows."""
    path = copied(made.store, folder)
    with closing(sqlite3.connect(path)) as db, db:
        for (name,) in db.execute(_TRIGGERS).fetchall():
            db.execute(f"DROP TRIGGER {name}")
        for one in work:
            assert db.execute(one).rowcount > 0
    return path


WORKS = {
    "an entry's field": (
        "UPDATE audit SET data = replace(data, 'saqshy', 'nobody') WHERE chain = 'kz-bank'",
        "chain 'kz-bank', entry 1: its content does not have the hash",
    ),
    "an entry dropped": (
        "DELETE FROM audit WHERE chain = 'administration' AND number = 2",
        "chain 'administration', entry 3: before it, entries are missing: 2",
    ),
    "a chain dropped": (
        "DELETE FROM audit WHERE chain = 'kz-bank'",
        "chain 'kz-bank', entry",
    ),
    "a tail cut": (
        "DELETE FROM audit WHERE chain = 'kz-bank' AND number > 1",
        "the chain ends before this known entry",
    ),
    "a checkpoint dropped": (
        "DELETE FROM checkpoints WHERE number = 3",
        "it tells of checkpoint 3, which is missing",
    ),
    "a token changed": (
        "UPDATE checkpoints SET token = replace(token, '.', '.A') WHERE number = 2",
        "checkpoint 2: its token does not read",
    ),
    "a head changed": (
        "UPDATE checkpoint_heads SET hash = 'ff' WHERE chain = 'kz-bank'",
        "checkpoint 2: the heads that are kept with it do not give its counts and root",
    ),
}


@pytest.mark.parametrize(("work", "words"), WORKS.values(), ids=WORKS.keys())
def test_an_edited_store(made: Made, tmp_path: Path, work: str, words: str) -> None:
    """Whatever is done to the rows is found, and the place named, in the store and its export."""
    path = edited(made, tmp_path, work)
    key = made.pki.audit_verifying
    result = saqshy("audit", "verify", "--store", path, "--key", key)
    assert result.exit_code == 1
    assert words in result.stderr
    file = tmp_path / "audit.ndjson"
    file.write_bytes(saqshy("audit", "export", "--store", path).stdout_bytes)
    result = saqshy("audit", "verify", file, "--key", key, "--json")
    assert result.exit_code == 1
    assert any(words.rpartition(": ")[2] in str(one.get("what", "")) for one in lines(result)) or (
        words.startswith("chain")
    )


def rehashed(path: Path) -> None:
    """Rewrite the bank's chain from its first entry on, with every hash made anew."""
    with closing(sqlite3.connect(path)) as db, db:
        query = "SELECT number, data FROM audit WHERE chain = 'kz-bank' ORDER BY number"
        previous = ""
        for number, data in db.execute(query).fetchall():
            one = replace(from_json(AuditEntry, data), actor="nobody", previous_hash=previous)
            one = replace(one, hash=entry_hash(one))
            previous = one.hash
            db.execute(
                "UPDATE audit SET data = ? WHERE chain = 'kz-bank' AND number = ?",
                (to_json(one), number),
            )


def test_a_chain_rewritten_with_its_hashes(made: Made, tmp_path: Path) -> None:
    """A chain that holds in itself is not the one that was signed."""
    path = edited(made, tmp_path)
    rehashed(path)
    result = saqshy("audit", "verify", "--store", path, "--key", made.pki.audit_verifying)
    assert result.exit_code == 1
    assert "it is not the entry that the checkpoint covers: rewritten at 1 or behind" in (
        result.stderr
    )
