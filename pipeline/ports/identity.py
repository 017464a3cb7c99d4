"""Providers that vouch for people: OpenID Connect, authorization code flow with PKCE."""

from dataclasses import dataclass
from typing import Protocol

from pipeline.model import Instant


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom a provider vouches for: ``provider`` is ``issuer|subject``; ``roles`` are ours.

    ``name`` is what the provider calls the person, for a new account.
    """

    provider: str
    name: str
    roles: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    multi_factor: bool = False


class IdentityProvider(Protocol):
    """Sends a browser away, and hears from it when it comes back."""

    def address(self, state: str, nonce: str, verifier: str) -> str:
        """Give where a browser is sent; LoginRefused where the provider is out of reach."""

    def vouch(self, code: str, nonce: str, verifier: str, now: Instant) -> Vouched:
        """Give whom a code stands for; LoginRefused where it proves nobody."""

    def close(self) -> None:
        """Let go of connections; safe to call twice."""
