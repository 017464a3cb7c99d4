"""Webhooks: what a recipient gets, whom we never call, and what answers mean."""

import base64
import hashlib
import hmac
import socket
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.sinks.letter import letter, sha256
from connectors.sinks.public_address import is_public
from connectors.sinks.webhook import WebhookSink
from pipeline.errors import (
    ConfigurationError,
    DeliveryDelayed,
    DeliveryError,
    DeliveryRefused,
    DeliveryRejected,
)
from pipeline.model import NANOSECONDS, Recipient, Tried
from pipeline.notify import Late
from pipeline.runtime.receiver import bind
from pipeline.settings import WebhookSettings
from tests.connectors.sinks.certificates import DAY, Authority
from tests.connectors.sinks.webhook_server import Called, WebhookServer, webhook_server
from tests.notify.made import BASE, notice

SECRET = bytes(range(32))
LOOPBACK = ("127.0.0.0/8",)
MADE: list[WebhookSink] = []


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Give the authority of the webhook's certificates."""
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Close every channel that a test made."""
    yield
    while MADE:
        MADE.pop().close()


@pytest.fixture
def server(authority: Authority) -> Iterator[WebhookServer]:
    """Give a webhook that takes everything."""
    with webhook_server(authority.leaf("127.0.0.1", "localhost")) as made:
        yield made


def webhook(authority: Authority, url: str, **changes: object) -> WebhookSink:
    secret = authority.folder / "secret"
    secret.write_text(f"whsec_{base64.b64encode(SECRET).decode()}\n")
    settings = {
        "secrets": {"ncc": secret},
        "private": LOOPBACK,
        "ca": authority.ca,
        "timeout_seconds": 5.0,
        **changes,
    }
    sink = WebhookSink(WebhookSettings.model_validate(settings), lambda *_: url)
    MADE.append(sink)
    return sink


def mac(text: str) -> str:
    return "v1," + base64.b64encode(hmac.digest(SECRET, text.encode(), hashlib.sha256)).decode()


def test_a_call_is_signed_as_standard_webhooks_says(
    authority: Authority, server: WebhookServer
) -> None:
    """Id, time and body are signed by the shared secret; path and query reach their server."""
    url = f"https://localhost:{server.port}/hooks/a?token=t0ken"
    receipt = webhook(authority, url).deliver(notice(), BASE)
    [called] = server.calls
    assert (called.path, called.body) == ("/hooks/a?token=t0ken", letter(notice()))
    assert called.headers["host"] == f"localhost:{server.port}"
    assert called.headers["webhook-id"] == notice().id
    assert called.headers["webhook-timestamp"] == str(BASE // NANOSECONDS)
    signed = f"{notice().id}.{BASE // NANOSECONDS}.{letter(notice()).decode()}"
    assert called.headers["webhook-signature"] == mac(signed)
    assert (receipt.body["kind"], receipt.body["sha256"]) == ("taken", sha256(letter(notice())))
    assert "t0ken" not in str(receipt.body)


def test_lateness_is_signed_too(authority: Authority, server: WebhookServer) -> None:
    """What comes late says so beside the letter, under the same secret, by the closed schema."""
    late = notice(attempts=2, tried=Tried(first_at=BASE, why=("slow", "busy"), proof="a" * 64))
    now = late.due_at + NANOSECONDS
    webhook(authority, f"https://127.0.0.1:{server.port}/").deliver(late, now)
    headers = server.calls[0].headers
    said = base64.urlsafe_b64decode(headers["webhook-late"])
    assert Late.model_validate_json(said).why == ("slow", "busy")
    assert orjson.loads(said)["first_attempt_at"] == "2026-03-02T04:00:00Z"
    stamp = now // NANOSECONDS
    assert headers["webhook-late-signature"] == mac(f"{late.id}.{stamp}.{said.decode()}")
    assert server.calls[0].body == letter(notice())


def test_connections_are_used_again(authority: Authority, server: WebhookServer) -> None:
    """Calls to one host go over one connection."""
    sink = webhook(authority, f"https://127.0.0.1:{server.port}/")
    for number in (1, 2, 3):
        sink.deliver(notice(number), BASE)
    assert (len(server.calls), server.connections) == (3, 1)


def test_a_signed_answer_confirms(authority: Authority, server: WebhookServer) -> None:
    """An answer that the secret signs is the recipient's receipt; a false one is none."""

    def signed(called: Called) -> tuple[int, dict[str, str], bytes]:
        of = f"receipt.{called.headers['webhook-id']}.{sha256(called.body)}"
        return 200, {"webhook-receipt": mac(of)}, b"{}"

    server.answer = signed
    sink = webhook(authority, f"https://127.0.0.1:{server.port}/")
    assert sink.deliver(notice(), BASE).body["kind"] == "receipt"
    server.answer = lambda _: (200, {"webhook-receipt": mac("receipt.of.another")}, b"{}")
    with pytest.raises(DeliveryRefused, match="not signed by the shared secret"):
        sink.deliver(notice(), BASE)


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (302, DeliveryRefused, "answer"),
        (307, DeliveryRefused, "answer"),
        (400, DeliveryRejected, "rejected"),
        (401, DeliveryRefused, "not_let_in"),
        (404, DeliveryRefused, "answer"),
        (409, DeliveryRejected, "rejected"),
        (410, DeliveryRefused, "answer"),
        (429, DeliveryDelayed, "busy"),
        (500, DeliveryDelayed, "busy"),
    ],
)
def test_statuses(
    authority: Authority, server: WebhookServer, status: int, kind: type[DeliveryError], code: str
) -> None:
    """Each status has its meaning, and a redirect is never followed."""
    elsewhere = {"location": f"https://127.0.0.1:{server.port}/elsewhere"}
    server.answer = lambda _: (status, elsewhere, b"said")
    with pytest.raises(kind) as failed:
        webhook(authority, f"https://127.0.0.1:{server.port}/secret-path").deliver(notice(), BASE)
    assert type(failed.value) is kind
    assert failed.value.code == code
    assert "secret-path" not in str(failed.value)
    assert [called.path for called in server.calls] == ["/secret-path"]


def test_a_large_answer_is_refused(authority: Authority, server: WebhookServer) -> None:
    """An answer larger than any receipt is not read to its end."""
    server.answer = lambda _: (200, {}, bytes(10_000_000))
    with pytest.raises(DeliveryRefused, match="larger than any receipt"):
        webhook(authority, f"https://127.0.0.1:{server.port}/").deliver(notice(), BASE)


@pytest.mark.parametrize(
    "url",
    ["", "http://127.0.0.1/", "https://", "https://user:pass@a.kz/", "ftp://a.kz/"],
)
def test_what_is_no_webhook_is_not_called(authority: Authority, url: str) -> None:
    """Only https addresses without a password in them are called."""
    with pytest.raises(DeliveryRefused) as refused:
        webhook(authority, url).deliver(notice(), BASE)
    assert refused.value.code == "no_channel"


def test_a_party_without_a_secret_is_not_called(authority: Authority) -> None:
    """What could not be signed is not sent."""
    stranger = notice(recipient=Recipient("holder", "bank"))
    with pytest.raises(DeliveryRefused, match="no secret is set") as refused:
        webhook(authority, "https://a.kz/").deliver(stranger, BASE)
    assert refused.value.code == "no_channel"


# -- Addresses ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2a00:1450::1", True),
        ("::ffff:8.8.8.8", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("ff0e::1", False),
        ("::ffff:127.0.0.1", False),
        ("::127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::1", False),
        ("2002:7f00:1::", False),
        ("2001:0:7f00:1::", False),
    ],
)
def test_public_addresses(address: str, *, public: bool) -> None:
    """Only addresses of the public Internet are, whatever they are wrapped in."""
    assert is_public(ip_address(address)) is public


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1"])
def test_a_private_address_is_not_called(
    authority: Authority, server: WebhookServer, host: str
) -> None:
    """Whatever a private address is written as, it is not called unless a setting allows it."""
    with pytest.raises(DeliveryError) as refused:
        webhook(authority, f"https://{host}:{server.port}/", private=()).deliver(notice(), BASE)
    assert refused.value.code in {"no_channel", "no_name"}
    assert server.connections == 0


def test_a_name_that_changes_leads_nowhere(
    authority: Authority, server: WebhookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is resolved once: the connection goes to the address that was checked."""
    answers = ["127.0.0.1", "10.0.0.1"]
    real = socket.getaddrinfo

    def rebinding(host: str, *more: Any, **named: Any) -> Any:
        return real(answers.pop(0) if host == "rebind.test" else host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    sink = webhook(authority, f"https://rebind.test:{server.port}/")
    with pytest.raises(DeliveryRefused, match="certificate is not accepted"):
        sink.deliver(notice(), BASE)  # it is ours by address, and not by name
    assert answers == ["10.0.0.1"]


# -- Faults ------------------------------------------------------------------------------------


def test_a_webhook_that_is_down_delays(authority: Authority) -> None:
    """Where nobody listens the delivery waits."""
    with bind("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    with pytest.raises(DeliveryDelayed) as failed:
        webhook(authority, f"https://127.0.0.1:{port}/").deliver(notice(), BASE)
    assert failed.value.code == "unreachable"


def test_a_name_that_does_not_resolve_delays(authority: Authority) -> None:
    """A name that is unknown may come back."""
    with pytest.raises(DeliveryDelayed) as failed:
        webhook(authority, "https://hook.invalid/").deliver(notice(), BASE)
    assert failed.value.code == "no_name"


def test_a_half_open_connection_ends(authority: Authority) -> None:
    """Who takes the connection and never says a word is given up in a bounded time."""
    with bind("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        sink = webhook(authority, f"https://127.0.0.1:{port}/", timeout_seconds=0.2)
        with pytest.raises(DeliveryDelayed) as failed:
            sink.deliver(notice(), BASE)
    assert failed.value.code == "slow"


@pytest.mark.parametrize("fault", ["expired", "of another host", "untrusted", "revoked"])
def test_certificates(authority: Authority, tmp_path: Path, fault: str) -> None:
    """A certificate that does not hold lets nothing out, and a person is told why."""
    leaf = authority.leaf("127.0.0.1")
    changes: dict[str, object] = {}
    if fault == "expired":
        leaf = authority.leaf("127.0.0.1", ends=-DAY)
    elif fault == "of another host":
        leaf = authority.leaf("127.0.0.2", "hook.kz")
    elif fault == "untrusted":
        leaf = Authority(tmp_path / "other", "other").leaf("127.0.0.1")
    else:
        changes["crl"] = authority.revoked(leaf.serial)
    with webhook_server(leaf) as made:
        with pytest.raises(DeliveryRefused) as refused:
            webhook(authority, f"https://127.0.0.1:{made.port}/", **changes).deliver(notice(), BASE)
        assert refused.value.code == "certificate"
        assert made.calls == []


def test_two_hosts_at_one_address_share_no_connection(
    authority: Authority, server: WebhookServer
) -> None:
    """A connection whose certificate was checked for one host never carries another's notices."""
    urls = {"ncc": "https://127.0.0.1:{}/", "bank": "https://localhost:{}/"}
    secret = authority.folder / "secret"
    secret.write_text(f"whsec_{base64.b64encode(SECRET).decode()}\n")
    settings = WebhookSettings(
        secrets={"ncc": secret, "bank": secret}, private=LOOPBACK, ca=authority.ca
    )
    sink = WebhookSink(settings, lambda _, to: urls[to.party_id].format(server.port))
    MADE.append(sink)
    sink.deliver(notice(), BASE)
    sink.deliver(replace(notice(2), recipient=Recipient("holder", "bank")), BASE)
    assert server.connections == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [("whsec_", "has 0 bytes"), ("no base64!", "is no secret"), ("YWJj", "has 3 bytes")],
)
def test_secrets_that_cannot_be_used_are_told(
    authority: Authority, tmp_path: Path, text: str, said: str
) -> None:
    """A secret that is none is told at the start, and not printed."""
    (tmp_path / "s").write_text(text)
    with pytest.raises(ConfigurationError, match=said) as found:
        webhook(authority, "https://a.kz/", secrets={"ncc": tmp_path / "s"})
    assert "no base64!" not in str(found.value)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        webhook(authority, "https://a.kz/", secrets={"ncc": tmp_path / "absent"})
    with pytest.raises(ConfigurationError, match="is no network"):
        webhook(authority, "https://a.kz/", private=("10.0.0.1/8",))
