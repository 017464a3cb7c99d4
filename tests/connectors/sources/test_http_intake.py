"""The HTTP intake over real sockets, with the official Elasticsearch client and by hand."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import orjson
import pytest
from elasticsearch import ApiError, Elasticsearch, helpers

from connectors.sources import http_intake
from connectors.sources.http_intake import HttpIntake, http_problems
from pipeline.errors import ConfigurationError, SourceError
from pipeline.ports import Listening
from pipeline.runtime.pki import Pki, development_pki
from pipeline.settings import ListenerSettings
from tests.connectors.sources.intake import Served, intake, served

ABSENT = {"certificate": "absent.pem", "key": "absent.pem"}


@pytest.fixture
def server() -> Iterator[Served]:
    """Serve, open to everybody on loopback."""
    with served({"wait_seconds": 20}, limit=50) as made:
        yield made


def client(made: Served, **options: object) -> Elasticsearch:
    """Give the official client."""
    return Elasticsearch(f"http://127.0.0.1:{made.source.port}", **options)  # type: ignore[arg-type]


def actions(count: int, **more: object) -> Iterator[dict[str, object]]:
    for number in range(count):
        yield {"_op_type": "create", "_index": "logs-a-b", "_source": {"n": number}, **more}


def within(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while not holds() and time.monotonic() < end:
        threading.Event().wait(0.01)
    return holds()


@pytest.mark.parametrize(
    ("body", "kind", "records"),
    [
        (b'{"a":1}\n{"b": 2}\n', "application/x-ndjson", [b'{"a":1}', b'{"b": 2}']),
        (b'[{"a":1},\n {"b": 2}]', "application/json", [b'{"a":1}', b'{"b": 2}']),
        (b'{\n "a": 1\n}\n', "application/json", [b'{\n "a": 1\n}']),
        (b"<13>one\r\n<13>two", "text/plain; charset=utf-8", [b"<13>one", b"<13>two"]),
        (b"[1]\n[2]\n", "text/plain", [b"[1]", b"[2]"]),
        (b"CEF:0|a|b|1|1|n|3|\n", "", [b"CEF:0|a|b|1|1|n|3|"]),
        ('{"a":"Алматы"}'.encode(), "application/json", ['{"a":"Алматы"}'.encode()]),
        (b"", "application/json", []),
    ],
    ids=["ndjson", "array", "document", "text", "text of brackets", "cef", "utf-8", "empty"],
)
def test_what_is_ingested_comes_as_it_was_sent(
    server: Served, body: bytes, kind: str, records: list[bytes]
) -> None:
    """NDJSON, arrays, documents and text become records with their exact bytes."""
    answer = server.ask("POST", "/ingest", body, {"Content-Type": kind} if kind else {})
    assert (answer.status, answer.json["accepted"]) == (200, len(records))
    assert server.records == records
    assert {one.peer for one in server.taken} <= {"127.0.0.1"}


def test_the_official_client_sends_bulks(server: Served) -> None:
    """The official client says hello, sends bulks, and every document comes once, in order."""
    with client(server) as es:
        assert es.info()["version"]["number"].startswith("8.19")
        assert helpers.bulk(es, actions(1000), chunk_size=300) == (1000, [])
    assert [orjson.loads(one)["n"] for one in server.records] == list(range(1000))
    assert max(len(one.records) for one in server.taken) <= 50


def test_the_official_client_sends_in_parallel(server: Served) -> None:
    """Bulks over several connections at once lose nothing and repeat nothing."""
    with client(server) as es:
        done = helpers.parallel_bulk(es, actions(2000), thread_count=4, chunk_size=100)
        assert all(ok for ok, _ in done)
    assert sorted(orjson.loads(one)["n"] for one in server.records) == list(range(2000))


def test_errors_are_those_of_their_items(server: Served) -> None:
    """In a bulk, deletions and documents that are none are errors; the others are created."""
    body = b'{"create":{}}\n{"a":1}\n{"delete":{"_id":"x"}}\n{"index":{}}\nnone\n{"index":{}}\n{}\n'
    answer = server.ask("PUT", "/logs/_bulk?filter_path=errors,items.*.status", body)
    assert answer.json == {
        "errors": True,
        "items": [
            {"create": {"status": 201}},
            {"delete": {"status": 400}},
            {"index": {"status": 400}},
            {"index": {"status": 201}},
        ],
    }
    assert server.records == [b'{"a":1}', b"none", b"{}"]


def test_single_documents_are_taken(server: Served) -> None:
    """Documents one by one, as rsyslog sends them without bulks, are taken too."""
    with client(server) as es:
        assert es.index(index="logs", document={"a": 1})["result"] == "created"
        assert es.create(index="logs", id="7", document={"a": 2})["_id"] == "7"
        with pytest.raises(ApiError) as raised:
            es.perform_request(
                "POST", "/logs/_doc", body=[1], headers={"content-type": "application/json"}
            )
    assert raised.value.status_code == 400
    assert server.records == [b'{"a":1}', b'{"a":2}', b"[1]"]


def test_nothing_is_answered_before_it_is_durable(server: Served) -> None:
    """While nobody takes records a request waits; it is answered once they are acknowledged."""
    server.pause()
    answers: list[int] = []
    thread = threading.Thread(
        target=lambda: answers.append(server.ask("POST", "/ingest", b"a\nb\n").status)
    )
    thread.start()
    thread.join(0.3)
    assert answers == []
    server.taking.set()
    thread.join(10)
    assert answers == [200]


def test_who_waits_too_long_is_told_to_come_again() -> None:
    """Records that nobody took in time are withdrawn and answered with 429; none of them comes."""
    with served({"wait_seconds": 0.2}) as made:
        made.pause()
        for path, body in (("/ingest", b"{}"), ("/_bulk", b'{"create":{}}\n{}\n')):
            answer = made.ask("POST", path, body)
            assert (answer.status, answer.headers["retry-after"]) == (429, "1")
            assert answer.json["error"]["type"] == "es_rejected_execution_exception"
        made.taking.set()
        assert made.ask("POST", "/ingest", b"later").status == 200
        assert made.records == [b"later"]


def test_a_full_queue_tells_senders_to_come_again() -> None:
    """Beyond the bound of bytes a request is answered with 429 at once, and taken later."""
    with served({"body_bytes": 20_000, "waiting_bytes": 20_000, "wait_seconds": 30}) as made:
        made.pause()
        first = threading.Thread(target=made.ask, args=("POST", "/ingest", b"x" * 15_000))
        first.start()
        app = made.source._app
        assert app is not None
        assert within(lambda: app.room.held >= 15_000)
        answer = made.ask("POST", "/_bulk", b'{"create":{}}\n{"a":"' + b"x" * 9_000 + b'"}\n')
        assert (answer.status, answer.headers["retry-after"]) == (429, "1")
        made.taking.set()
        first.join(10)
        assert made.ask("POST", "/ingest", b"y").status == 200


def test_the_client_comes_again_after_429() -> None:
    """The official client's streaming bulk sends again what got 429, and nothing is lost."""
    with served({"wait_seconds": 0.1}) as made, client(made, request_timeout=5) as es:
        made.pause()
        threading.Timer(0.5, made.taking.set).start()
        done = helpers.streaming_bulk(
            es, actions(100), chunk_size=25, max_retries=50, initial_backoff=0.05, max_backoff=0.2
        )
        assert all(ok for ok, _ in done)
        assert sorted(orjson.loads(one)["n"] for one in made.records) == list(range(100))


def test_a_paused_peer_is_told_to_come_again(server: Served) -> None:
    """A peer over its quota gets 429 for as long as it is paused."""
    assert isinstance(server.source, Listening)
    assert server.source.pause("127.0.0.1", 3.4)
    answer = server.ask("POST", "/ingest", b"a")
    assert (answer.status, answer.headers["retry-after"]) == (429, "3")
    assert server.source.pause("127.0.0.1", 0)
    assert server.ask("POST", "/ingest", b"a").status == 200
    assert server.source.refusals == {"429": 1}


def test_refused_records_are_told_one_by_one(server: Served) -> None:
    """A record of an unknown source is answered with 403 and words; the others are created."""
    server.source.judge = lambda one: {
        index: "register it" for index, record in enumerate(one.records) if b"bad" in record
    }
    bulk = b'{"create":{}}\n{"a":1}\n{"create":{}}\n{"a":"bad"}\n'
    found = server.ask("POST", "/_bulk", bulk).json
    assert [one["create"]["status"] for one in found["items"]] == [201, 403]
    assert found["items"][1]["create"]["error"] == {
        "type": "security_exception",
        "reason": "register it",
    }
    some = server.ask("POST", "/ingest", b"good\nbad\n")
    assert (some.status, some.json["accepted"]) == (207, 1)
    assert some.json["refused"] == [{"index": 1, "status": 403, "reason": "register it"}]
    none = server.ask("POST", "/ingest", b"bad\nbad\n")
    assert (none.status, none.json["accepted"]) == (403, 0)
    assert server.ask("POST", "/logs/_doc", b'{"a":"bad"}').status == 403


def test_the_same_bulk_with_ids_is_the_same_batch(server: Served) -> None:
    """A bulk that is sent again with its own ids bears the same fingerprint, without ids none."""
    for _ in range(2):
        server.ask("POST", "/_bulk", b'{"create":{"_id":"1"}}\n{"a":1}\n')
        server.ask("POST", "/_bulk", b'{"create":{}}\n{"a":1}\n')
    marks = [one.fingerprint for one in server.taken]
    assert marks[0] == marks[2] != ""
    assert marks[1] == marks[3] == ""


def test_a_client_that_goes_away_takes_its_records_with_it(server: Served) -> None:
    """What was not taken when the client went away does not come: it will be sent again."""
    server.pause()
    with closing(socket.create_connection(("127.0.0.1", server.source.port))) as gone:
        gone.sendall(b"POST /ingest HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\ngone")
        assert within(lambda: not server.source._waiting.empty)
    assert within(lambda: server.source._waiting.empty)
    server.taking.set()
    server.ask("POST", "/ingest", b"here")
    assert server.records == [b"here"]


def test_the_end_answers_who_waits() -> None:
    """When the system goes down, who waits is told with 503 and keeps its records."""
    source = intake()
    source.open("")
    made = Served(source)
    answers: list[int] = []
    thread = threading.Thread(
        target=lambda: answers.append(made.ask("POST", "/ingest", b"a").status)
    )
    thread.start()
    assert within(lambda: not source._waiting.empty)
    source.close()
    thread.join(10)
    assert answers == [503]


def test_finishing_gives_what_waits() -> None:
    """Told to finish, it lets in nobody more, and is exhausted once all that waited was given."""
    source = intake()
    source.open("")
    made = Served(source)
    answers: list[int] = []
    thread = threading.Thread(
        target=lambda: answers.append(made.ask("POST", "/ingest", b"a").status)
    )
    thread.start()
    assert within(lambda: not source._waiting.empty)
    source.finish()
    assert not source.exhausted()
    given = source.poll(10, 1)
    assert given is not None
    source.acknowledge(given)
    thread.join(10)
    assert (answers, source.exhausted()) == ([200], True)
    source.close()


def raw(made: Served, data: bytes) -> bytes:
    """Send bytes and read to the end of the connection."""
    with closing(socket.create_connection(("127.0.0.1", made.source.port), timeout=10)) as sender:
        sender.sendall(data)
        found = b""
        try:
            while part := sender.recv(4096):
                found += part
        except ConnectionResetError:
            pass
        return found


@pytest.mark.parametrize(
    ("data", "begins"),
    [
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"HTTP/1.1 400"),
        (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 400"),
        (b"POST /_bulk HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", b"HTTP/1.1 400"),
        (b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n", b"HTTP/1.1 400"),
        (
            b"POST /_bulk HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % 10**15,
            b"HTTP/1.1 413",
        ),
        (b"POST /ingest HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc", b"HTTP/1.1 408"),
        (b"POST /ingest HTTP/1.1\r\nHost:", b""),
        (b"", b""),
    ],
    ids=["tls", "no host", "length", "long line", "huge", "slow body", "slow head", "silent"],
)
def test_hostile_requests_end(data: bytes, begins: bytes) -> None:
    """What is no request, lies about its length or keeps silent is answered and ended in time."""
    with served({"silent_seconds": 0.3}) as made:
        answer = raw(made, data)
        assert answer.startswith(begins)
        assert not begins or b'"error":' in answer
        assert made.ask("GET", "/").status == 200


def test_connections_are_bounded() -> None:
    """Connections beyond the bound are closed at once and counted; the others go on."""
    with served(connections=2) as made, ExitStack() as stack:
        held = [
            stack.enter_context(closing(socket.create_connection(("127.0.0.1", made.source.port))))
            for _ in range(5)
        ]
        assert within(lambda: made.source.refusals.get("connections", 0) >= 3)
        held[0].sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert held[0].recv(12) == b"HTTP/1.1 200"


def test_who_does_not_read_answers_is_let_go() -> None:
    """A sender that asks and never reads does not hold its connection for ever."""
    with served({"silent_seconds": 0.3}) as made, closing(socket.socket()) as sender:
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sender.connect(("127.0.0.1", made.source.port))
        body = b'{"delete":{}}\n' * 60_000
        head = b"POST /_bulk HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
        sender.sendall(head + body)
        server = made.source._server
        assert server is not None
        assert within(lambda: bool(server.server_state.connections))
        assert within(lambda: not server.server_state.connections)


def token_file(folder: Path, tokens: Mapping[str, str]) -> str:
    path = folder / "tokens"
    lines = [f"{sha256(token.encode()).hexdigest()} {source}" for token, source in tokens.items()]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def test_a_token_lets_in_its_source(tmp_path: Path) -> None:
    """With tokens nobody comes in without; a token proves whose records come with it."""
    tokens = token_file(tmp_path, {"id:key": "kz-bank/bank-gw", "relay": "*"})
    with served({"tokens": [tokens]}) as made:
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            for method, path in (("GET", "/"), ("POST", "/_bulk"), ("POST", "/ingest")):
                answer = made.ask(method, path, b"x" * 100, headers)
                assert (answer.status, answer.json["error"]["type"]) == (401, "security_exception")
                assert "Bearer" in answer.headers["www-authenticate"]
        with client(made, api_key=("id", "key")) as es:
            assert helpers.bulk(es, actions(3)) == (3, [])
        with client(made, basic_auth=("id", "key")) as es:
            assert helpers.bulk(es, actions(1)) == (1, [])
        with client(made, bearer_auth="relay") as es:
            assert helpers.bulk(es, actions(1)) == (1, [])
        proven = [one.proven for one in made.taken]
        assert proven == ["kz-bank/bank-gw", "kz-bank/bank-gw", ""]
        assert made.source.refusals == {"401": 6}


def test_tokens_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed token file counts without a restart; a broken one is told and changes nothing."""
    monkeypatch.setattr(http_intake, "LOOK_SECONDS", 0.0)
    path = token_file(tmp_path, {"old": "kz-bank/bank-gw"})

    def status(token: str) -> int:
        return made.ask("GET", "/", headers={"Authorization": f"Bearer {token}"}).status

    with served({"tokens": [path]}) as made:
        assert (status("old"), status("new")) == (200, 401)
        token_file(tmp_path, {"new": "kz-bank/bank-gw", "other": "*"})
        assert within(lambda: status("new") == 200)
        assert status("old") == 401
        Path(path).write_text("broken\n", encoding="utf-8")
        assert within(lambda: "the old tokens stay" in "".join(made.source.troubles))
        assert status("new") == 200


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Give certificates of one CA."""
    return development_pki(tmp_path_factory.mktemp("pki"), datetime.now(UTC))


def tls(pki: Pki, **more: object) -> dict[str, object]:
    return {"certificate": str(pki.receiver), "key": str(pki.receiver_key), **more}


def test_certificates_prove_senders(pki: Pki, tmp_path: Path) -> None:
    """Over TLS a client certificate lets in and is handed on; without one a token is needed."""
    tokens = token_file(tmp_path, {"t": "kz-bank/bank-gw"})
    both = tls(pki, ca=str(pki.ca), client_certificates="optional")
    with served({"tokens": [tokens]}, tls=both) as made:
        context = ssl.create_default_context(cafile=str(pki.ca))
        url = f"https://127.0.0.1:{made.source.port}"
        with Elasticsearch(url, ssl_context=context, bearer_auth="t") as es:
            assert helpers.bulk(es, actions(1)) == (1, [])
        with Elasticsearch(url, ssl_context=context) as es, pytest.raises(ApiError) as raised:
            es.bulk(operations=[{"create": {}}, {}])
        assert raised.value.status_code == 401
        context.load_cert_chain(pki.centre, pki.centre_key)
        with Elasticsearch(url, ssl_context=context) as es:
            assert helpers.bulk(es, actions(1)) == (1, [])
    with_token, with_certificate = made.taken
    assert (with_token.proven, with_token.certificates) == ("kz-bank/bank-gw", ())
    assert with_certificate.proven == ""
    assert any(one.startswith("sha256:") for one in with_certificate.certificates)
    assert len(with_certificate.certificates) >= 2


def test_a_certificate_can_be_required(pki: Pki) -> None:
    """Where an authority is named and no tokens are, a connection without certificate fails."""
    with served(tls=tls(pki, ca=str(pki.ca))) as made:
        context = ssl.create_default_context(cafile=str(pki.ca))
        plain = socket.create_connection(("127.0.0.1", made.source.port), timeout=10)
        with closing(context.wrap_socket(plain, server_hostname="127.0.0.1")) as wrapped:
            answer = b""
            with contextlib.suppress(OSError):  # an alert, a reset or the end, as the times fall
                wrapped.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                answer = wrapped.recv(1)
            assert answer == b""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"address": "0.0.0.0"}, "without TLS"),
        ({"http": {"tokens": ["absent"]}}, "absent"),
        ({"tls": {**ABSENT, "client_certificates": "optional"}}, "absent.pem"),
        ({"tls": ABSENT}, "nothing says whose"),
    ],
)
def test_settings_that_cannot_be_used_are_told(changes: dict[str, object], words: str) -> None:
    """Plain HTTP beyond loopback and missing files are refused with their way out."""
    listener = ListenerSettings.model_validate({"name": "http", "kind": "http", **changes})
    assert words in "".join(map(str, http_problems(listener)))
    with pytest.raises(ConfigurationError, match=words):
        HttpIntake(listener, lambda _: iter(()), lambda _: iter(()))


def test_plain_http_beyond_loopback_can_be_allowed() -> None:
    """Where a person says that the way is safe, plain HTTP is served on any address."""
    with served({"plain": True}, address="0.0.0.0") as made:
        assert made.ask("GET", "/").status == 200


def test_a_taken_port_is_told() -> None:
    """A port in use ends the start with the reason."""
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        source = intake(port=other.getsockname()[1])
        with pytest.raises(SourceError, match="in use"):
            source.open("")


def test_a_source_is_a_listening_one() -> None:
    """The intake keeps to the port of listening sources."""
    source: HttpIntake = intake()
    assert isinstance(source, Listening)
    assert list(source.troubles) == []
