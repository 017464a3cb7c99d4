"""A login through a real Keycloak: the whole way of a browser, there and back."""

import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from connectors.accounts.sqlite import MEMORY, SqliteAccounts
from connectors.identity.openid_connect import OpenIdProvider
from pipeline.settings import OpenIdSettings
from pipeline.web.login import Door, Entrance, Gate, Pages, Sealing, login_routes
from pipeline.web.login.passwords import Passwords

ROOT = Path(__file__).parents[2]
FETCH = ROOT / "deploy" / "dev" / "services" / "keycloak" / "fetch.sh"
FOLDER = Path(os.environ.get("SAQSHY_SERVICES", ROOT / "var" / "services")) / "keycloak-26.4.0"
ABSENT = "no Keycloak can be had on this machine"
PATIENCE = 180.0  # seconds
ORIGIN = "https://console.example"
REALM = {
    "realm": "centre",
    "enabled": True,
    "roles": {"realm": [{"name": "inspector"}]},
    "clients": [
        {
            "clientId": "saqshy",
            "secret": "tests-only",
            "redirectUris": [f"{ORIGIN}/login/back"],
            "standardFlowEnabled": True,
            "attributes": {"pkce.code.challenge.method": "S256"},
            "protocolMappers": [
                {
                    "name": "roles",
                    "protocol": "openid-connect",
                    "protocolMapper": "oidc-usermodel-realm-role-mapper",
                    "config": {
                        "claim.name": "roles",
                        "multivalued": "true",
                        "id.token.claim": "true",
                        "jsonType.label": "String",
                    },
                }
            ],
        }
    ],
    "users": [
        {
            "username": name,
            "enabled": True,
            "email": f"{name}@example.org",
            "firstName": "B",
            "lastName": "A",
            "credentials": [{"type": "password", "value": "tests-only"}],
            "realmRoles": roles,
        }
        for name, roles in (("b.aliya", ["inspector"]), ("c.nobody", []))
    ],
}


@pytest.fixture(scope="module")
def keycloak(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a Keycloak with a realm; give the issuer."""
    fetched = subprocess.run(
        [str(FETCH), str(FOLDER)], capture_output=True, text=True, check=False, timeout=600
    )
    if fetched.returncode:
        pytest.skip(ABSENT)
    home = tmp_path_factory.mktemp("keycloak") / "home"
    shutil.copytree(FOLDER / "keycloak", home, symlinks=True)
    (home / "data" / "import").mkdir(parents=True)
    (home / "data" / "import" / "centre.json").write_text(json.dumps(REALM), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = home / "keycloak.log"
    options = ["--http-host=127.0.0.1", f"--http-port={port}", "--health-enabled=false"]
    with log.open("wb") as told:
        process = subprocess.Popen(
            [str(home / "bin" / "kc.sh"), "start-dev", "--import-realm", *options],
            stdin=subprocess.DEVNULL, stdout=told, stderr=told,
            env={**os.environ, "JAVA_OPTS_APPEND": "-Xmx512m -XX:TieredStopAtLevel=1"},
        )  # fmt: skip
    issuer = f"http://127.0.0.1:{port}/realms/centre"
    try:
        end = time.monotonic() + PATIENCE
        while not _ready(issuer):
            assert process.poll() is None, log.read_text()[-3000:]
            assert time.monotonic() < end, log.read_text()[-3000:]
        yield issuer
    finally:
        process.terminate()
        process.wait(30)


def _ready(issuer: str) -> bool:
    try:
        found = httpx.get(f"{issuer}/.well-known/openid-configuration", timeout=2.0)
    except httpx.HTTPError:
        return False
    return found.status_code == httpx.codes.OK


@pytest.fixture
def console(keycloak: str) -> Iterator[TestClient]:
    """Give a browser at a console that asks this Keycloak."""
    settings = OpenIdSettings(
        issuer=keycloak, client_id="saqshy", roles_claim="roles", roles={"inspector": "regulator"}
    )
    provider = OpenIdProvider(settings, f"{ORIGIN}/login/back", "tests-only", time.monotonic)
    entrance = Entrance(SqliteAccounts(MEMORY), Sealing(bytes(range(32))), Passwords())
    door = Door(ORIGIN)
    pages = Pages(entrance, door, time.time_ns, provider)
    app = Gate(Starlette(routes=login_routes(pages)), entrance, door, time.time_ns)
    with TestClient(app, base_url=ORIGIN, follow_redirects=False) as client:
        yield client
    provider.close()
    entrance.store.close()


def log_in(console: TestClient, name: str, password: str = "tests-only") -> str:
    """Go the way of a browser through Keycloak; give the address to which it sends back."""
    console.get("/login")
    away = console.get("/login/provider?next=/incidents")
    assert away.status_code == 303
    with httpx.Client(timeout=20.0) as browser:
        page = browser.get(away.headers["location"])
        form = re.search(r'action="([^"]+)"', page.text)
        assert form is not None, page.text[:2000]
        # On loopback browsers send secure cookies over plain HTTP too; this client does not.
        crumbs = [one.partition(";")[0] for one in page.headers.get_list("set-cookie")]
        sent = browser.post(
            unescape(form[1]),
            data={"username": name, "password": password, "credentialId": ""},
            headers={"cookie": "; ".join(crumbs)},
        )
    return str(sent.headers.get("location", ""))


@pytest.mark.proof
def test_an_inspector_comes_in(console: TestClient) -> None:
    """With a role that we know; since one factor was shown, ours is asked for beside it."""
    back = log_in(console, "b.aliya")
    assert back.startswith(f"{ORIGIN}/login/back?")
    opened = console.get(back.removeprefix(ORIGIN))
    assert (opened.status_code, opened.headers["location"]) == (
        303, "/login/enrol?next=/incidents",
    )  # fmt: skip
    assert console.get("/login/enrol").status_code == 200
    assert console.get(back.removeprefix(ORIGIN)).status_code == 401  # a state is good once


@pytest.mark.proof
def test_without_a_role_nobody_comes_in(console: TestClient) -> None:
    """Whom the provider knows and we do not is refused like anybody else."""
    back = log_in(console, "c.nobody")
    assert console.get(back.removeprefix(ORIGIN)).status_code == 401


@pytest.mark.proof
def test_a_code_is_of_its_browser(console: TestClient) -> None:
    """An answer that was made for another browser opens no session here (login CSRF)."""
    back = log_in(console, "b.aliya")
    console.cookies.clear()
    assert console.get(back.removeprefix(ORIGIN)).status_code == 401
    assert log_in(console, "b.aliya", "wrong") == ""
