"""Build the entrance of console and API from the settings; its keys and its file."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import structlog

from connectors.accounts.sqlite import SqliteAccounts
from connectors.identity.openid_connect import OpenIdProvider
from pipeline.access import Role
from pipeline.errors import ConfigurationError, Problem
from pipeline.ports.identity import IdentityProvider
from pipeline.settings import LoginSettings, Settings
from pipeline.web.login import Entrance, Terms
from pipeline.web.login.limits import MINUTE
from pipeline.web.login.passwords import Passwords
from pipeline.web.login.sealing import Sealing, new_key, read_key

log = structlog.get_logger("saqshy.login")
BACK = "/login/back"  # where a provider sends browsers
WITHOUT = Problem("login", 0, "is not set", "add it; see the section Logins of deploy/README.md")


def login_settings(settings: Settings) -> LoginSettings:
    """Give the settings of logins; ConfigurationError where there are none, or wrong ones."""
    of = settings.login
    if of is None:
        raise ConfigurationError([WITHOUT])
    roles = of.openid.roles if of.openid else {}
    wrong = sorted(set(roles.values()) - set(Role))
    if wrong:
        known = ", ".join(Role)
        problem = Problem(
            "login.openid.roles", 0, f"{', '.join(wrong)}: no role", f"one of {known}"
        )
        raise ConfigurationError([problem])
    return of


def make_key(path: Path) -> None:
    """Write a new key that its owner alone may read; FileExistsError where there is one."""
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(new_key())
        file.flush()
        os.fsync(file.fileno())


def sealing(of: LoginSettings) -> Sealing:
    """Read the deployment's key; ConfigurationError where it is missing, or open to others."""
    way_out = "make one by: saqshy accounts init"
    try:
        if of.key.stat().st_mode & 0o077:
            problem = Problem(str(of.key), 0, "others may read the login key", "chmod 600 it")
            raise ConfigurationError([problem])
        return read_key(of.key.read_text(encoding="ascii"), str(of.key))
    except (OSError, UnicodeDecodeError) as error:
        problem = Problem(str(of.key), 0, f"cannot be read: {error}", way_out)
        raise ConfigurationError([problem]) from error


def logged(event: str, actor: str, detail: str) -> None:
    """Write an event of the entrance into the log of a serving process."""
    log.info("login", what=event, actor=actor, detail=detail)


def entrance(of: LoginSettings, heard: Callable[[str, str, str], None] | None = None) -> Entrance:
    """Open the accounts; ``heard`` is told of each event."""
    terms = Terms(
        idle=of.idle_minutes * MINUTE,
        longest=of.longest_hours * 60 * MINUTE,
        rotate=of.rotate_minutes * MINUTE,
        always_two=of.multi_factor == "always",
    )
    door = Entrance(SqliteAccounts(of.accounts), sealing(of), Passwords(), terms)
    return door if heard is None else replace(door, heard=heard)


def provider(of: LoginSettings) -> IdentityProvider | None:
    """Give the provider of the settings; None without one."""
    if of.openid is None:
        return None
    secret, path = "", of.openid.client_secret
    if path is not None:
        try:
            secret = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            problem = Problem("login.openid.client_secret", 0, f"{path} cannot be read: {error}")
            raise ConfigurationError([problem]) from error
    return OpenIdProvider(of.openid, of.origin + BACK, secret, time.monotonic)
