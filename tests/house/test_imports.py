"""Who may import whom."""

import re
from collections.abc import Iterable

import pytest

from tests.house.code import FOUNDATION, ROOT, Module, core, modules, room_of

NETWORK = {
    "aiohttp", "asyncio", "elasticsearch", "faust", "ftplib", "http", "httpcore", "httpx",
    "imaplib", "kafka", "aiokafka", "prometheus_client", "requests", "rocksdict", "smtplib",
    "socket", "socketserver", "sqlite3", "ssl", "starlette", "urllib3", "uvicorn",
}  # fmt: skip
WEB_MAY = {"asyncio", "http", "ssl", "starlette", "uvicorn"}


def offences(parts: Iterable[Module], forbidden: set[str]) -> list[str]:
    return [
        f"{part.place}:{line}: imports {name}"
        for part in parts
        for line, name in part.imports()
        if name.split(".")[0] in forbidden
    ]


def test_the_core_imports_no_client() -> None:
    """The core imports no broker, store, metrics, network or web client."""
    assert offences(core(), NETWORK) == []


def test_the_web_room_imports_its_framework_only() -> None:
    """The web room imports its framework, and no broker, store or metrics client."""
    web = [part for part in modules("pipeline") if part.room == "web"]
    assert offences(web, NETWORK - WEB_MAY) == []


def test_only_the_runtime_wires() -> None:
    """Nothing in pipeline but the runtime imports connectors."""
    others = [part for part in modules("pipeline") if part.room != "runtime"]
    assert offences(others, {"connectors"}) == []


@pytest.mark.parametrize("room", ["runtime", "web"])
def test_the_core_does_not_know_who_runs_it(room: str) -> None:
    """The core imports neither the runtime nor the web room."""
    found = [
        f"{part.place}:{line}: imports {name}"
        for part in core()
        for line, name in part.imports()
        if room_of(name) == room
    ]
    assert found == []


def test_connectors_know_the_contracts_only() -> None:
    """Of pipeline, connectors import model, ports, errors and settings only."""
    allowed = tuple(f"pipeline.{leaf}" for leaf in FOUNDATION if leaf != "documents")
    found = [
        f"{part.place}:{line}: imports {name}"
        for part in modules("connectors")
        for line, name in part.imports()
        if name.split(".")[0] == "pipeline" and not name.startswith(allowed)
    ]
    assert found == []


def test_the_foundation_stands_on_nothing() -> None:
    """Model, ports, errors, settings and documents import no room."""
    found = [
        f"{part.place}:{line}: imports {name}"
        for part in modules("pipeline")
        if part.room == "foundation"
        for line, name in part.imports()
        if room_of(name) not in ("", "foundation")
    ]
    assert found == []


def test_rules_hold_no_code() -> None:
    """The content folder holds no Python."""
    assert sorted((ROOT / "rules").rglob("*.py")) == []


def actual_arrows() -> set[tuple[str, str]]:
    return {
        (part.room, room_of(name))
        for part in modules("pipeline", "connectors")
        for _, name in part.imports()
        if part.room and room_of(name) not in ("", part.room)
    }


def drawn_arrows() -> set[tuple[str, str]]:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```mermaid\n(.*?)```", text, flags=re.DOTALL)
    arrows = set()
    for line in "\n".join(blocks).splitlines():
        left, arrow, right = line.strip().rstrip(";").partition(" --> ")
        if arrow:
            arrows |= {
                (begin.strip(), end.strip())
                for begin in left.split("&")
                for end in right.split("&")
            }
    return arrows


def test_the_diagram_is_the_imports() -> None:
    """The arrows of ARCHITECTURE.md's diagram equal the imports between rooms."""
    drawn, actual = drawn_arrows(), actual_arrows()
    missing = "\n".join(f"    {begin} --> {end}" for begin, end in sorted(actual - drawn))
    extra = "\n".join(f"    {begin} --> {end}" for begin, end in sorted(drawn - actual))
    assert drawn == actual, f"not drawn:\n{missing}\ndrawn, but nobody imports it:\n{extra}"


def test_the_rooms_have_an_order() -> None:
    """No room imports, over others, itself."""
    arrows = actual_arrows()
    left = {room for arrow in arrows for room in arrow}
    while leaves := {room for room in left if not {b for a, b in arrows if a == room} & left}:
        left -= leaves
    assert left == set()
