"""Secrecy over the whole running system: what is marked leaves no trace, what is open goes out."""

import base64
import shutil
import signal
import socket
import subprocess
import urllib.request
from hashlib import sha256
from pathlib import Path

import orjson
import pytest
import yaml

from pipeline.model import NoticeState
from pipeline.notify.payload import Page, Reminding
from pipeline.runtime.configuration import bundled
from tests.integration.running import COMMAND, Running, reading, within, write_settings
from tests.integration.traces import everything, forms, found
from tests.registry.marked_records import ALL, SOURCES, Marked, word

OBJECT = "kz-register"
PROFILES = {
    name: {"id": name, "match": {"hosts": [f"reg-{name}"]}, "zone": "Asia/Almaty", **more}
    for name, more in SOURCES.items()
}
HELD = [one for one in ALL if one.what != "kept"]
OPEN = [one for one in ALL if one.what == "kept"]
BY_WIRE = ("syslog", "pairs")
ALLOWED = {"incident_id", "object", "class", "time", "severity", "details_available"}
REFUSED = word(9001)
# A file's identity is its hash: one that is a single record would be found by the record's.
_BESIDE = '\n{"host":"h","t":"beside"}\n'


def registry(folder: Path, until: str = "2030-12-31") -> Path:
    """Write the bundled registry with one object more, whose sources bear marks."""
    shutil.copytree(bundled("objects"), folder, dirs_exist_ok=True)
    document = yaml.safe_load((folder / "objects.yml").read_text(encoding="utf-8"))
    model = next(one for one in document["objects"] if one["id"] == "kz-registry-marked")
    made = {
        **model,
        "id": OBJECT,
        "code": "REG-77",
        "attestation": {**model["attestation"], "valid_until": until},
        "sources": list(PROFILES.values()),
    }
    (folder / "register.yml").write_text(
        yaml.safe_dump({"zone": "Asia/Almaty", "objects": [made]}, default_flow_style=False),
        encoding="utf-8",
    )
    return folder


def of_wire(one: Marked) -> bool:
    """Tell whether a record is sent by syslog over TCP."""
    return one.source in BY_WIRE and b"\n" not in one.record


def of_http(one: Marked) -> bool:
    """Tell whether a record is sent over HTTP, as one JSON document."""
    return one.source in ("json", "own") and one.encoding == "utf-8" and one.name != "cut"


def settings(folder: Path, sources: Path, records: list[Marked]) -> Path:
    """Write settings with a way in for each framing; files lie outside of the system's folder."""
    listeners: list[dict[str, object]] = [
        {"name": "wire", "kind": "syslog_tcp"},
        {"name": "http", "kind": "http", "http": {"tokens": ["tokens"]}},
    ]
    tokens = [f"{sha256(f'{one}:key'.encode()).hexdigest()} {OBJECT}/{one}" for one in SOURCES]
    (folder / "tokens").write_text("\n".join(tokens), encoding="utf-8")
    files = [one for one in records if not of_wire(one) and not of_http(one)]
    for number, one in enumerate(files):
        # What is not UTF-8 lies in a file of its own, as its sender would write it.
        alone = one.encoding != "utf-8"
        name = f"in-{number}" if alone else f"in-{one.source}"
        with (sources / name).open("ab") as file:
            beside = _BESIDE.encode(one.encoding).removeprefix(b"\xff\xfe")
            file.write(one.record + (beside if alone else b"\n"))
        listener: dict[str, object] = {"name": name, "kind": "file"}
        listener["path"] = str(sources / name)
        listener["source"] = f"{OBJECT}/{one.source}"
        if listener not in listeners:
            listeners.append(listener)
    return write_settings(
        folder,
        listeners,
        registry=[str(registry(sources / "objects"))],
        web={"port": 0},
        log={"level": "debug"},
    )


def send(made: Running, records: list[Marked]) -> None:
    """Send what goes by wire and by HTTP."""
    with socket.create_connection(("127.0.0.1", made.port("wire"))) as wire:
        for one in filter(of_wire, records):
            wire.sendall(one.record + b"\n")
        wire.sendall(f"<13>1 2026-03-02T09:00:00Z foundry-gw01 a - - - {REFUSED}\n".encode())
    for one in filter(of_http, records):
        request = urllib.request.Request(
            f"http://127.0.0.1:{made.port('http')}/ingest",
            data=one.record,
            headers={
                "content-type": "application/json",
                "authorization": "ApiKey " + _key(one.source),
            },
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.status in (200, 201, 202), one.name


def _key(source: str) -> str:
    return base64.b64encode(f"{source}:key".encode()).decode()


def said(*arguments: str) -> bytes:
    """Give all that a command says."""
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, check=False, timeout=120)
    return done.stdout + done.stderr


def begun(config: Path, folder: Path) -> "subprocess.Popen[bytes]":
    """Start a system whose words go into files, and wait until it tells its addresses."""
    command = [*COMMAND, "run", "--config", str(config)]
    with (folder.parent / "said").open("ab") as out:
        return subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)


def addresses(folder: Path) -> dict[str, str]:
    """Give the addresses that the last start told."""
    lines = (folder.parent / "said").read_text(encoding="utf-8").splitlines()
    return dict(line.split(": ", 1) for line in lines if ": " in line and " [" not in line)


def stored(folder: Path) -> bytes:
    """Give all events of the object as they are kept."""
    with reading(folder) as stores:
        return b"\n".join(stores.events.search(OBJECT, -(2**62), 2**62, 2**62))


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """Make the system's folder, and one for what lies at the sources."""
    folder, sources = tmp_path / "system", tmp_path / "sources"
    folder.mkdir()
    sources.mkdir()
    return folder, sources


@pytest.mark.slow
def test_nothing_marked_is_found_anywhere_and_all_that_is_open_goes_out(
    places: tuple[Path, Path],
) -> None:
    """Through kill, reload, trial and exports no marked word is left and no open one is lost."""
    folder, sources = places
    config = settings(folder, sources, ALL)
    process = begun(config, folder)
    try:
        assert within(lambda: "metrics" in addresses(folder))
        made = Running(process, addresses(folder))  # type: ignore[arg-type]
        send(made, ALL[: len(ALL) // 2])
        process.send_signal(signal.SIGKILL)
        process.wait()
        (folder.parent / "said").rename(folder.parent / "said-before")
        process = begun(config, folder)
        assert within(lambda: "metrics" in addresses(folder))
        made = Running(process, addresses(folder))  # type: ignore[arg-type]
        send(made, ALL)
        assert within(lambda: all(one.word.encode() in stored(folder) for one in OPEN))
        asked = ("reload", "--config", str(config), "--as", "administrator/a.b")
        told = [said(*asked, "--reason", "the registry was looked at")]
        for name in ("status page", "metrics"):
            with urllib.request.urlopen(addresses(folder)[name], timeout=60) as answer:
                told.append(answer.read())
        report = ["--object", "kz-unattested", "--kind", "operator", "--act", "leak"]
        report += ["--as", "duty_lead/a.b", "--what", f"A report about {REFUSED}"]
        told.append(said("report", "--config", str(config), *report, "--reason", "call at nine"))
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    finally:
        process.kill()
    told += exports(folder, config)
    heard = [(f"said {n}", one) for n, one in enumerate(told)]
    heard += [(path.name, path.read_bytes()) for path in folder.parent.glob("said*")]
    words = {one.name: forms(one.word, [one.record]) for one in HELD}
    words["refused"] = forms(REFUSED)
    assert found([*everything(folder), *heard], words) == {}
    _told_the_right_people(folder)
    _spills_are_recorded(folder)


def exports(folder: Path, config: Path) -> list[bytes]:
    """Give what commands say of the store, and let a trial and a replay write their files."""
    at = ("--config", str(config))
    out = folder / "replayed"
    told = [
        said("audit", "export", *at),
        said("incidents", "list", "--json", *at),
        said("notices", "list", "--json", *at),
        said("dead-letters", "list", "--json", *at),
        said("spill", "list", "--json", *at),
        said("rules", "trial", str(bundled("detection") / "linux"), *at, "--json"),
    ]
    for name in ("undeclared", "cef"):
        file = str(folder.parent / "sources" / f"in-{name}")
        told.append(said("replay", file, *at, "--object", f"{OBJECT}/{name}", "--out", str(out)))
    return told


def _told_the_right_people(folder: Path) -> None:
    """Holder and centre have one letter each, of the six allowed keys; our own duty is paged.

    A page, and who is reminded while nobody acts, has the keys of its own closed schema.
    """
    written = [
        (path.parent.name.partition("-")[0], orjson.loads(path.read_bytes()))
        for path in (folder / "outgoing").rglob("*.json")
        if OBJECT in path.read_text(encoding="utf-8") or "REG-77" in path.read_text("utf-8")
    ]
    assert {role for role, letter in written if letter["leg"] == "first"} >= {"duty_officer"}
    outside = [(role, letter) for role, letter in written if not role.startswith("duty_")]
    assert sorted(role for role, _ in outside) == ["holder", "ncc"]
    for role, letter in written:
        payload = letter["payload"]
        assert "mark" not in orjson.dumps(payload).decode()
        if role.startswith("duty_"):
            assert set(payload) <= {*Reminding.model_fields, *Page.model_fields}
        else:
            assert set(payload) == ALLOWED
            assert (payload["object"], payload["details_available"]) == ("REG-77", False)
    with reading(folder) as stores:
        assert {one.state for one in stores.outbox.list()} == {NoticeState.SENT}


def _spills_are_recorded(folder: Path) -> None:
    """Each is recorded in the administration's chain, without content."""
    with reading(folder) as stores:
        entries = [
            one for one in stores.audit.read("administration") if one.kind == "spill_recorded"
        ]
    assert sum(one.detail["count"] for one in entries) >= len(HELD)
    assert {key for one in entries for key in one.detail} == {
        "object",
        "source",
        "count",
        "records",
    }
