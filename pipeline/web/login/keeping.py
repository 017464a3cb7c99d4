"""Keeping accounts: who may log in, told by an administrator; each change with who and why.

An administrator sees names, roles and ways in, never a secret that is in use. What lets somebody in
for the first time is made here, shown once and kept as a hash: a first password, and an entry code
that is asked for before a second factor may be enrolled. So a stolen password alone enrols nothing.
"""

import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.access import Role
from pipeline.errors import LoginRefused
from pipeline.model import Instant
from pipeline.ports.accounts import Account, AccountStore
from pipeline.web.login.one_time import recovery_codes
from pipeline.web.login.passwords import Passwords
from pipeline.web.login.sealing import digest

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
ADDED, DISABLED, ENABLED, RESET = (
    "account_added", "account_disabled", "account_enabled", "account_reset",
)  # fmt: skip
EVENTS = (ADDED, DISABLED, ENABLED, RESET)  # of which the audit trail is told
SHORTEST, LONGEST = 10, 200  # characters of a reason
MOST_NAMED = 50  # parties, sectors, certificates of one account


@dataclass(frozen=True, slots=True)
class Wanted:
    """An account as it is asked for; ``password``: a first one is made."""

    name: str
    roles: Sequence[str]
    parties: Sequence[str] = ()
    sectors: Sequence[str] = ()
    password: bool = True
    provider: str = ""
    certificates: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Handed:
    """What is to be handed over, once: "" where there is nothing of it."""

    name: str
    password: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Keeping:
    """Changes accounts for administrators. ``heard`` is told event, actor and a detail.

    Every method raises LoginRefused with the name of what stands against it. An instant is in
    nanoseconds.
    """

    store: AccountStore
    passwords: Passwords
    heard: Callable[[str, str, str], None]

    def add(self, wanted: Wanted, by: str, reason: str, now: Instant) -> Handed:
        """Add an account; give what its owner needs to come in."""
        why = _reason(reason)
        for problem in account_problems(wanted):
            raise LoginRefused(problem)
        handed = Handed(wanted.name)
        if wanted.password:
            handed = Handed(wanted.name, secrets.token_urlsafe(15), recovery_codes()[0])
        made = Account(
            name=wanted.name,
            roles=tuple(dict.fromkeys(wanted.roles)),
            parties=tuple(wanted.parties),
            sectors=tuple(wanted.sectors),
            password=self.passwords.made(handed.password) if handed.password else "",
            recovery=(digest(handed.code),) if handed.code else (),
            provider=wanted.provider,
            certificates=tuple(wanted.certificates),
            since=now,
        )
        if not self.store.keep(None, made):
            raise LoginRefused("taken")
        self._tell(ADDED, by, f"{made.name} ({', '.join(made.roles)})", why)
        return handed

    def disable(self, name: str, by: str, reason: str, now: Instant) -> None:
        """Let an account in no more; its sessions and tokens end."""
        why, account = _reason(reason), self._known(name)
        if name == _who(by):
            raise LoginRefused("own account")
        if self._last_administrator(account):
            raise LoginRefused("last administrator")
        self._keep(account, replace(account, disabled=True, since=now))
        self._tell(DISABLED, by, name, why)

    def enable(self, name: str, by: str, reason: str) -> None:
        """Let a disabled account in again."""
        why, account = _reason(reason), self._known(name)
        self._keep(account, replace(account, disabled=False))
        self._tell(ENABLED, by, name, why)

    def reset(
        self, name: str, by: str, reason: str, now: Instant, *, password: bool = False
    ) -> Handed:
        """Have a second factor enrolled anew behind an entry code; sessions and tokens end.

        With ``password`` a first password is made as well.
        """
        why, account = _reason(reason), self._known(name)
        if name == _who(by):
            raise LoginRefused("own account")
        if password and not account.password:
            raise LoginRefused("no password")
        first = secrets.token_urlsafe(15) if password else ""
        code = recovery_codes()[0]
        after = replace(
            account,
            one_time="",
            last_step=0,
            recovery=(digest(code),),
            password=self.passwords.made(first) if first else account.password,
            since=now,
        )
        self._keep(account, after)
        what = "second factor and password" if first else "second factor"
        self._tell(RESET, by, f"{name} ({what})", why)
        return Handed(name, first, code)

    def _keep(self, before: Account, after: Account) -> None:
        if not self.store.keep(before, after):
            raise LoginRefused("changed meanwhile")
        if after.since != before.since:
            for session in self.store.sessions(after.name):
                self.store.drop_session(session.family)

    def _known(self, name: str) -> Account:
        account = self.store.account(name)
        if account is None:
            raise LoginRefused("no account")
        return account

    def _last_administrator(self, account: Account) -> bool:
        able = [
            one.name
            for one in self.store.accounts()
            if Role.ADMINISTRATOR in one.roles and not one.disabled
        ]
        return able == [account.name]

    def _tell(self, event: str, by: str, what: str, why: str) -> None:
        self.heard(event, by, f"{what}: {why}")


def account_problems(wanted: Wanted) -> Iterator[str]:
    """Give what stands against an account, by name."""
    if not NAME.fullmatch(wanted.name):
        yield "bad name"
    if not wanted.roles or set(wanted.roles) - set(Role):
        yield "no role"
    if Role.OWNER in wanted.roles and not wanted.parties:
        yield "owner without party"
    if not (wanted.password or wanted.provider or wanted.certificates):
        yield "no way in"
    named = (*wanted.parties, *wanted.sectors, *wanted.certificates, wanted.provider)
    short = all(len(one) <= LONGEST and one.isprintable() for one in named)
    if len(named) > MOST_NAMED or not short:
        yield "too much"


def _reason(text: str) -> str:
    why = " ".join(text.split())[:LONGEST]
    if len(why) < SHORTEST or not why.isprintable():
        raise LoginRefused("no reason")
    return why


def _who(actor: str) -> str:
    return actor.partition("/")[2]
