"""The bundled scenario as one call: a receiver beside, a system over real ways in, the story."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
import yaml

from pipeline.errors import SourceError
from pipeline.runtime.configuration import bundled

STORY_SILENCE = 10.0


@dataclass(frozen=True, slots=True)
class Receiver:
    """The coordination centre's receiver as its own process."""

    process: subprocess.Popen[bytes]
    url: str
    pki: Path


@contextmanager
def receiver(folder: Path, *more: str, port: int = 0) -> Iterator[Receiver]:
    """Run `saqshy ncc serve` for as long as the block runs; SourceError where it does not start.

    ``more`` are further options of the command.
    """
    command = [sys.executable, "-m", "pipeline.runtime.cli", "ncc", "serve"]
    command += ["--dir", str(folder), "--port", str(port), "--json", *more]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: S603 (our own command)
    try:
        line = process.stdout.readline() if process.stdout else b""
        if not line:
            raise SourceError("the coordination centre's receiver did not start; see above")
        said = orjson.loads(line)
        yield Receiver(process, said["url"], Path(said["pki"]))
    finally:
        process.terminate()
        process.wait(timeout=10)
        if process.stdout:
            process.stdout.close()


def write_demo_settings(folder: Path, url: str, pki: Path, web_port: int) -> Path:
    """Write the demonstration's settings and empty its store; give the settings file's path."""
    data = folder / "data"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(mode=0o700, parents=True)
    feeds = {name: data / f"{name}.ndjson" for name in ("windows", "registry")}
    for feed in feeds.values():
        feed.touch()
    settings = {
        "centre": "OCIB-EXAMPLE",
        "store": {"path": str(data / "saqshy.db")},
        "registry": [str(bundled("objects"))],
        "content": {
            "paths": [str(bundled("detection")), str(bundled("correlation"))],
            "cache": str(folder / "cache"),
        },
        "law": {"pack": str(bundled("law") / "kz")},
        "listeners": [
            {"name": "gateway", "kind": "syslog_udp"},
            {"name": "syslog", "kind": "syslog_tcp"},
            *(
                {"name": name, "kind": "file", "path": str(feed), "follow": True}
                for name, feed in feeds.items()
            ),
        ],
        "notify": {
            "ncc": {
                "url": url,
                "ca": str(pki / "ca.pem"),
                "certificate": str(pki / "centre.pem"),
                "key": str(pki / "centre.key.pem"),
                "signing_key": str(pki / "centre-signing.pem"),
                "receipt_key": str(pki / "receipt-signing.pub.pem"),
            },
            "folder": {"path": str(data / "outgoing")},
        },
        "audit": {"signing_key": str(pki / "audit-signing.pem")},
        "web": {"port": web_port},
        "log": {"level": "warning"},
    }
    path = folder / "saqshy.yml"
    path.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    return path
