"""`saqshy accounts …`: who may log in to the console and the API, in which roles."""

import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated

import typer

from pipeline.access import Role, load_policy
from pipeline.access.token_scopes import scope_problems
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import Json, rfc3339
from pipeline.ports.accounts import Account, Token
from pipeline.runtime.cli.options import AsJson, Config
from pipeline.runtime.cli.output import FOUND, emit, say, show_table, stop, told_errors
from pipeline.runtime.configuration import bundled, read_settings
from pipeline.runtime.login_wiring import entrance, login_settings, make_key
from pipeline.web.login.entrance import Entrance
from pipeline.web.login.keeping import NAME
from pipeline.web.login.one_time import recovery_codes
from pipeline.web.login.passwords import password_problems
from pipeline.web.login.sealing import digest, fresh

DAY = 86_400 * 10**9
accounts = typer.Typer(help="Who may log in to the console and the API.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Lower case letters, digits, dots, dashes.")]
Roles = Annotated[list[str], typer.Option("--role", help=f"One of {', '.join(Role)}; repeatable.")]
Parties = Annotated[
    list[str] | None, typer.Option("--party", help="A party of the registry it speaks for.")
]
Sectors = Annotated[list[str] | None, typer.Option("--sector", help="A sector of its mandate.")]
Subject = Annotated[str, typer.Option("--subject", help="ISSUER|SUBJECT of an OpenID provider.")]
Certificates = Annotated[
    list[str] | None,
    typer.Option("--certificate", help="DNS name or sha256:… of a machine's client certificate."),
]
Password = Annotated[
    bool, typer.Option("--password", help="Read a first password from standard input.")
]


@accounts.command("init")
def init_accounts(config: Config = None) -> None:
    """Make the key of this deployment and an empty file of accounts.

    Example: saqshy accounts init
    """
    with told_errors():
        of = login_settings(read_settings(config))
        if of.key.exists():
            stop(FOUND, f"{of.key} is there already: a new one would lock out every second factor")
        make_key(of.key)
        entrance(of).store.close()
        say(f"wrote {of.key} (keep a copy offline) and {of.accounts}")


@accounts.command("add")
def add_account(
    name: Name,
    role: Roles,
    party: Parties = None,
    sector: Sectors = None,
    subject: Subject = "",
    certificate: Certificates = None,
    password: Password = False,
    config: Config = None,
) -> None:
    """Add an account; its second factor is enrolled at the first login.

    Example: saqshy accounts add a.serik --role analyst --password
    """
    with told_errors(), _opened(config) as door:
        first = _typed(name) if password else ""
        problems = list(_problems(name, role, party or [], first if password else None))
        if not (password or subject or certificate):
            problems.append("nothing to log in with: --password, --subject or --certificate")
        if problems:
            raise ConfigurationError([Problem("accounts add", 0, one) for one in problems])
        made = Account(
            name=name,
            roles=tuple(dict.fromkeys(role)),
            parties=tuple(party or ()),
            sectors=tuple(sector or ()),
            password=door.passwords.made(first) if password else "",
            provider=subject,
            certificates=tuple(certificate or ()),
            since=time.time_ns(),
        )
        if not door.store.keep(None, made):
            stop(FOUND, f"there is an account {name} already")
        say(f"added {name}")


@accounts.command("list")
def list_accounts(config: Config = None, json: AsJson = False) -> None:
    """List accounts with their roles and what they log in with.

    Example: saqshy accounts list --json
    """
    with told_errors(), _opened(config) as door:
        rows = [_row(one) for one in door.store.accounts()]
        if json:
            for row in rows:
                emit(row)
            return
        shown = [
            [", ".join(v) if isinstance(v, list) else str(v) for v in r.values()] for r in rows
        ]
        show_table("accounts", tuple(rows[0]) if rows else ("name",), [tuple(r) for r in shown])


@accounts.command("disable")
def disable_account(name: Name, config: Config = None) -> None:
    """Let an account in no more; its sessions and tokens end at once.

    Example: saqshy accounts disable a.serik
    """
    _changed(config, name, lambda _door, one: replace(one, disabled=True, since=time.time_ns()))


@accounts.command("enable")
def enable_account(name: Name, config: Config = None) -> None:
    """Let a disabled account in again.

    Example: saqshy accounts enable a.serik
    """
    _changed(config, name, lambda _door, one: replace(one, disabled=False))


@accounts.command("reset")
def reset_account(
    name: Name,
    second_factor: Annotated[
        bool, typer.Option("--second-factor", help="Have it enrolled anew at the next login.")
    ] = False,
    password: Password = False,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Set a new first password, or let a lost second factor be enrolled anew; sessions end.

    A second factor is enrolled behind an entry code, which is printed once: hand it over in person,
    apart from the password. Whoever has the password alone enrols nothing.
    Example: saqshy accounts reset a.serik --second-factor
    """
    with told_errors():
        if not (second_factor or password):
            raise ConfigurationError([Problem("accounts reset", 0, "nothing is to be reset")])

    code = recovery_codes()[0] if second_factor else ""

    def reset(door: Entrance, one: Account) -> Account:
        after = replace(one, since=time.time_ns())
        if code:
            after = replace(after, one_time="", recovery=(digest(code),), last_step=0)
        if password:
            first = _typed(name)
            problems = list(password_problems(first, name))
            if problems:
                raise ConfigurationError([Problem("password", 0, one) for one in problems])
            after = replace(after, password=door.passwords.made(first))
        return after

    _changed(config, name, reset)
    if json:
        emit({"name": name, "entry_code": code or None})
    elif code:
        typer.echo(code)
        say("the entry code of the next login; it is shown only now")


@accounts.command("token")
def make_token(
    name: Name,
    scope: Annotated[
        list[str],
        typer.Option(
            "--scope", help="read:incidents, read:*, act:incident_acknowledge; repeatable."
        ),
    ],
    days: Annotated[int, typer.Option("--days", min=1, help="Until it ends.")] = 30,
    role: Annotated[str, typer.Option("--role", help="Default: the account's first.")] = "",
    config: Config = None,
) -> None:
    """Make a token for a machine and print it, once.

    Example: saqshy accounts token siem-bridge --scope read:incidents --days 30
    """
    with told_errors(), _opened(config) as door:
        settings = read_settings(config)
        of = login_settings(settings)
        account = _known(door, name)
        role = role or account.roles[0]
        policy = load_policy(settings.serving.policy or bundled("access") / "policy.yml")
        problems = list(scope_problems(policy, scope))
        if role not in account.roles:
            problems.append((f"{name} has no role {role}", ""))
        if days > of.token_days:
            problems.append((f"a token lasts {of.token_days} days at most (login.token_days)", ""))
        if problems:
            raise ConfigurationError([Problem("accounts token", 0, *one) for one in problems])
        now, secret = time.time_ns(), fresh()
        token_id = secrets.token_hex(6)
        made = Token(token_id, digest(secret), name, role, tuple(scope), now, now + days * DAY)
        typer.echo(door.new_token(made, secret))
        say(f"token {token_id} ends {rfc3339(made.ends_at)}; it is shown only now")


@accounts.command("tokens")
def list_tokens(name: Name, config: Config = None, json: AsJson = False) -> None:
    """List an account's tokens: scopes, when they end; never the secrets.

    Example: saqshy accounts tokens siem-bridge
    """
    with told_errors(), _opened(config) as door:
        rows: list[Json] = [
            {
                "id": one.id,
                "role": one.role,
                "scopes": list(one.scopes),
                "ends": rfc3339(one.ends_at),
                "revoked": one.revoked,
            }
            for one in door.store.tokens(name)
        ]
        if json:
            for row in rows:
                emit(row)
            return
        shown = [tuple(str(value) for value in row.values()) for row in rows]
        show_table(f"tokens of {name}", ("id", "role", "scopes", "ends", "revoked"), shown)


@accounts.command("revoke")
def revoke_token(
    token: Annotated[str, typer.Argument(help="The token's id, as `tokens` lists it.")],
    config: Config = None,
) -> None:
    """Revoke a token.

    Example: saqshy accounts revoke 5f0c2a9d11e4
    """
    with told_errors(), _opened(config) as door:
        known = door.store.token(token)
        if known is None:
            stop(FOUND, f"there is no token {token}")
        door.store.put_token(replace(known, revoked=True))
        say(f"revoked {token}")


@contextmanager
def _opened(config: Config) -> Iterator[Entrance]:
    door = entrance(login_settings(read_settings(config)))
    try:
        yield door
    finally:
        door.store.close()


def _changed(config: Config, name: str, change: Callable[[Entrance, Account], Account]) -> None:
    with told_errors(), _opened(config) as door:
        before = _known(door, name)
        after = change(door, before)
        if not door.store.keep(before, after):
            stop(FOUND, f"{name} was changed by somebody else meanwhile: look again")
        if after.since != before.since:
            for session in door.store.sessions(name):
                door.store.drop_session(session.family)
        say(f"changed {name}")


def _known(door: Entrance, name: str) -> Account:
    account = door.store.account(name)
    if account is None:
        stop(FOUND, f"there is no account {name}")
    return account


def _problems(
    name: str, roles: list[str], parties: list[str], password: str | None
) -> Iterator[str]:
    if not NAME.fullmatch(name):
        yield f"{name!r} is no name: 2 to 64 lower case letters, digits, dots and dashes"
    for one in sorted(set(roles) - set(Role)):
        yield f"{one!r} is no role: one of {', '.join(Role)}"
    if Role.OWNER in roles and not parties:
        yield "an owner speaks for a party of the registry: add --party"
    if password is not None:
        yield from password_problems(password, name)


def _typed(name: str) -> str:
    if sys.stdin.isatty():
        asked: str = typer.prompt(f"password of {name}", hide_input=True, confirmation_prompt=True)
        return asked
    return sys.stdin.readline().rstrip("\r\n")


def _row(one: Account) -> Json:
    return {
        "name": one.name,
        "roles": list(one.roles),
        "parties": list(one.parties),
        "logs in with": list(one.ways),
        "disabled": one.disabled,
    }
