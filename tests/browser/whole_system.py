"""A running system and its console as processes of their own, with accounts made by commands."""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
from playwright.sync_api import Browser, BrowserContext, Page, expect
from typer.testing import CliRunner

from pipeline.access import Role
from pipeline.runtime.cli.accounts import accounts
from pipeline.runtime.configuration import bundled
from pipeline.web.console.words import Words, console_texts
from tests.integration.running import (
    COMMAND,
    PATIENCE,
    batches,
    reading,
    running,
    titles,
    within,
    write_settings,
)

PASSWORD = "correct horse battery staple"
OBJECT, OWNER = "kz-bank", "dala-bank"
MORE: Mapping[Role, tuple[str, ...]] = {
    Role.OWNER: ("--party", OWNER),
    Role.REGULATOR: ("--sector", "banking"),
    Role.SECTORAL_CENTRE: ("--sector", "banking"),
}
"""What accounts of a role must say beside it."""


@dataclass
class Whole:
    """The console's address, the folder of the system behind it, and the browser at it.

    ``incident`` is the id of the attacked object's.
    """

    address: str
    folder: Path
    browser: Browser
    incident: str
    _keys: dict[Role, str] = field(default_factory=dict)
    _used: dict[Role, str] = field(default_factory=dict)

    def state(self) -> str:
        """Give the state in which the incident is now."""
        with reading(self.folder) as stores:
            (found,) = [one for one in stores.incidents.latest() if one.id == self.incident]
        return found.state.value

    def reported(self, words: str) -> bool:
        """Tell whether a report with these words became an event of the attacked object."""
        found = [one for one in batches(self.folder) if one.object_id == OBJECT]
        return any(words.encode() in record for one in found for record in one.records)

    def read_by(self, role: Role) -> bool:
        """Tell whether the audit trail holds what somebody of a role has read."""
        with reading(self.folder) as stores:
            return any(
                one.kind == "read" and name_of(role) in one.actor for one in stores.audit.read()
            )

    @contextmanager
    def entered(self, role: Role, language: str = "en", **more: Any) -> Iterator[Page]:
        """Log in as somebody of a role: name and password, then the second factor."""
        with self.browser.new_context(base_url=self.address, locale=language, **more) as context:
            page = context.new_page()
            page.goto(f"/login?lang={language}")
            page.locator("#name").fill(name_of(role))
            page.locator("#password").fill(PASSWORD)
            page.locator("main button").click()
            self._second(page, role)
            self._language(context, language)
            page.goto("/")
            if page.locator("#f-ground").count():
                self._ground(page)
            yield page

    def _second(self, page: Page, role: Role) -> None:
        if role not in self._keys:
            self._keys[role] = page.locator("main code").inner_text().replace(" ", "")
        totp = pyotp.TOTP(self._keys[role])
        # A code is good once, and one of a minute ago is not: whoever comes again waits for his.
        assert within(lambda: totp.now() != self._used.get(role), 40)
        self._used[role] = totp.now()
        page.locator("#code").fill(self._used[role])
        page.locator("main button").click()
        expect(page.locator("#code")).to_have_count(0)

    def _language(self, context: BrowserContext, language: str) -> None:
        context.add_cookies([{"name": "saqshy_language", "value": language, "url": self.address}])

    def _ground(self, page: Page) -> None:
        page.locator("#f-ground").fill("order of inspection 17 of 2026-11-20")
        page.locator("main button").first.click()


def name_of(role: Role) -> str:
    """Give the name of the account of a role."""
    return f"w.{role.value.replace('_', '-')}"


def _attack() -> bytes:
    """Give failed logons on many accounts from one address, and one that succeeds, of just now."""
    begin = datetime.now(UTC) - timedelta(seconds=120)

    def line(second: int, text: str) -> str:
        at = (begin + timedelta(seconds=second)).isoformat(timespec="milliseconds")
        return f"<86>1 {at} bank-gw01 sshd 9 - - {text} from 203.0.113.45 port {4000 + second} ssh2"

    failed = [line(n, f"Failed password for invalid user u{n}") for n in range(30)]
    return "\n".join([*failed, line(60, "Accepted password for s.tulegen"), ""]).encode()


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _accounts(config: Path, *words: str) -> None:
    """Run a command of accounts to its end."""
    done = CliRunner().invoke(accounts, [*words, "--config", str(config)], input=f"{PASSWORD}\n")
    assert done.exit_code == 0, done.output


def _incident(folder: Path) -> str:
    with reading(folder) as stores:
        (found,) = {one.id for one in stores.incidents.latest() if one.object_id == OBJECT}
    return found


@contextmanager
def _console(config: Path) -> Iterator[None]:
    process = subprocess.Popen(
        [*COMMAND, "web", "--json", "--config", str(config)],
        stdout=subprocess.PIPE, text=True, env={**os.environ},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert "console" in json.loads(process.stdout.readline())
        yield
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)
        if process.stdout:
            process.stdout.close()


@contextmanager
def whole_system(folder: Path, browser: Browser) -> Iterator[Whole]:
    """Start a system and a console, attack one object, and wait for its incident."""
    shutil.copytree(bundled("objects"), folder / "objects")
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    config = write_settings(
        folder,
        [{"name": "wire", "kind": "syslog_tcp", "port": 0}],
        registry=["objects"],
        login={"accounts": "accounts.db", "key": "login.key", "origin": address},
        serving={"port": port, "metrics_port": None},
    )
    _accounts(config, "init")
    for role in Role:
        more = MORE.get(role, ())
        _accounts(config, "add", name_of(role), "--role", role.value, *more, "--password")
    with running(config) as system:
        with socket.create_connection(("127.0.0.1", system.port("wire")), timeout=10) as wire:
            wire.sendall(_attack())
        assert within(lambda: bool(titles(folder)))
        with _console(config):
            yield Whole(address, folder, browser, _incident(folder))


def say(language: str) -> Words:
    """Give the words of the console in a language."""
    return Words(console_texts(), language)
