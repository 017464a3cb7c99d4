"""Who may log in, who is logged in, and what machines show: kept apart from all that is looked at.

No secret stands here in a form that lets anybody in: a password as argon2id, the key of one-time
codes encrypted under the deployment's own key, everything random as its SHA-256.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.model import Instant


@dataclass(frozen=True, slots=True)
class Account:
    """A person, or a machine that shows a certificate.

    ``name`` is lower case and says nothing of the person. ``roles`` are those in which it may act;
    ``parties`` those of the registry for which it speaks; ``sectors`` limit a mandate. ``password``
    is an argon2id string, "" where only a provider vouches. ``one_time`` is the encrypted key of
    its codes, "" before it is enrolled; ``last_step`` the newest 30 seconds whose code was taken.
    ``recovery`` are hashes of codes that are each good once. ``provider`` is ``issuer|subject``.
    ``certificates`` are names or fingerprints of client certificates. ``since`` ends every session
    and token that began before it.
    """

    name: str
    roles: tuple[str, ...]
    parties: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    password: str = ""
    one_time: str = ""
    last_step: int = 0
    recovery: tuple[str, ...] = ()
    provider: str = ""
    certificates: tuple[str, ...] = ()
    language: str = "kk"
    disabled: bool = False
    since: Instant = 0

    @property
    def ways(self) -> tuple[str, ...]:
        """Name the ways in that it has, never what they are."""
        held = {
            "password": self.password,
            "second factor": self.one_time,
            "provider": self.provider,
            "certificate": self.certificates,
        }
        return tuple(way for way, what in held.items() if what)


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is logged in, or on its way there.

    ``key`` is the hash of its cookie; it changes by rotation, ``family`` does not. ``before`` is
    the key that it had until ``rotated_at`` and that is good for a moment more. ``step`` is what is
    still asked for: "" nothing, else ``one_time`` or ``enrol``. ``factors`` have been shown.
    """

    key: str
    family: str
    account: str
    role: str
    began_at: Instant
    seen_at: Instant
    rotated_at: Instant
    address: str = ""
    step: str = ""
    factors: tuple[str, ...] = ()
    multi_factor: bool = False
    before: str = ""
    glass_until: Instant = 0
    glass_reason: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """What a machine shows instead of a login: good for some kinds and actions, until it ends.

    ``id`` is public; ``key`` is the hash of the secret. ``scopes`` are never empty.
    """

    id: str
    key: str
    account: str
    role: str
    scopes: tuple[str, ...]
    made_at: Instant
    ends_at: Instant
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Pending:
    """A login that a provider is to vouch for: kept under the hash of its state, taken once."""

    key: str
    browser: str
    nonce: str
    verifier: str
    next: str
    ends_at: Instant


class Accounts(Protocol):
    """Who may log in."""

    def account(self, name: str) -> Account | None:
        """Give an account; None where there is none."""

    def vouched(self, provider: str) -> Account | None:
        """Give the account that a provider's subject (``issuer|subject``) may use."""

    def certified(self, names: Sequence[str]) -> Account | None:
        """Give the account of a certificate by any of its names; None where none, or several."""

    def accounts(self) -> Sequence[Account]:
        """Give all, by name."""

    def keep(self, before: Account | None, after: Account) -> bool:
        """Keep a new or changed account; False where it no longer stands as ``before`` says."""


class Sessions(Protocol):
    """Who is logged in."""

    def session(self, key: str) -> Session | None:
        """Give the session whose cookie has this hash, or had it before its last rotation."""

    def put_session(self, session: Session) -> None:
        """Keep a session in place of its family's former state."""

    def drop_session(self, family: str) -> None:
        """End a session."""

    def sessions(self, account: str) -> Sequence[Session]:
        """Give an account's sessions, the newest first."""

    def sweep(self, now: Instant, oldest: Instant) -> None:
        """Forget sessions not seen since ``oldest``, and what else has ended."""


class Tokens(Protocol):
    """What machines show."""

    def token(self, token_id: str) -> Token | None:
        """Give a token by its public id."""

    def put_token(self, token: Token) -> None:
        """Keep a new or changed token."""

    def tokens(self, account: str) -> Sequence[Token]:
        """Give an account's tokens, the newest first."""


class Attempts(Protocol):
    """What did not let anybody in, for as long as limits look back; and logins under way."""

    def failed(self, keys: Sequence[str], at: Instant) -> None:
        """Note a failed attempt under each of the keys."""

    def failures(self, key: str, since: Instant) -> int:
        """Count those of a key since an instant."""

    def begin(self, pending: Pending) -> None:
        """Keep a login under way."""

    def take(self, key: str) -> Pending | None:
        """Give a login under way and forget it."""


class AccountStore(Accounts, Sessions, Tokens, Attempts, Protocol):
    """All of it, in one place."""

    def close(self) -> None:
        """Let go of the file; safe to call twice."""
