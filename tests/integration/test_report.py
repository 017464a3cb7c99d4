"""`saqshy report`, into a running system and into a store that none has open."""

import subprocess
from hashlib import sha256
from pathlib import Path

import orjson
import pytest

from tests.integration.running import (
    COMMAND,
    batches,
    reading,
    running,
    titles,
    within,
    write_settings,
)

LISTENER = {"name": "tcp", "kind": "syslog_tcp"}


def entered(config: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Enter a report of a bank's operator."""
    command = [*COMMAND, "report", "--config", str(config), "--as", "duty_lead/a.serik"]
    command += ["--object", "kz-bank", "--kind", "operator", "--act", "leak"]
    command += ["--what", "A client list is for sale", "--reason", "call of the duty officer"]
    return subprocess.run([*command, *more], capture_output=True, text=True, check=False)


def leaks(folder: Path) -> list[str]:
    return next((ids for title, ids in titles(folder).items() if "Leak" in title), [])


def test_a_report_reaches_a_running_system(tmp_path: Path) -> None:
    """A report is journalled by the running system, becomes an event, and opens a candidate."""
    config = write_settings(tmp_path, [LISTENER])
    proof = tmp_path / "list.csv"
    proof.write_bytes(b"names")
    with running(config) as made:
        done = entered(config, "--attach", str(proof), "--lang", "ru")
        assert done.returncode == 0, done.stderr
        assert "решение принимает человек" in done.stderr
        assert within(lambda: len(leaks(tmp_path)) == 1)
        made.end()
    (batch,) = batches(tmp_path)
    assert (batch.object_id, batch.source_id) == ("kz-bank", "reports")
    record = orjson.loads(batch.records[0])
    assert record["entered_by"] == "duty_lead/a.serik"
    assert record["attachments"] == [
        {"name": "list.csv", "sha256": sha256(b"names").hexdigest(), "size": 5}
    ]
    with reading(tmp_path) as stores:
        (incident,) = stores.incidents.latest("kz-bank")
        (document,) = stores.events.get(leaks(tmp_path)).values()
        kinds = [one.kind for one in stores.audit.read("administration")]
    event = orjson.loads(document)
    assert incident.state.value == "candidate"
    assert event["event"]["dataset"] == "saqshy.report"
    assert event["event"]["action"] == "operator-reported"
    assert event["message"] == "A client list is for sale"
    assert "report_entered" in kinds


def test_a_report_is_entered_offline(tmp_path: Path) -> None:
    """Without a running system the report goes into the store itself, once for each entering."""
    config = write_settings(tmp_path, [])
    for _ in range(2):
        done = entered(config, "--offline")
        assert done.returncode == 0, done.stderr
    assert len(leaks(tmp_path)) == 2
    assert [batch.source_id for batch in batches(tmp_path)] == ["reports", "reports"]


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    """Unknown objects, acts, harms and kinds are told together, and nothing is entered."""
    more = ("--object", "kz-nobody", "--act", "theft", "--harm", "theft", "--kind", "robot")
    done = entered(write_settings(tmp_path, []), *more)
    assert done.returncode == 2
    for words in (
        "no object 'kz-nobody' is registered",
        "the law pack has no 'theft' (one of: blocking,",
        "the law pack has no 'theft' (one of: block, copy, destroy, distribute, modify, obtain)",
        "kind: Input should be 'operator'",
    ):
        assert words in done.stderr
    assert batches(tmp_path) == []


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (("--attach", "absent"), 3, "absent"),
        (("--object", "kz-unattested", "--offline"), 1, "not attested open"),
    ],
    ids=["file", "unattested"],
)
def test_what_cannot_be_entered_is_told(
    tmp_path: Path, more: tuple[str, ...], code: int, words: str
) -> None:
    """A file that is absent and an object that is not attested open end with their reason."""
    done = entered(write_settings(tmp_path, []), *more)
    assert (done.returncode, words in done.stderr) == (code, True), done.stderr
    assert batches(tmp_path) == []
