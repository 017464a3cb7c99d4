"""A bounded stream of records into files that a collector follows: quiet logons, and attacks."""

import os
import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

HOSTS = ("bank-gw01", "egov-web01", "clinic-app01", "dc-hv01", "transport-ctl01", "tec-jump01")
EACH = 12  # records of one piece
LINE = "<86>1 {time} {host} sshd {serial} - - {what}"
QUIET = "Accepted publickey for ops from 10.30.0.8 port {port} ssh2: ED25519 SHA256:{serial:x}"
FAILED = "Failed password for invalid user u{number} from {address} port {port} ssh2"
ENTERED = "Accepted password for s.tulegen from {address} port {port} ssh2"


@dataclass
class Stream:
    """Writes so many pieces a second into each file until told to end; each record has a number."""

    files: tuple[Path, ...]
    chance: random.Random
    every: float
    written: list[bytes] = field(default_factory=list)

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """Write for as long as the block runs."""
        over = threading.Event()

        def write() -> None:
            self.piece()
            while not over.wait(self.every):
                self.piece()

        thread = threading.Thread(target=write, name="stream", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def piece(self) -> None:
        """Write one piece into one of the files, whole."""
        self.put(list(self._lines()))

    def put(self, lines: Sequence[bytes]) -> None:
        """Write records into one of the files, whole."""
        self.written += lines
        with self.chance.choice(self.files).open("ab", buffering=0) as file:
            os.write(file.fileno(), b"\n".join(lines) + b"\n")

    def _lines(self) -> Iterator[bytes]:
        host = self.chance.choice(HOSTS)
        address = f"203.0.113.{self.chance.randrange(1, 255)}"
        attack = self.chance.random() < 0.4
        for number in range(EACH):
            serial = len(self.written) + number + 1
            what = QUIET
            if attack:
                what = ENTERED if number == EACH - 1 else FAILED
            told = what.format(
                number=number, address=address, port=1024 + serial % 60_000, serial=serial
            )
            time = datetime.now(UTC).isoformat(timespec="milliseconds")
            yield LINE.format(time=time, host=host, serial=serial, what=told).encode()
