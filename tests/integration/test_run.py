"""`saqshy run` as operators meet it: bad configuration, taken ports, full disks, bad receivers."""

import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import yaml

from connectors.stores.sqlite import open_sqlite
from pipeline.errors import StoreError
from pipeline.model import Notice, NoticeState
from pipeline.runtime.configuration import bundled
from pipeline.runtime.demonstration import receiver

COMMAND = [sys.executable, "-m", "pipeline.runtime.cli"]
SPRAY = "".join(
    f"<86>1 2026-03-02T20:40:{n:02d}.000+05:00 bank-gw01 sshd 9 - - "
    f"Failed password for invalid user u{n} from 203.0.113.45 port {4000 + n} ssh2\n"
    for n in range(30)
)
ENTRY = (
    "<86>1 2026-03-02T20:41:00.000+05:00 bank-gw01 sshd 9 - - "
    "Accepted password for s.tulegen from 203.0.113.45 port 4999 ssh2\n"
)


def settings(folder: Path, **changes: object) -> Path:
    """Write settings over one file of failed logons and one that fits."""
    (folder / "auth.log").write_text(SPRAY + ENTRY, encoding="utf-8")
    document: dict[str, object] = {
        "store": {"path": "saqshy.db"},
        "registry": [str(bundled("objects"))],
        "content": {
            "paths": [str(bundled("detection")), str(bundled("correlation"))],
            "cache": "cache",
        },
        "law": {"pack": str(bundled("law") / "kz")},
        "listeners": [{"name": "auth", "kind": "file", "path": "auth.log", "format": "syslog"}],
        "notify": {"folder": {"path": "outgoing"}, "retry_seconds": 0.05},
        "web": None,
        "log": {"level": "error"},
        **changes,
    }
    path = folder / "saqshy.yml"
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return path


def run(config: Path, *more: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run once, to the end."""
    command = [*COMMAND, "run", "--once", "--config", str(config), *more]
    done: subprocess.CompletedProcess[str] = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        **options,  # type: ignore[call-overload]
    )
    return done


def notices(folder: Path) -> list[Notice]:
    """Give the notices of a run's store."""
    stores = open_sqlite(folder / "saqshy.db", readonly=True)
    try:
        return list(stores.outbox.list())
    finally:
        stores.database.close()


@contextmanager
def started(config: Path) -> Iterator[subprocess.Popen[str]]:
    """Run beside the test; killed at its end if it is still there."""
    command = [*COMMAND, "run", "--config", str(config)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stderr:
            process.stderr.close()


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        threading.Event().wait(0.05)
    return True


def test_every_problem_of_the_settings_is_told_at_once(tmp_path: Path) -> None:
    """Misspelt keys, wrong values and missing files come together, each with file and line."""
    config = tmp_path / "saqshy.yml"
    config.write_text(
        "stoer:\n  path: x.db\nbatch:\n  records: many\nweb:\n  port: 99999\n", encoding="utf-8"
    )
    done = run(config)
    assert done.returncode == 2
    for words in ("saqshy.yml:1", "did you mean 'store'?", "saqshy.yml:4", "saqshy.yml:6"):
        assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"registry": ["nowhere"]}, ("nowhere",)),
        ({"law": {"pack": "nowhere"}}, ("nowhere",)),
        ({"content": {"paths": ["nowhere"]}}, ("nowhere",)),
        ({"law": {"pack": str(bundled("law") / "kz"), "regime": "carnival"}}, ("carnival",)),
        ({"listeners": [{"name": "a", "kind": "file"}]}, ("listeners.a", "path")),
    ],
    ids=["registry", "pack", "rules", "regime", "listener"],
)
def test_what_is_missing_is_named_before_anything_starts(
    tmp_path: Path, changes: dict[str, object], words: tuple[str, ...]
) -> None:
    """A missing registry, pack, rule folder, regime or path ends the start with its name."""
    done = run(settings(tmp_path, **changes))
    assert done.returncode == 2, done.stderr
    assert all(word in done.stderr for word in words), done.stderr
    assert not (tmp_path / "saqshy.db").exists()


def test_broken_registry_rule_and_pack_are_told_together(tmp_path: Path) -> None:
    """One start names what is wrong in the registry and in the pack, each with its line."""
    (tmp_path / "objects").mkdir()
    (tmp_path / "objects" / "objects.yml").write_text("objects:\n  - id: a\n    colour: red\n")
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "pack.yml").write_text("pack: [\n")
    done = run(settings(tmp_path, registry=["objects"], law={"pack": "pack"}))
    assert done.returncode == 2
    assert "objects.yml:3" in done.stderr
    assert "pack.yml:2" in done.stderr


def test_a_broken_rule_is_quarantined_and_the_rest_runs(tmp_path: Path) -> None:
    """`check` names a broken rule with its file and ends with 1; `run` goes on without it."""
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "broken.yml").write_text("title: x\nlogsource: {product: linux}\ndetection: 5\n")
    paths = [str(bundled("detection")), str(bundled("correlation")), "rules"]
    config = settings(tmp_path, content={"paths": paths, "cache": "cache"})
    checked = subprocess.run(
        [*COMMAND, "check", "--config", str(config)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 1
    assert "broken.yml:" in checked.stderr
    assert run(config).returncode == 0


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    """A listener whose port is taken ends the start with the port and exit code 3."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        listener = {"name": "tcp", "kind": "syslog_tcp", "port": port}
        done = run(settings(tmp_path, listeners=[listener]))
    assert done.returncode == 3
    assert str(port) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_store_in_use_is_not_shared(tmp_path: Path) -> None:
    """A second process on the same store is refused and says so."""
    listener = {"name": "udp", "kind": "syslog_udp", "port": 0}
    config = settings(tmp_path, listeners=[listener])
    with started(config) as process:
        assert process.stderr is not None
        assert "udp" in process.stderr.readline()
        done = run(config)
    assert done.returncode == 3
    assert "saqshy.db" in done.stderr


def test_a_full_disk_ends_the_run_and_loses_nothing(tmp_path: Path) -> None:
    """Where the store cannot grow the run ends with code 3; with room again it ends as ever."""

    def small() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

    config = settings(tmp_path, batch={"records": 1})
    cached = subprocess.run([*COMMAND, "check", "--config", str(config)], check=False)
    assert cached.returncode == 0
    full = run(config, preexec_fn=small)
    assert full.returncode == 3, full.stderr
    assert "saqshy.db" in full.stderr
    assert run(config).returncode == 0
    after = [(one.id, one.state) for one in notices(tmp_path)]
    (tmp_path / "other").mkdir()
    os.link(tmp_path / "auth.log", tmp_path / "other" / "auth.log")
    assert run(settings(tmp_path / "other", batch={"records": 1})).returncode == 0
    assert {one.leg for one in notices(tmp_path / "other")} == {"first"}
    assert len(after) == len(notices(tmp_path / "other"))
    assert {state for _, state in after} == {NoticeState.SENT}


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Give a stack that ends what a test started, in reverse."""
    with ExitStack() as opened:
        yield opened


def ncc(folder: Path, url: str, pki: Path) -> dict[str, object]:
    """Give the notify settings for a receiver."""
    return {
        "ncc": {
            "url": url,
            "ca": str(pki / "ca.pem"),
            "certificate": str(pki / "centre.pem"),
            "key": str(pki / "centre.key.pem"),
            "signing_key": str(pki / "centre-signing.pem"),
            "receipt_key": str(pki / "receipt-signing.pub.pem"),
            "timeout_seconds": 0.5,
        },
        "folder": {"path": str(folder / "outgoing")},
        "retry_seconds": 0.05,
        "retry_most_seconds": 0.2,
    }


@pytest.mark.parametrize(
    ("fault", "state", "words"),
    [
        ("down", NoticeState.PENDING, ""),
        pytest.param(
            "slow", NoticeState.PENDING, "did not answer in time", marks=pytest.mark.proof
        ),
        pytest.param("error", NoticeState.PENDING, "", marks=pytest.mark.proof),
        ("nonsense", NoticeState.FAILED, ""),
        ("other", NoticeState.FAILED, "another notice"),
    ],
)
def test_a_bad_receiver_is_told_and_tried_again(
    tmp_path: Path, stack: ExitStack, fault: str, state: NoticeState, words: str
) -> None:
    """Down, slow, failing, talking nonsense: the notice keeps its error, and is delivered later."""
    folder = tmp_path / "ncc"
    listener = {"name": "auth", "kind": "file", "path": "auth.log", "follow": True}

    def tried() -> list[Notice]:
        try:
            mine = [one for one in notices(tmp_path) if one.channel == "ncc"]
        except StoreError:  # the run has not begun to fill it
            return []
        return [one for one in mine if one.attempts > 1]

    with receiver(folder, "--fail", fault, "--slow-seconds", "2") as bad:
        port = int(bad.url.rsplit(":", 1)[1])
        link = ncc(tmp_path, bad.url, bad.pki)
        config = settings(tmp_path, notify=link, listeners=[listener])
        process = stack.enter_context(started(config))
        assert within(60, lambda: bool(tried())), process.poll()
        (notice,) = tried()
        assert notice.state is state
        assert notice.last_error
        assert words in notice.last_error
    with receiver(folder, port=port):
        done = {NoticeState.ACKNOWLEDGED}
        assert within(60, lambda: {one.state for one in tried()} == done)


def test_a_receiver_that_answers_twice_changes_nothing(tmp_path: Path) -> None:
    """A receiver that answers as if it had the notice already is believed by its receipt."""
    with receiver(tmp_path / "ncc", "--fail", "duplicate") as twice:
        assert run(settings(tmp_path, notify=ncc(tmp_path, twice.url, twice.pki))).returncode == 0
    (notice,) = [one for one in notices(tmp_path) if one.channel == "ncc"]
    assert notice.state is NoticeState.ACKNOWLEDGED
    assert notice.receipt is not None


def test_the_end_is_clean_and_says_what_was_saved(tmp_path: Path) -> None:
    """Ctrl-C ends a running system with code 0, and the last line says what is kept."""
    web = {"port": 0}
    listener = {"name": "tcp", "kind": "syslog_tcp", "port": 0}
    with started(settings(tmp_path, listeners=[listener], web=web)) as process:
        assert process.stderr is not None
        addresses = dict(process.stderr.readline().strip().split(": ", 1) for _ in range(3))
        with socket.create_connection(
            ("127.0.0.1", int(addresses["tcp"].rsplit(":", 1)[1]))
        ) as sender:
            sender.sendall((SPRAY + ENTRY).encode())

        def incidents() -> bool:
            with urllib.request.urlopen(addresses["metrics"], timeout=5) as answer:
                return b'saqshy_incident_revisions_total{state="new"}' in answer.read()

        assert within(20, incidents)
        with urllib.request.urlopen(addresses["status page"], timeout=5) as answer:
            assert b"kz-bank" in answer.read()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "saqshy.db is kept" in said
