"""Messages and heartbeats between a running system and the coordination centre's receiver."""

import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from pipeline.model import NoticeState
from pipeline.notify.ncc_record import stands
from pipeline.runtime.cli.ncc import ncc as app
from pipeline.runtime.ncc_rows import MessageRows
from pipeline.runtime.ncc_sending import put_up
from pipeline.runtime.receiver import Receiver, open_receiver
from pipeline.web.receiver_faults import Fault
from tests.integration.running import reading, running, within, write_settings
from tests.runtime.messages import message

LISTENER = {"name": "wire", "kind": "syslog_tcp", "port": 0}


@pytest.fixture
def ncc(tmp_path: Path) -> Iterator[Receiver]:
    """Run the receiver beside the test."""
    opened = open_receiver(tmp_path / "ncc")
    try:
        with opened.beside():
            yield opened
    finally:
        opened.close()


def settings(folder: Path, ncc: Receiver) -> Path:
    link = ncc.pki.ncc_settings(ncc.url).model_dump(mode="json", exclude_none=True)
    notify = {
        "ncc": {**link, "messages_seconds": 0.1},
        "folder": {"path": "outgoing"},
        "retry_seconds": 0.05,
        "breaker_seconds": 0.5,
    }
    return write_settings(folder, [LISTENER], notify=notify)


def answers(ncc: Receiver, message_id: str) -> list[str]:
    """Give what came back on a message."""
    found = ncc.book.messages.acknowledgements(message_id)
    return [orjson.loads(one.letter)["payload"]["acknowledgement"] for one in found]


def said(config: Path, *words: str) -> tuple[int, list[Mapping[str, Any]]]:
    """Run a command beside the system; give its exit code and the documents that it printed."""
    done = CliRunner().invoke(app, ["messages", *words, "--config", str(config), "--json"])
    return done.exit_code, [orjson.loads(line) for line in done.stdout.splitlines()]


def test_a_message_goes_its_whole_way(tmp_path: Path, ncc: Receiver) -> None:
    """Put up there, verified, passed on to the holder here, answered, noted as done and told."""
    config = settings(tmp_path, ncc)
    one = message(time.time_ns(), to="OCIB", concerns={"sectors": ["electricity"]})
    put_up(tmp_path / "ncc", one)
    with running(config) as system:
        assert within(lambda: answers(ncc, one.id) == ["received"])
        code, [line] = said(config, "list")
        assert (code, line["id"], line["kind"]) == (0, one.id, "vulnerability")
        assert [told["object_id"] for told in line["told"]] == ["kz-energy-tec"]
        [party] = {told["party_id"] for told in line["told"]}
        whom = ["--as", "duty_lead/b.aman", "--reason", "all gateways were patched"]
        assert said(config, "acknowledge", one.id[:8], "--party", party, *whom)[0] == 0
        code, _ = said(config, "done", one.id[:8], *whom)
        assert code == 0
        assert within(lambda: answers(ncc, one.id) == ["received", "done"])
        code, [shown] = said(config, "show", one.id[:8])
        assert (code, shown["stands"]) == (0, "done")
        assert [step["step"] for step in shown["revisions"]] == ["received", "acknowledged", "done"]
        assert within(lambda: len(list((tmp_path / "outgoing").rglob("*.json"))) >= 2)
        system.end()
    with reading(tmp_path) as stores:
        kept = [notice for notice in stores.outbox.list(one.id) if notice.leg == "acknowledgement"]
        assert [notice.state for notice in kept] == [NoticeState.ACKNOWLEDGED] * 2
        assert all(notice.receipt is not None for notice in kept)


@pytest.mark.proof
def test_kills_and_a_failing_line_lose_no_message(tmp_path: Path, ncc: Receiver) -> None:
    """Over kills and lost receipts each message enters once and is answered in the end."""
    config = settings(tmp_path, ncc)
    now = time.time_ns()
    sent = [message(now + n, n, to="OCIB", kind="threat") for n in range(1, 7)]
    ncc.reception.fault = Fault.ERROR
    for half in (sent[:3], sent[3:]):
        for one in half:
            put_up(tmp_path / "ncc", one)
        with running(config) as system:
            assert within(lambda last=half[-1].id: _kept(tmp_path, last))  # type: ignore[misc]
            system.end(signal.SIGKILL)
    ncc.reception.fault = None
    with running(config) as system:
        assert within(lambda: all(answers(ncc, one.id) == ["received"] for one in sent))
        system.end()
    with reading(tmp_path) as stores:
        rows = MessageRows(stores.state)
        assert sorted(one.id for one in rows.all()) == sorted(one.id for one in sent)
        assert {one.revision for one in rows.all()} == {1}
        advice = [one for one in stores.outbox.list() if one.leg == "advisory"]
        assert len(advice) == len({one.id for one in advice})
        assert {stands(one, stores.outbox.list(one.id)) for one in rows.all()} <= {
            "received", "forwarded",
        }  # fmt: skip


def _kept(folder: Path, message_id: str) -> bool:
    with reading(folder) as stores:
        return MessageRows(stores.state).get(message_id) is not None
