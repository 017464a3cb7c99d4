"""Streams of events in a whole system: from a listener's record to the centre's receipt."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from pipeline.errors import ConfigurationError
from pipeline.model import NANOSECONDS, NoticeState, Recipient
from pipeline.notify.streaming import EVENT_STREAM
from pipeline.ports import Delivery
from pipeline.runtime.bootstrap import offline
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.pki import Pki, development_pki
from pipeline.runtime.receiver import open_receiver
from pipeline.runtime.streaming import Lag
from pipeline.runtime.streaming_figures import StreamFigures
from pipeline.runtime.streaming_wiring import stream_lines
from pipeline.settings import NotifySettings, StreamsSettings
from tests.runtime.centre import AT, centre, prepare

NOWHERE = "https://127.0.0.1:1"
LOGON = (
    b'{"EventID": 4625, "Computer": "akimat-dc01", "Channel": "Security",'
    b' "TimeCreated": "2026-03-02T20:40:00+05:00", "IpAddress": "203.0.113.9",'
    b' "TargetUserName": "s.tulegen"}'
)


def notify(pki: Pki, url: str) -> dict[str, Any]:
    """Write the settings of a line to a receiver."""
    line = {
        "url": url,
        "ca": str(pki.ca),
        "certificate": str(pki.centre),
        "key": str(pki.centre_key),
        "signing_key": str(pki.centre_signing),
        "receipt_key": str(pki.receipt_verifying),
    }
    return {"ncc": line, "folder": {"path": "outgoing"}, "streams": {"seconds": 0.01}}


@pytest.mark.usefixtures("logs_kept")
def test_a_record_reaches_the_centre_and_its_receipt_moves_the_cursor(tmp_path: Path) -> None:
    """A state body's record leaves in a batch without being asked, and its receipt is audited."""
    receiver = open_receiver(tmp_path / "ncc")
    try:
        with (
            receiver.beside(),
            centre(tmp_path / "c", notify=notify(receiver.pki, receiver.url)) as made,
        ):
            made.clock.run_on()
            with made.system.running():
                delivery = Delivery(
                    "wire", "192.0.2.1", (LOGON,), format="windows_json",
                    proven="kz-akimat/akimat-win",
                )  # fmt: skip
                assert made.system.collector.take(delivery) == 1
                stores, end = made.system.stores, time.monotonic() + 30
                done: list[Any] = []
                while not done and time.monotonic() < end:
                    done = [
                        one
                        for one in stores.outbox.list()
                        if one.kind == EVENT_STREAM and one.state is NoticeState.ACKNOWLEDGED
                    ]
                    made.system.runtime.wait(0.02)
                entries = [one for one in stores.audit.read() if one.subject == done[0].id]
    finally:
        receiver.close()
    assert [one.detail["state"] for one in entries] == ["pending", "acknowledged"]
    assert entries[-1].detail["receipt"]["count"] == 1
    assert done[0].channel == "stream-ncc"


def test_the_centres_stream_takes_the_line_of_its_notices(tmp_path: Path) -> None:
    """Without a line of its own the coordination centre's stream goes where its notices go."""
    pki = development_pki(tmp_path / "pki", datetime.now(UTC))
    line, other = pki.ncc_settings(NOWHERE), pki.ncc_settings(f"{NOWHERE}0")
    assert stream_lines(NotifySettings()) == {}
    assert stream_lines(NotifySettings(ncc=line)) == {"ncc": line}
    own = StreamsSettings(lines={"ncc": other, "sectoral_centre": line})
    assert stream_lines(NotifySettings(ncc=line, streams=own)) == own.lines


@pytest.mark.usefixtures("logs_kept")
def test_a_line_without_its_files_is_told_at_the_start(tmp_path: Path) -> None:
    """A stream's line whose files are not there ends the start with each file."""
    missing = {
        "url": NOWHERE, "ca": "no.pem", "certificate": "no.pem", "key": "no.pem",
        "signing_key": "no.pem", "receipt_key": "no.pem",
    }  # fmt: skip
    wrong = {"folder": {"path": "outgoing"}, "streams": {"lines": {"sectoral_centre": missing}}}
    with (
        pytest.raises(ConfigurationError, match=r"no\.pem"),
        centre(tmp_path, notify=wrong),
    ):
        pass


@pytest.mark.usefixtures("logs_kept")
def test_an_offline_system_streams_nothing(tmp_path: Path) -> None:
    """A replay has no line to anybody."""
    pki = development_pki(tmp_path / "pki", datetime.now(UTC))
    settings = read_settings(prepare(tmp_path, notify=notify(pki, NOWHERE)))
    with offline(settings, tmp_path / "other.db") as system:
        assert not [name for name in system.sinks if name.startswith("stream")]


def test_the_lag_is_shown_in_records_and_seconds() -> None:
    """What a stream owes is a gauge in records and in seconds; what is left out is counted."""
    registry = CollectorRegistry()
    figures = StreamFigures(registry)
    figures.watch(
        lambda: [Lag("ncc", 80, AT), Lag("sectoral_centre", 0, 0)], lambda: AT + 3 * NANOSECONDS
    )
    figures.left_out(Recipient("ncc", "kz-ncc"), {"held": 2})

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, labels)

    assert value("saqshy_event_stream_lag_records", role="ncc") == 80
    assert value("saqshy_event_stream_lag_seconds", role="ncc") == 3
    assert value("saqshy_event_stream_lag_seconds", role="sectoral_centre") == 0
    assert value("saqshy_event_stream_left_out_total", role="ncc", reason="held") == 2
