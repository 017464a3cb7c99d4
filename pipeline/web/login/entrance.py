"""Decides who comes in: passwords and codes, providers, tokens, certificates; and for how long.

Whoever is refused learns nothing: not whether there is such an account, nor what was wrong. An
instant is an argument throughout, in nanoseconds.
"""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pipeline.access import Factor, Role, Viewer
from pipeline.errors import LoginRefused
from pipeline.model import NANOSECONDS, Instant
from pipeline.ports.accounts import Account, AccountStore, Session, Token
from pipeline.ports.identity import Vouched
from pipeline.web.login.limits import MINUTE, Limits
from pipeline.web.login.one_time import Enrolment, enrolment, recovery_codes, step_of, without
from pipeline.web.login.passwords import Passwords
from pipeline.web.login.sealing import Sealing, digest, fresh

ENROL, ONE_TIME = "enrol", "one_time"
BREAK_GLASS = "break_glass"  # the events that the audit trail is told of
END_GLASS = "end_glass"
ENDED_EARLY = "ended before its time"
GRACE = 30 * NANOSECONDS  # for requests that were under way when a cookie was changed
TOUCH = 30 * NANOSECONDS  # a session's last use is written no more often
GLASS = 30 * MINUTE
GLASS_ROLES = (Role.ADMINISTRATOR, Role.DUTY_LEAD)
TOKEN_PREFIX = "sqs"  # noqa: S105 (what a token begins with, so that scanners find lost ones)


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a session may rest and last, when its cookie changes, and who needs two factors."""

    idle: int = 30 * MINUTE
    longest: int = 12 * 60 * MINUTE
    rotate: int = 15 * MINUTE
    always_two: bool = True
    issuer: str = "Saqshy"


@dataclass(frozen=True, slots=True)
class Opened:
    """A session, and the cookie to set; "" where the browser has it."""

    session: Session
    cookie: str = ""


def _unheard(_event: str, _actor: str, _detail: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """Who comes in. ``heard`` is told of each event, its actor and a detail without secrets."""

    store: AccountStore
    sealing: Sealing
    passwords: Passwords
    terms: Terms = Terms()
    heard: Callable[[str, str, str], None] = _unheard

    def log_in(self, name: str, password: str, address: str, now: Instant) -> Opened | None:
        """Open a session for a name and its password; None where they do not open one."""
        name, limits = name.strip().casefold()[:100], Limits(self.store)
        if limits.hold(name, address, now):
            self.heard("login_held", name, address)
            return None
        account = self.store.account(name)
        right = self.passwords.fits(account.password if account else "", password)
        if account is None or account.disabled or not right:
            limits.failed(name, address, now)
            self.heard("login_failed", name, address)
            return None
        if self.passwords.outdated(account.password):
            renewed = replace(account, password=self.passwords.made(password))
            account = renewed if self.store.keep(account, renewed) else account
        asked = ONE_TIME if account.one_time or account.recovery else ""
        step = asked or (ENROL if self.terms.always_two else "")
        return self._opened(account, (Factor.PASSWORD,), address, now, step=step)

    def second(self, session: Session, code: str, now: Instant) -> Opened | None:
        """Take the second factor of a session, a code or a recovery code; None where it is none.

        Before a factor is enrolled it is the entry code, behind which one is.
        """
        account = self._account(session, now)
        limits = Limits(self.store)
        if account is None or session.step != ONE_TIME:
            return None
        if limits.hold(account.name, session.address, now):
            self.heard("login_held", account.name, session.address)
            return None
        after = self._spent(account, code, now)
        if after is None or not self.store.keep(account, after):
            limits.failed(account.name, session.address, now)
            self.heard("login_failed", account.name, session.address)
            return None
        if not account.one_time:
            return self._rotated(replace(session, step=ENROL), now, "")
        return self._proved(session, now)

    def enrolment(self, session: Session, sealed: str = "") -> tuple[Enrolment, str]:
        """Give a key for codes to enrol, and the same sealed, as the form brings it back."""
        key = self.sealing.unseal(sealed, session.account) if sealed else ""
        made = enrolment(session.account, self.terms.issuer, key)
        return made, sealed or self.sealing.seal(made.key, session.account)

    def enrol(
        self, session: Session, sealed: str, code: str, now: Instant
    ) -> tuple[Opened, Sequence[str]] | None:
        """Take a key into use that its owner has shown a code of; give the recovery codes, once."""
        account = self._account(session, now)
        if account is None or session.step != ENROL or account.one_time:
            return None
        step = step_of(self.sealing.unseal(sealed, account.name), code, now, 0)
        if step is None:
            return None
        codes = recovery_codes()
        kept = tuple(digest(one) for one in codes)
        after = replace(account, one_time=sealed, last_step=step, recovery=kept)
        if not self.store.keep(account, after):
            return None
        self.heard("enrolled", account.name, session.address)
        return self._proved(session, now), codes

    def vouched(self, by: Vouched, address: str, now: Instant) -> Opened:
        """Open a session for whom a provider vouches; LoginRefused where nobody may so come in."""
        account = self.store.vouched(by.provider)
        if account is None and by.roles:
            taken = self.store.account(by.name) is not None
            name = f"{by.name}-{digest(by.provider)[:8]}" if taken else by.name
            account = Account(name, by.roles, by.parties, provider=by.provider)
            if not self.store.keep(None, account):
                raise LoginRefused("two logins made one account at once; log in again")
        elif account is not None and by.roles and account.roles != by.roles:
            after = replace(account, roles=by.roles, parties=by.parties or account.parties)
            account = after if self.store.keep(account, after) else account
        if account is None or account.disabled:
            self.heard("login_failed", by.name, address)
            raise LoginRefused(f"{by.provider} has no account, or it is disabled")
        step = ONE_TIME if account.one_time or account.recovery else ENROL
        whole = by.multi_factor or not self.terms.always_two
        opened = self._opened(account, (Factor.PROVIDER,), address, now, step="" if whole else step)
        if not by.multi_factor:
            return opened
        session = replace(opened.session, multi_factor=True)
        self.store.put_session(session)
        return replace(opened, session=session)

    def seen(self, cookie: str, now: Instant) -> Opened | None:
        """Give the session of a cookie, its use noted and the cookie changed where that is due."""
        key = digest(cookie)
        session = self.store.session(key)
        if session is None or not self._lasts(session, now):
            return None
        if not hmac.compare_digest(session.key, key):
            return Opened(session) if now - session.rotated_at <= GRACE else None
        if now - session.rotated_at >= self.terms.rotate:
            return self._rotated(replace(session, seen_at=now), now)
        if now - session.seen_at >= TOUCH:
            session = replace(session, seen_at=now)
            self.store.put_session(session)
        return Opened(session)

    def viewer(self, session: Session, now: Instant) -> Viewer | None:
        """Give who a session is; None while a factor is still asked for."""
        account = self._account(session, now)
        if account is None or session.step:
            return None
        return replace(
            _viewer(account, session.role, frozenset(Factor(one) for one in session.factors)),
            multi_factor=session.multi_factor,
            session=session.family,
            broke_glass=session.glass_until if session.glass_until > now else 0,
            glass_reason=session.glass_reason if session.glass_until > now else "",
        )

    def by_token(self, shown: str, now: Instant) -> Viewer | None:
        """Give whose token this is; None where it is nobody's, revoked, or has ended."""
        prefix, _, rest = shown.partition("_")
        token_id, _, secret = rest.partition("_")
        token = self.store.token(token_id) if prefix == TOKEN_PREFIX else None
        if token is None or not hmac.compare_digest(token.key, digest(secret)):
            return None
        account = self.store.account(token.account)
        ended = token.revoked or not token.made_at <= now < token.ends_at
        if account is None or account.disabled or ended or token.made_at < account.since:
            return None
        if token.role not in account.roles:
            return None
        viewer = _viewer(account, token.role, frozenset({Factor.TOKEN}))
        return replace(viewer, scopes=frozenset(token.scopes), session=f"token:{token.id}")

    def by_certificate(self, names: Sequence[str]) -> Viewer | None:
        """Give whose verified client certificate this is, by any of its names."""
        account = self.store.certified(names)
        if account is None or account.disabled or len(account.roles) != 1:
            return None
        viewer = _viewer(account, account.roles[0], frozenset({Factor.CERTIFICATE}))
        return replace(viewer, session=f"certificate:{account.name}")

    def choose(self, session: Session, role: str, now: Instant) -> Opened | None:
        """Act in another of the account's roles; the cookie changes. None where it has it not."""
        account = self._account(session, now)
        if account is None or session.step or role not in account.roles:
            return None
        self.heard("role_chosen", f"{role}/{account.name}", session.address)
        return self._rotated(replace(session, role=role, glass_until=0, glass_reason=""), now)

    def break_glass(self, session: Session, reason: str, now: Instant) -> Opened | None:
        """Let a role see for half an hour what it does not; None where it may not, or says not why.

        Only who has shown two factors.
        """
        reason = " ".join(reason.split())[:200]
        account = self._account(session, now)
        able = session.role in GLASS_ROLES and session.multi_factor and not session.step
        if account is None or not able or len(reason) < 10 or not reason.isprintable():
            return None
        self.heard(BREAK_GLASS, f"{session.role}/{account.name}", reason)
        return self._rotated(replace(session, glass_until=now + GLASS, glass_reason=reason), now)

    def end_glass(self, session: Session, now: Instant) -> Opened | None:
        """Let a role see no more than its own again; None where nothing is broken."""
        account = self._account(session, now)
        if account is None or session.step or session.glass_until <= now:
            return None
        self.heard(END_GLASS, f"{session.role}/{account.name}", ENDED_EARLY)
        return self._rotated(replace(session, glass_until=0, glass_reason=""), now)

    def change_password(self, session: Session, old: str, new: str, now: Instant) -> Opened | None:
        """Change a password by its owner; every other session and token ends. None: not the old."""
        account = self._account(session, now)
        if account is None or session.step or not self.passwords.fits(account.password, old):
            return None
        if not self.store.keep(
            account, replace(account, password=self.passwords.made(new), since=now)
        ):
            return None
        for one in self.store.sessions(account.name):
            if one.family != session.family:
                self.store.drop_session(one.family)
        self.heard("password_changed", account.name, session.address)
        return self._rotated(replace(session, began_at=now), now)

    def log_out(self, session: Session) -> None:
        """End a session."""
        self.store.drop_session(session.family)
        self.heard("logout", session.account, session.address)

    def new_token(self, token: Token, secret: str) -> str:
        """Keep a token and give what its machine shows, once."""
        self.store.put_token(token)
        self.heard("token_made", f"{token.role}/{token.account}", token.id)
        return f"{TOKEN_PREFIX}_{token.id}_{secret}"

    def _opened(
        self, account: Account, factors: tuple[str, ...], address: str, now: Instant, *, step: str
    ) -> Opened:
        self.store.sweep(now, now - self.terms.longest)
        cookie = fresh()
        session = Session(
            digest(cookie), fresh(), account.name, account.roles[0], now, now, now,
            address=address, step=step, factors=factors,
        )  # fmt: skip
        self.store.put_session(session)
        if not step:
            self.heard("login", f"{session.role}/{account.name}", address)
        return Opened(session, cookie)

    def _proved(self, session: Session, now: Instant) -> Opened:
        """Give the session of somebody who showed two factors, under another cookie."""
        self.heard("login", f"{session.role}/{session.account}", session.address)
        factors = (*session.factors, Factor.ONE_TIME)
        return self._rotated(replace(session, step="", factors=factors, multi_factor=True), now, "")

    def _rotated(self, session: Session, now: Instant, before: str | None = None) -> Opened:
        cookie = fresh()
        former = session.key if before is None else before
        after = replace(session, key=digest(cookie), before=former, rotated_at=now)
        self.store.put_session(after)
        return Opened(after, cookie)

    def _spent(self, account: Account, code: str, now: Instant) -> Account | None:
        """Give the account behind the use of a code; None where the code is none."""
        if account.one_time:
            key = self.sealing.unseal(account.one_time, account.name)
            step = step_of(key, code, now, account.last_step)
            if step is not None:
                return replace(account, last_step=step)
        left = without(account.recovery, code)
        return None if left is None else replace(account, recovery=left)

    def _lasts(self, session: Session, now: Instant) -> bool:
        resting = now - session.seen_at
        return resting < self.terms.idle and now - session.began_at < self.terms.longest

    def _account(self, session: Session, now: Instant) -> Account | None:
        """Give the account of a session that is still good for it."""
        account = self.store.account(session.account)
        if account is None or account.disabled or session.began_at < account.since:
            return None
        return account if session.role in account.roles and self._lasts(session, now) else None


def _viewer(account: Account, role: str, factors: frozenset[Factor]) -> Viewer:
    return Viewer(
        subject=account.name,
        role=Role(role),
        parties=frozenset(account.parties),
        sectors=frozenset(account.sectors),
        factors=factors,
        language=account.language,
    )
