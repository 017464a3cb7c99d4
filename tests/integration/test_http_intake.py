"""HTTP into a running system: who is let in, what fires, what a kill leaves, and real rsyslog."""

import os
import shutil
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import orjson
import pytest
from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch, helpers

from tests.integration.running import (
    COMMAND,
    Running,
    batches,
    records,
    running,
    titles,
    within,
    write_settings,
)

LISTENER = {"name": "http", "kind": "http", "http": {"tokens": ["tokens"]}}
MODULE = "/usr/lib/x86_64-linux-gnu/rsyslog/omelasticsearch.so"
CLEARED = "Windows Event Log Cleared"
NATIVE = {
    "Event": {
        "System": {
            "Provider": {"#attributes": {"Name": "Microsoft-Windows-Eventlog"}},
            "EventID": 1102,
            "Channel": "Security",
            "Computer": "tec-dc01.tec.example",
            "TimeCreated": {"#attributes": {"SystemTime": "2026-03-02T16:55:00.000Z"}},
        },
        "UserData": {"LogFileCleared": {"SubjectUserName": "g.nurlan"}},
    }
}
ECS = {
    "@timestamp": "2026-03-02T16:55:01.000Z",
    "ecs": {"version": "8.0.0"},
    "event": {"code": "1102", "kind": "event", "provider": "Microsoft-Windows-Eventlog"},
    "host": {"name": "tec-eng01.tec.example"},
    "agent": {"type": "winlogbeat", "version": "8.19.0"},
    "winlog": {
        "channel": "Security",
        "event_id": "1102",
        "provider_name": "Microsoft-Windows-Eventlog",
        "computer_name": "tec-eng01.tec.example",
        "user_data": {"SubjectUserName": "g.nurlan"},
    },
}


def hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def prepared(folder: Path, **changes: object) -> Path:
    """Write settings and tokens of a relay, a source, and one that is no longer attested."""
    (folder / "tokens").write_text(
        f"{hashed('relay:key')} *\n{hashed('tec:key')} kz-energy-tec/tec-win\n", encoding="utf-8"
    )
    return write_settings(folder, [LISTENER], **changes)


def client(made: Running, key: tuple[str, str] = ("relay", "key"), **more: object) -> Elasticsearch:
    return Elasticsearch(f"http://127.0.0.1:{made.port('http')}", api_key=key, **more)  # type: ignore[arg-type]


def bulk(*documents: object) -> list[dict[str, object]]:
    return [{"_op_type": "create", "_index": "logs-winlog-x", "_source": one} for one in documents]


def test_a_shippers_document_fires_the_rule_of_its_original(tmp_path: Path) -> None:
    """An ECS document by bulk and the event's original by ingest fire the same rule."""
    with running(prepared(tmp_path)) as made:
        with client(made) as es:
            assert helpers.bulk(es, bulk(ECS)) == (1, [])
            es.perform_request(
                "POST", "/ingest", body=NATIVE, headers={"content-type": "application/json"}
            )
        assert within(lambda: len(titles(tmp_path).get(CLEARED, [])) == 2)
        made.end()
    kept = batches(tmp_path)
    assert [(one.object_id, one.source_id) for one in kept] == [("kz-energy-tec", "tec-win")] * 2
    assert [orjson.loads(record) for record in records(tmp_path)] == [ECS, NATIVE]


def test_who_is_unknown_is_told_how_to_be_registered(tmp_path: Path) -> None:
    """Without a token nothing is taken; a record of nobody's source is refused by itself."""
    stranger = {**ECS, "host": {"name": "nobody"}, "winlog": {"computer_name": "nobody"}}
    with running(prepared(tmp_path)) as made:
        with client(made, ("relay", "wrong")) as es, pytest.raises(ApiError) as raised:
            es.bulk(operations=[{"create": {}}, ECS])
        assert raised.value.status_code == 401
        with client(made) as es:
            done, errors = helpers.bulk(es, bulk(stranger, ECS), raise_on_error=False)
        with client(made, ("tec", "key")) as es:
            assert helpers.bulk(es, bulk(stranger)) == (1, [])
        made.end()
    assert isinstance(errors, list)
    assert (done, len(errors)) == (1, 1)
    told = errors[0]["create"]
    assert told["status"] == 403
    assert "127.0.0.1 nobody" in told["error"]["reason"]
    assert "add it to its object's sources" in told["error"]["reason"]
    assert [orjson.loads(record) for record in records(tmp_path)] == [ECS, stranger]


def test_a_token_of_nobody_is_found_before_the_start(tmp_path: Path) -> None:
    """A token for a source that is not registered ends the check with file and line."""
    config = prepared(tmp_path)
    (tmp_path / "tokens").write_text(f"\n{hashed('x')} kz-bank/nothing\n", encoding="utf-8")
    done = subprocess.run(
        [*COMMAND, "check", "--config", str(config)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "tokens:2: no source 'kz-bank/nothing' is registered" in done.stderr


@pytest.mark.parametrize("with_ids", [True, False], ids=["ids", "no ids"])
def test_a_kill_in_the_middle_of_bulks_loses_nothing_acknowledged(
    tmp_path: Path, *, with_ids: bool
) -> None:
    """What was answered is kept; what is sent again is kept once where documents have ids."""
    config = prepared(tmp_path)
    chunks = [range(start, start + 500) for start in range(0, 10_000, 500)]
    answered: list[int] = []

    def operations(chunk: range) -> Iterator[dict[str, object]]:
        for number in chunk:
            yield {"create": {"_index": "i", "_id": str(number)} if with_ids else {"_index": "i"}}
            yield {**ECS, "n": number}

    def send(made: Running) -> None:
        with client(made, ("tec", "key"), max_retries=0, request_timeout=20) as es:
            for chunk in chunks:
                if chunk.start not in answered:
                    found = es.bulk(operations=list(operations(chunk)))
                    assert not found["errors"]
                    answered.append(chunk.start)

    with running(config) as first:

        def until_the_end() -> None:
            with pytest.raises(TransportError):
                send(first)

        sender = threading.Thread(target=until_the_end)
        sender.start()
        assert within(lambda: len(answered) >= 3)
        first.end(signal.SIGKILL)
        sender.join(30)
    kept = Counter(orjson.loads(record)["n"] for record in records(tmp_path))
    assert all(kept[number] == 1 for start in answered for number in range(start, start + 500))
    assert len(answered) < len(chunks)
    with running(config) as second:
        send(second)
        second.end()
    kept = Counter(orjson.loads(record)["n"] for record in records(tmp_path))
    assert set(kept) == set(range(10_000))
    twice = sum(1 for count in kept.values() if count > 1)
    assert twice == 0 if with_ids else twice <= 500


def test_rsyslog_sends_to_it(tmp_path: Path) -> None:
    """A real rsyslog with omelasticsearch sends bulks and single documents, and nothing is lost."""
    program = shutil.which("rsyslogd") or "/usr/sbin/rsyslogd"
    if not (os.access(program, os.X_OK) and Path(MODULE).exists()):
        pytest.skip("rsyslogd with omelasticsearch is not on this machine")
    source = tmp_path / "app.log"
    source.write_text("".join(f"line {number} «Алматы»\n" for number in range(300)), "utf-8")
    with running(prepared(tmp_path)) as made:
        configuration = tmp_path / "rsyslog.conf"
        configuration.write_text(
            f"""
global(workDirectory="{tmp_path}" maxMessageSize="64k" processInternalMessages="on")
module(load="imfile" mode="polling" pollingInterval="1")
module(load="omelasticsearch")
template(name="document" type="list" option.jsonf="on") {{
  property(outname="@timestamp" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="message" name="msg" format="jsonf")
  constant(outname="host.name" value="tec-dc01" format="jsonf")
}}
ruleset(name="out") {{
  action(type="omelasticsearch" server="127.0.0.1" serverport="{made.port("http")}"
    template="document" searchIndex="logs-app" searchType="" bulkmode="on" uid="tec" pwd="key"
    retryfailures="on" retryruleset="out" queue.type="LinkedList" action.resumeRetryCount="-1")
  if $msg contains "line 7 " then
    action(type="omelasticsearch" server="127.0.0.1" serverport="{made.port("http")}"
      template="document" searchIndex="single" searchType="_doc" bulkmode="off" uid="tec" pwd="key")
}}
input(type="imfile" file="{source}" tag="app" ruleset="out")
*.* action(type="omfile" file="{tmp_path}/rsyslog.log")
""",
            encoding="utf-8",
        )
        check = subprocess.run(
            [program, "-N1", "-f", str(configuration)], capture_output=True, text=True, check=False
        )
        assert check.returncode == 0, check.stderr
        command = [program, "-n", "-f", str(configuration), "-i", str(tmp_path / "rsyslog.pid")]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as rsyslog:
            try:
                came = within(lambda: len(records(tmp_path)) >= 301, 30)
            finally:
                rsyslog.terminate()
        log = (tmp_path / "rsyslog.log").read_text(encoding="utf-8")
        assert came, log
        made.end()
    kept = Counter(orjson.loads(record)["message"] for record in records(tmp_path))
    assert set(kept) == {f"line {number} «Алматы»" for number in range(300)}
    assert kept["line 7 «Алматы»"] == 2
