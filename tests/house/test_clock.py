"""The core's outcome depends on its arguments only: no clock, no chance, no hash seed."""

import ast
from collections.abc import Iterator

import pytest

from tests.house.code import Module, core

CLOCKS = {
    f"datetime.{kind}.{reading}"
    for kind in ("datetime", "date")
    for reading in ("now", "utcnow", "today")
} | {
    f"time.{reading}{unit}"
    for reading in ("time", "monotonic", "perf_counter", "process_time", "thread_time")
    for unit in ("", "_ns")
} | {"time.localtime", "time.gmtime", "time.ctime", "time.sleep"}  # fmt: skip
CHANCE = {"uuid.uuid1", "uuid.uuid4", "os.urandom", "random.SystemRandom"}


def dotted(node: ast.expr, names: dict[str, str]) -> str:
    """Give the full dotted name of an expression, with the module's aliases resolved."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value, names)}.{node.attr}"
    return "?"


def impurities(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Give line and name of what a tree reads beside its arguments."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            name = dotted(node, names)
            if name in CLOCKS | CHANCE or name.startswith("secrets."):
                yield node.lineno, name
        if isinstance(node, ast.Call):
            name = dotted(node.func, names)
            seeded = name == "random.Random" and (node.args or node.keywords)
            if name == "hash" or (name.startswith("random.") and not seeded):
                yield node.lineno, name


def test_the_core_reads_no_clock_and_no_chance() -> None:
    """The core reads no clock, draws no number without a seed and uses no seeded hash."""
    found = [f"{part.place}:{line}: {name}" for part in core() for line, name in read(part)]
    assert found == []


def read(part: Module) -> list[tuple[int, str]]:
    return sorted(set(impurities(part.tree)))


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("import datetime\ndatetime.datetime.now()", "datetime.datetime.now"),
        ("from datetime import datetime as d\nd.utcnow()", "datetime.datetime.utcnow"),
        ("from datetime import date\ndate.today()", "datetime.date.today"),
        ("import time as t\nt.monotonic_ns()", "time.monotonic_ns"),
        ("from time import time\nclock = time", "time.time"),
        ("import random\nrandom.random()", "random.random"),
        ("import random\nrandom.Random()", "random.Random"),
        ("from uuid import uuid4\nuuid4()", "uuid.uuid4"),
        ("import secrets\nsecrets.token_hex()", "secrets.token_hex"),
        ("hash('a')", "hash"),
    ],
)
def test_the_rule_sees_every_way(code: str, name: str) -> None:
    """A clock or chance is seen under whatever name it was imported."""
    assert (2 if "\n" in code else 1, name) in set(impurities(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        "import random\nrandom.Random(7).random()",
        "from datetime import datetime\ndatetime.fromisoformat('2026-03-02')",
        "from uuid import uuid5",
    ],
)
def test_the_rule_lets_pure_code_be(code: str) -> None:
    """Seeded chance, parsed times and named identities are pure."""
    assert list(impurities(ast.parse(code))) == []
