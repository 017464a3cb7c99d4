"""An HTTP intake that listens, and a collector's thread that takes what it gives."""

import http.client
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson

from connectors.sources import HttpIntake
from pipeline.normalize import read_stream
from pipeline.ports import Delivery
from pipeline.settings import ListenerSettings

RECORD_BYTES = 2048


@dataclass
class Answer:
    """What a request was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Give the answer's document."""
        return orjson.loads(self.body)


@dataclass
class Served:
    """A source with the deliveries that were taken of it; cleared ``taking`` lets them wait."""

    source: HttpIntake
    limit: int = 500
    taken: list[Delivery] = field(default_factory=list)
    taking: threading.Event = field(default_factory=threading.Event)
    _end: threading.Event = field(default_factory=threading.Event)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def records(self) -> list[bytes]:
        """Give every record that was taken."""
        return [record for one in self.taken for record in one.records]

    def run(self) -> None:
        """Poll and acknowledge until the end."""
        while not self._end.is_set():
            if not self.taking.wait(0.02):
                continue
            with self._turn:
                delivery = self.source.poll(self.limit, 0.02) if self.taking.is_set() else None
                if delivery is not None:
                    self.taken.append(delivery)
                    self.source.acknowledge(delivery)

    def pause(self) -> None:
        """Take nothing more until ``taking`` is set again."""
        self.taking.clear()
        with self._turn:
            return

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.source.port, timeout=20)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def stop(self) -> None:
        """End the collector's thread."""
        self._end.set()


def intake(http: Mapping[str, object] | None = None, **listener: object) -> HttpIntake:
    """Make an intake with the real framing."""
    settings = {"name": "http", "kind": "http", "http": dict(http or {}), **listener}
    return HttpIntake(
        ListenerSettings.model_validate(settings),
        partial(read_stream, format="auto", record_bytes=RECORD_BYTES),
        partial(read_stream, format="syslog", record_bytes=RECORD_BYTES),
        RECORD_BYTES,
    )


@contextmanager
def served(
    http: Mapping[str, object] | None = None, *, limit: int = 500, **listener: object
) -> Iterator[Served]:
    """Serve for as long as the block runs."""
    source = intake(http, **listener)
    source.open("")
    made = Served(source, limit)
    made.taking.set()
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.stop()
        thread.join()
        source.close()
