"""Coverage-guided fuzzing of everything that reads foreign bytes; run by ``test_fuzzing.py``.

    fuzz_normalize.py SECONDS FOLDER

The first byte of an input chooses the format, the second the way in (record, file, archive); the
rest are the bytes. What breaks a promise is kept once for each place in the code, and fuzzing goes
on; at the end FOLDER/report.json says how often, how far and what was found.
"""

import io
import json
import sys
import time
import traceback
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]  # no stubs

with atheris.instrument_imports(include=["pipeline.normalize"]):
    import orjson

    from pipeline.model import RawBatch
    from pipeline.normalize import FORMATS, Normalizer, Profile, peek, read_stream
    from pipeline.normalize.ecs_schema import fields, fitting
    from pipeline.normalize.enrichment import load_enrichment
    from pipeline.normalize.framing.archive import members
    from pipeline.settings import EnrichmentSettings

RECEIVED = 1_772_445_600_000_000_000
NAMES = sorted(FORMATS)
SLOW = 2.0  # seconds for one input of at most MOST bytes, instrumented
MOST = 16_384
SHOWN = 1500  # bytes of an input in the report
WAYS = 4


class Broken(Exception):
    """A promise does not hold; the text says which."""


class Harness:
    """Asks one input of every promise, and keeps what breaks one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.found: dict[str, dict[str, str]] = {}
        self.executions = 0
        enrichment = load_enrichment(EnrichmentSettings())
        # A batch names its format itself, so one normaliser serves all.
        self.normalizer = Normalizer(lambda _object, _source: Profile(), enrichment)

    def __call__(self, data: bytes) -> None:
        """Run one input; never raises, so that one finding hides no other."""
        self.executions += 1
        if len(data) < 2:
            return
        try:
            # A second run tells a slow input from one during which something else was tidied up.
            if self._timed(data) > SLOW and self._timed(data) > SLOW:
                raise Broken(f"slow: more than {SLOW} s")  # noqa: TRY301 (kept like any other)
        except Exception as error:  # noqa: BLE001 (whatever is raised is what is sought)
            self._keep(data, error)

    def _timed(self, data: bytes) -> float:
        """Ask one input, and give the seconds of this processor that it took."""
        began = time.process_time()
        self._ask(NAMES[data[0] % len(NAMES)], data[1] % WAYS, data[2:])
        return time.process_time() - began

    def _ask(self, name: str, way: int, body: bytes) -> None:
        if way == 0:
            self._records(name, (body,))
        elif way == 1:
            self._records(name, tuple(body.split(b"\n", 3)))
        elif way == 2:
            framed = list(read_stream(io.BytesIO(body), name, 4096))
            self._records(name, tuple(one.data for one in framed[:50]))
        else:
            for member in members(io.BytesIO(body)) or ():
                for _ in member.pieces():
                    pass

    def _records(self, name: str, records: tuple[bytes, ...]) -> None:
        batch = RawBatch("b", "o", "s", 1, 0, RECEIVED, RECEIVED, name, records)
        done = self.normalizer(batch)
        covered = {one.index for one in done.events} | {one.index for one in done.failures}
        if covered != set(range(len(records))):
            raise Broken("a record is neither event nor failure")
        documents = [orjson.dumps(event.document()) for event in done.events]
        again = self.normalizer(batch)
        if documents != [orjson.dumps(event.document()) for event in again.events]:
            raise Broken("the same record gives another event")
        for event in done.events:
            for field, value in _leaves(event.ecs):
                if field not in fields() or fitting(field, value) != value:
                    raise Broken(f"{field} is no field of ECS, or of another type")
        for record in records:
            peek(record, name, ("doc.mark", "a.b"))

    def _keep(self, data: bytes, error: Exception) -> None:
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        said = str(error)[:200] if isinstance(error, Broken) else type(error).__name__
        key = f"{said} at {where}" if not isinstance(error, Broken) else said
        if key not in self.found and len(self.found) < 200:
            name = f"crash-{sha256(data).hexdigest()[:16]}"
            (self.folder / name).write_bytes(data)
            shown = b64encode(data[:SHOWN]).decode()
            form = NAMES[data[0] % len(NAMES)]
            self.found[key] = {"input": name, "format": form, "base64": shown}

    def report(self) -> None:
        """Write what was found so far."""
        told = {"executions": self.executions, "found": dict(sorted(self.found.items()))}
        (self.folder / "report.json").write_text(json.dumps(told, indent=1), encoding="utf-8")


def _leaves(tree: dict[str, Any], above: str = "") -> list[tuple[str, Any]]:
    found = []
    for name, value in tree.items():
        path = f"{above}{name}"
        nested = isinstance(value, dict) and path not in fields()
        found += _leaves(value, f"{path}.") if nested else [(path, value)]
    return found


def reporting(harness: Harness, every: int = 1000) -> Callable[[bytes], None]:
    """Give the harness as a target that writes its report now and then."""

    def target(data: bytes) -> None:
        harness(data)
        if harness.executions % every == 0:
            harness.report()

    return target


def main() -> None:
    """Fuzz for so many seconds over the corpus in a folder."""
    seconds, folder = int(sys.argv[1]), Path(sys.argv[2])
    harness = Harness(folder)
    harness.report()
    options = [
        f"-max_total_time={seconds}", f"-max_len={MOST}", "-timeout=60", "-rss_limit_mb=4096",
        "-print_final_stats=1", f"-artifact_prefix={folder}/", str(folder / "corpus"),
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options], reporting(harness))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
