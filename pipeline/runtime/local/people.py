"""Accounts for whoever looks at a cluster on this machine: one of each kind of reader."""

import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.access import Role
from pipeline.ports.accounts import Account
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.login_wiring import entrance, login_settings, make_key

PASSWORDS = "passwords.txt"
PEOPLE: Mapping[str, tuple[tuple[Role, ...], tuple[str, ...]]] = {
    "duty": ((Role.DUTY_LEAD, Role.ANALYST), ()),
    "holder": ((Role.OWNER,), ("dala-bank",)),
    "keeper": ((Role.ADMINISTRATOR,), ()),
}


@dataclass(frozen=True, slots=True)
class People:
    """Who may log in: names with their first passwords, and the file that has them."""

    passwords: Mapping[str, str]
    file: Path


def make_people(config: Path, folder: Path) -> People:
    """Make key and accounts of the settings' login; each enrolls a second factor at first."""
    login = login_settings(read_settings(config))
    make_key(login.key)
    door = entrance(login)
    passwords = {name: secrets.token_urlsafe(15) for name in PEOPLE}
    try:
        for name, (roles, parties) in PEOPLE.items():
            kept = door.passwords.made(passwords[name])
            made = Account(name, tuple(roles), parties, password=kept, since=time.time_ns())
            door.store.keep(None, made)
    finally:
        door.store.close()
    path = folder / PASSWORDS
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.writelines(f"{name} {word}\n" for name, word in passwords.items())
    return People(passwords, path)
