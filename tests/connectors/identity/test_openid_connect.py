"""An OpenID Connect provider: what it must prove, and each way in which it may fail to."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

from connectors.identity.openid_connect import MOST_BYTES, OpenIdProvider
from pipeline.errors import LoginRefused
from pipeline.model import NANOSECONDS
from pipeline.settings import OpenIdSettings

BACK = "https://console.example/login/back"
NOW = 1_780_000_000 * NANOSECONDS
SECOND = NOW // NANOSECONDS


@dataclass
class Provider:
    """A provider on loopback whose every answer a test can bend."""

    key: RSAKey
    address: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, str] = field(default_factory=lambda: {"alg": "RS256"})
    signing: RSAKey | OctKey | None = None
    bent: Callable[[str, dict[str, Any]], Any] = lambda _path, said: said
    asked: list[dict[str, list[str]]] = field(default_factory=list)
    status: int = 200

    def answer(self, path: str, body: bytes) -> Any:
        """Give what stands at a path."""
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.address,
                "authorization_endpoint": f"{self.address}/auth",
                "token_endpoint": f"{self.address}/token",
                "jwks_uri": f"{self.address}/keys",
            }
        if path == "/keys":
            return KeySet([self.key]).as_dict(private=False)
        self.asked.append(parse_qs(body.decode()))
        claims = {
            "iss": self.address, "aud": "saqshy", "sub": "7", "nonce": "n", "iat": SECOND,
            "exp": SECOND + 60, "preferred_username": "B.Aliya",
        }  # fmt: skip
        claims = {k: v for k, v in (claims | self.claims).items() if v is not None}
        key = self.signing or self.key
        return {"id_token": jwt.encode(self.header, claims, key, algorithms=[self.header["alg"]])}


@pytest.fixture(scope="module")
def key() -> RSAKey:
    """Give a provider's key."""
    return RSAKey.generate_key(2048, parameters={"kid": "one"})


@pytest.fixture
def provider(key: RSAKey) -> Iterator[Provider]:
    """Serve a provider."""
    made = Provider(key)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["content-length"])))

        def _answer(self, body: bytes) -> None:
            said = made.bent(self.path, made.answer(self.path, body))
            data = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(made.status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def client(provider: Provider) -> Iterator[OpenIdProvider]:
    """Give our side of it."""
    settings = OpenIdSettings(
        issuer=provider.address,
        client_id="saqshy",
        roles_claim="realm_access.roles",
        roles={"ncc-operator": "ncc", "inspector": "regulator"},
        parties_claim="parties",
        multi_factor_acr=("gold",),
    )
    made = OpenIdProvider(settings, BACK, "our secret", time.monotonic)
    yield made
    made.close()
    made.close()


def test_a_browser_is_sent_with_proof_of_whose_login_it_is(client: OpenIdProvider) -> None:
    """State, nonce and the challenge of a verifier go along (RFC 7636, section 4.2)."""
    asked = parse_qs(urlsplit(client.address("s", "n", "v")).query)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"v").digest()).decode().rstrip("=")
    assert {name: values[0] for name, values in asked.items()} == {
        "response_type": "code", "client_id": "saqshy", "redirect_uri": BACK,
        "scope": "openid profile", "state": "s", "nonce": "n", "code_challenge": challenge,
        "code_challenge_method": "S256", "acr_values": "gold",
    }  # fmt: skip


def test_whom_it_vouches_for(provider: Provider, client: OpenIdProvider) -> None:
    """Subject, name, roles that we know, parties, and whether there were several factors."""
    provider.claims = {
        "realm_access": {"roles": ["inspector", "offline_access", "inspector"]},
        "parties": "party-7", "amr": ["pwd", "otp"],
    }  # fmt: skip
    by = client.vouch("code", "n", "v", NOW)
    assert by.provider == f"{provider.address}|7"
    assert (by.name, by.roles, by.parties) == ("b.aliya", ("regulator",), ("party-7",))
    assert by.multi_factor
    (asked,) = provider.asked
    assert asked["code_verifier"] == ["v"]
    assert asked["client_secret"] == ["our secret"]


@pytest.mark.parametrize(
    ("claims", "several"),
    [({}, False), ({"amr": ["pwd"]}, False), ({"acr": "gold"}, True), ({"acr": "1"}, False)],
)
def test_several_factors_are_proved(
    provider: Provider, client: OpenIdProvider, claims: dict[str, Any], *, several: bool
) -> None:
    """They count where the provider says so in the words that the settings name."""
    provider.claims = claims
    assert client.vouch("code", "n", "v", NOW).multi_factor is several


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example"}, {"aud": "other"}, {"aud": None}, {"nonce": "m"},
        {"nonce": None}, {"sub": None}, {"exp": SECOND - 61}, {"exp": None}, {"iat": None},
        {"nbf": SECOND + 120}, {"azp": "other"}, {"aud": ["saqshy", "other"]},
    ],
    ids=str,
)  # fmt: skip
def test_a_token_that_does_not_hold_is_refused(
    provider: Provider, client: OpenIdProvider, claims: dict[str, Any]
) -> None:
    """Another issuer, audience, nonce, time or client: nobody comes in."""
    provider.claims = claims
    with pytest.raises(LoginRefused):
        client.vouch("code", "n", "v", NOW)


def test_another_key_is_refused(provider: Provider, client: OpenIdProvider) -> None:
    """Signed by a key that the provider does not show, by our secret, or by nobody."""
    provider.signing = RSAKey.generate_key(2048, parameters={"kid": "two"})
    with pytest.raises(LoginRefused):
        client.vouch("code", "n", "v", NOW)
    provider.signing, provider.header = OctKey.import_key("our secret" * 4), {"alg": "HS256"}
    with pytest.raises(LoginRefused):
        client.vouch("code", "n", "v", NOW)
    head = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    body = base64.urlsafe_b64encode(b'{"sub":"7"}').decode().rstrip("=")
    provider.signing, provider.header = None, {"alg": "RS256"}
    provider.bent = lambda path, said: {"id_token": f"{head}.{body}."} if path == "/token" else said
    with pytest.raises(LoginRefused):
        client.vouch("code", "n", "v", NOW)


def test_a_changed_key_is_read_again(provider: Provider, client: OpenIdProvider) -> None:
    """A provider that rotates its keys is believed at once."""
    assert client.vouch("code", "n", "v", NOW).name == "b.aliya"
    provider.key = RSAKey.generate_key(2048, parameters={"kid": "two"})
    assert client.vouch("code", "n", "v", NOW).name == "b.aliya"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/token", {"error": "invalid_grant"}), ("/token", b"no json"), ("/token", []),
        ("/token", b"{" + b" " * MOST_BYTES), ("/token", {"id_token": "a.b"}),
        ("/keys", {"keys": []}), ("/keys", {"no": "keys"}),
        ("/.well-known/openid-configuration", {"issuer": "https://other.example"}),
        ("/.well-known/openid-configuration", {}),
    ],
    ids=lambda one: str(one)[:40],
)  # fmt: skip
def test_nonsense_is_refused(
    provider: Provider, client: OpenIdProvider, path: str, said: object
) -> None:
    """Whatever a provider answers beside the standard lets nobody in."""
    provider.bent = lambda asked, right: said if asked == path else right
    with pytest.raises(LoginRefused):
        client.vouch("code", "n", "v", NOW)


def test_a_silent_provider_is_named() -> None:
    """Out of reach: the error says which address."""
    settings = OpenIdSettings(issuer="http://127.0.0.1:9", client_id="saqshy", timeout_seconds=1)
    client = OpenIdProvider(settings, BACK, "", time.monotonic)
    with pytest.raises(LoginRefused, match=r"127\.0\.0\.1:9"):
        client.address("s", "n", "v")
    with pytest.raises(LoginRefused, match="no code"):
        client.vouch("", "n", "v", NOW)
    client.close()
