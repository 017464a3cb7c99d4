"""An OpenID Connect provider: authorization code flow with PKCE and nonce.

Sources: OpenID Connect Core 1.0, sections 3.1.2 and 3.1.3.7; Discovery 1.0; RFC 7636; RFC 9207 is
not needed, since a deployment has one provider. Algorithms that prove nothing to us (none, HMAC
under the client's secret) are refused.
"""

import base64
import hashlib
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from pipeline.errors import ConfigurationError, LoginRefused, Problem
from pipeline.model import NANOSECONDS, Instant
from pipeline.ports.identity import Vouched
from pipeline.settings.login import OpenIdSettings

ALGORITHMS = ("RS256", "PS256", "ES256", "RS384", "RS512", "ES384", "ES512", "EdDSA")
LEEWAY = 60  # seconds by which clocks may differ
MOST_BYTES = 1024 * 1024
KEEPS = 600.0  # seconds for which what a provider says of itself is remembered


@dataclass(frozen=True, slots=True)
class _Known:
    """What a provider says of itself."""

    issuer: str
    authorization: str
    token: str
    keys_at: str
    read_at: float


class OpenIdProvider:
    """``ports.IdentityProvider`` over HTTPS; ``back`` is our address to which browsers return."""

    def __init__(
        self, settings: OpenIdSettings, back: str, secret: str, clock: Callable[[], float]
    ) -> None:
        self._settings, self._back, self._secret, self._clock = settings, back, secret, clock
        verify: ssl.SSLContext | bool = True
        if settings.ca is not None:
            try:
                verify = ssl.create_default_context(cafile=settings.ca)
            except (OSError, ssl.SSLError) as error:
                problem = Problem("login.openid.ca", 0, f"{settings.ca} is no authority: {error}")
                raise ConfigurationError([problem]) from error
        self._client = httpx.Client(
            verify=verify, timeout=settings.timeout_seconds, follow_redirects=False
        )
        self._turn = threading.Lock()
        self._known: _Known | None = None
        self._keys: KeySet | None = None

    def address(self, state: str, nonce: str, verifier: str) -> str:
        """Give where a browser is sent; LoginRefused where the provider is out of reach."""
        known = self._discovered()
        challenge = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._back,
            "scope": "openid profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        if self._settings.multi_factor_acr:
            asked["acr_values"] = " ".join(self._settings.multi_factor_acr)
        joint = "&" if "?" in known.authorization else "?"
        return f"{known.authorization}{joint}{urlencode(asked)}"

    def vouch(self, code: str, nonce: str, verifier: str, now: Instant) -> Vouched:
        """Give whom a code stands for; LoginRefused where it proves nobody."""
        if not code:
            raise LoginRefused("the provider sent no code: the person may have refused")
        known = self._discovered()
        given = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "client_id": self._settings.client_id,
            "code_verifier": verifier,
        }
        if self._secret:
            given["client_secret"] = self._secret
        token = self._asked(known.token, given).get("id_token")
        if not isinstance(token, str):
            raise LoginRefused(f"{known.issuer} gave no id_token")
        return self._whom(self._claims(token, nonce, known, now))

    def close(self) -> None:
        """Let go of connections; safe to call twice."""
        self._client.close()

    def _whom(self, claims: Mapping[str, Any]) -> Vouched:
        of = self._settings
        said = _texts(_at(claims, of.roles_claim)) if of.roles_claim else ()
        roles = tuple(dict.fromkeys(of.roles[one] for one in said if one in of.roles))
        parties = _texts(_at(claims, of.parties_claim)) if of.parties_claim else ()
        several = bool(set(_texts(claims.get("amr"))) & set(of.multi_factor_amr))
        name = str(claims.get("preferred_username") or claims["sub"]).casefold()
        plain = "".join(one if one.isalnum() or one in "._-" else "-" for one in name)[:64]
        return Vouched(
            provider=f"{of.issuer}|{claims['sub']}",
            name=plain,
            roles=roles,
            parties=parties,
            multi_factor=several or claims.get("acr") in of.multi_factor_acr,
        )

    def _claims(self, token: str, nonce: str, known: _Known, now: Instant) -> Mapping[str, Any]:
        try:
            claims = self._decoded(token, known)
            jwt.JWTClaimsRegistry(
                now // NANOSECONDS,
                LEEWAY,
                iss={"essential": True, "value": known.issuer},
                aud={"essential": True, "value": self._settings.client_id},
                nonce={"essential": True, "value": nonce},
                sub={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
            ).validate(claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:  # also keys that are none
            raise LoginRefused(f"the id_token of {known.issuer} does not hold: {error}") from error
        azp = claims.get("azp")
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (several or azp is not None) and azp != self._settings.client_id:
            raise LoginRefused(f"the id_token of {known.issuer} is for another client")
        return claims

    def _decoded(self, token: str, known: _Known) -> dict[str, Any]:
        """Verify a token by the provider's keys, which are read anew once where none fits."""
        try:
            return _verified(token, self._keys_of(known))
        except (JoseError, ValueError):
            return _verified(token, self._keys_of(known, anew=True))

    def _keys_of(self, known: _Known, *, anew: bool = False) -> KeySet:
        with self._turn:
            if self._keys is None or anew:
                self._keys = KeySet.import_key_set(self._asked(known.keys_at))  # type: ignore[arg-type]
            return self._keys

    def _discovered(self) -> _Known:
        with self._turn:
            known = self._known
        if known is not None and self._clock() - known.read_at < KEEPS:
            return known
        issuer = self._settings.issuer
        said = self._asked(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        wanted = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
        if said.get("issuer") != issuer or not all(isinstance(said.get(w), str) for w in wanted):
            raise LoginRefused(f"{issuer} does not describe itself as the issuer {issuer}")
        own, authorization, token, keys_at = (str(said[one]) for one in wanted)
        known = _Known(own, authorization, token, keys_at, self._clock())
        with self._turn:
            self._known = known
        return known

    def _asked(self, address: str, given: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Read a JSON object, bounded; with ``given`` as a form that is posted."""
        try:
            method = "POST" if given is not None else "GET"
            with self._client.stream(method, address, data=given) as answer:
                body = b""
                for part in answer.iter_bytes():
                    body += part
                    if len(body) > MOST_BYTES:
                        raise LoginRefused(f"{address}: the answer is too large")
            if answer.status_code != httpx.codes.OK:
                raise LoginRefused(f"{address}: answered {answer.status_code}")
            said = httpx.Response(200, content=body).json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise LoginRefused(f"{address}: {error}") from error
        if not isinstance(said, dict):
            raise LoginRefused(f"{address}: answered no JSON object")
        return said


def _verified(token: str, keys: KeySet) -> dict[str, Any]:
    return dict(jwt.decode(token, keys, algorithms=ALGORITHMS).claims)


def _at(claims: Mapping[str, Any], path: str) -> object:
    """Give a claim by its name, or by a dotted path as Keycloak nests its roles."""
    found: Any = claims
    if path in claims:
        return claims[path]
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _texts(claim: object) -> tuple[str, ...]:
    if isinstance(claim, str):
        return (claim,)
    return tuple(one for one in claim if isinstance(one, str)) if isinstance(claim, list) else ()
