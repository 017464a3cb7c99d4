"""An entrance over accounts in memory, with a clock that tests set."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pyotp
import pytest
from argon2 import PasswordHasher

from connectors.accounts.sqlite import MEMORY, SqliteAccounts
from pipeline.model import NANOSECONDS, Instant
from pipeline.ports.accounts import Account
from pipeline.web.login.entrance import Entrance
from pipeline.web.login.passwords import Passwords
from pipeline.web.login.sealing import Sealing

NOW = 1_780_000_000 * NANOSECONDS
PASSWORD = "correct horse battery"
# The weakest that argon2 allows: what is tested is who comes in, not how long it takes.
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class House:
    """An entrance, its clock, and what it told."""

    entrance: Entrance
    now: Instant = NOW
    heard: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, name: str = "a.serik", *roles: str, password: str = PASSWORD) -> Account:
        """Add an account with a password."""
        made = Account(name, roles or ("analyst",), password=self.entrance.passwords.made(password))
        assert self.entrance.store.keep(None, made)
        return made

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.now += int(seconds * NANOSECONDS)

    def code(self, key: str, steps: int = 0) -> str:
        """Give the code that an authenticator shows now, or some steps away."""
        return pyotp.TOTP(key.replace(" ", "")).at(self.now // NANOSECONDS + 30 * steps)


@pytest.fixture
def house() -> Iterator[House]:
    """Give an entrance without accounts."""
    store = SqliteAccounts(MEMORY)
    heard: list[tuple[str, str, str]] = []
    entrance = Entrance(
        store, Sealing(bytes(range(32))), Passwords(QUICK), heard=lambda *told: heard.append(told)
    )
    yield House(entrance, heard=heard)
    store.close()
