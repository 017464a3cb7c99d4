"""`saqshy ncc send|sent|heartbeats`: the coordination centre's side."""

import time
from pathlib import Path

import orjson
import pytest
import yaml
from typer.testing import CliRunner, Result

from pipeline.model import rfc3339
from pipeline.runtime.cli.ncc import ncc
from pipeline.runtime.receiver import open_receiver
from tests.runtime.messages import words


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a receiver's folder that nobody serves."""
    open_receiver(tmp_path / "ncc").close()
    return tmp_path / "ncc"


def run(*words_: str) -> Result:
    return CliRunner().invoke(ncc, [*words_])


def written(tmp_path: Path, **changes: object) -> Path:
    file = tmp_path / "message.yml"
    document = {"kind": "order", "to": "OCIB", "text": words(), **changes}
    file.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return file


def test_a_message_is_put_up_and_listed(tmp_path: Path, folder: Path) -> None:
    """A message that is put up is listed as not answered, which ends with 1."""
    sent = run("send", str(written(tmp_path)), "--dir", str(folder), "--json")
    listed = run("sent", "--dir", str(folder), "--json")
    [row] = [orjson.loads(line) for line in listed.stdout.splitlines()]
    assert (sent.exit_code, listed.exit_code) == (0, 1)
    assert orjson.loads(sent.stdout)["id"] == row["id"]
    assert (row["kind"], row["answers"]) == ("order", [])


def test_another_content_under_an_id_is_refused(tmp_path: Path, folder: Path) -> None:
    """The same file with an id and a time is put up once; another content under it is not."""
    fixed = {"id": "a" * 32, "issued_at": "2026-03-02T04:00:00Z"}
    again = [
        run("send", str(written(tmp_path, **fixed)), "--dir", str(folder)).exit_code
        for _ in range(2)
    ]
    changed = written(tmp_path, **fixed, reference="another")
    other = run("send", str(changed), "--dir", str(folder))
    assert again == [0, 0]
    assert other.exit_code == 1
    assert "another content" in other.stderr


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"kind": "rumour"}, "kind", id="unknown kind"),
        pytest.param({"user": "aigul"}, "user", id="unknown key"),
        pytest.param({"text": words()[:2]}, "text", id="a language is missing"),
        pytest.param({"text": [words()[0]] * 3}, "a language stands twice", id="one thrice"),
    ],
)
def test_what_is_no_message_ends_with_two(
    tmp_path: Path, folder: Path, changes: dict[str, object], said: str
) -> None:
    """What does not fit is told with its key, and nothing is put up."""
    result = run("send", str(written(tmp_path, **changes)), "--dir", str(folder))
    assert result.exit_code == 2
    assert said in result.stderr
    assert run("sent", "--dir", str(folder), "--json").stdout == ""


def test_a_folder_without_a_receiver_ends_with_two(tmp_path: Path) -> None:
    """Each command names the folder and the way out."""
    for words_ in (["send", str(written(tmp_path))], ["sent"], ["heartbeats"]):
        result = run(*words_, "--dir", str(tmp_path))
        assert result.exit_code == 2
        assert "saqshy ncc serve" in result.stderr


def test_who_stays_away_ends_with_one(folder: Path) -> None:
    """Centres are listed with when they were heard; a silent one gives exit code 1."""
    opened, now = open_receiver(folder), time.time_ns()
    for centre, ago in (("OCIB-1", 0), ("OCIB-2", 600)):
        at = now - ago * 10**9
        body = orjson.dumps({"centre": centre, "at": rfc3339(at)})
        opened.book.heartbeats.take(centre, at, body, "", (at, "receipt"), 10**12)
    opened.close()
    result = run("heartbeats", "--dir", str(folder), "--json")
    rows = [orjson.loads(line) for line in result.stdout.splitlines()]
    patient = run("heartbeats", "--dir", str(folder), "--quiet-seconds", "3600")
    assert result.exit_code == 1
    assert [(one["centre"], one["away"]) for one in rows] == [("OCIB-1", False), ("OCIB-2", True)]
    assert patient.exit_code == 0
