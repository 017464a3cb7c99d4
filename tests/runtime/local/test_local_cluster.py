"""A whole cluster on this machine: `make cluster ONCE=1` shows what `make run ONCE=1` shows."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.connectors import elastic_server, kafka_broker

COMMAND = [sys.executable, "-W", "ignore", "-m", "pipeline.runtime.cli"]
ID = re.compile(r"^[0-9a-f]{8} ")
SIGNED = re.compile(r"^signed [0-9a-f]{12}$")
PATIENCE = 1200.0  # seconds


@pytest.fixture(autouse=True, scope="module")
def services() -> None:
    """Have the services' files; skips where they cannot be had here."""
    kafka_broker.fetch()
    elastic_server.fetch()


def shown(*arguments: str) -> tuple[list[tuple[str, ...]], str]:
    """Play the story; give the rows of its table without ids and hashes, and what was said.

    Which records share a batch is the network's affair, and ids follow from batches.
    """
    done = subprocess.run(
        [*COMMAND, *arguments, "--once", "--seconds", "0"],
        capture_output=True, text=True, check=False, timeout=PATIENCE,
        env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line.strip("│").split("│") for line in done.stdout.splitlines() if line[:1] == "│"]
    told = [tuple(SIGNED.sub("signed", ID.sub("", cell.strip())) for cell in row) for row in rows]
    return told, done.stderr


@pytest.mark.proof
def test_the_cluster_shows_the_table_of_one_machine(tmp_path: Path) -> None:
    """Incidents, weights, recipients, terms and receipts are those of one machine; all is whole."""
    expected, one = shown("demo", "--port", "0", "--dir", str(tmp_path / "one"))
    told, said = shown("cluster", "demo", "--workers", "2", "--dir", str(tmp_path / "cluster"))
    assert len(expected) > 30
    assert told == expected
    for words in ("0 were lost on the way", "the audit trail verifies", "candidate(s) wait"):
        assert words in one
        assert words in said
    assert "nothing is amiss" in said  # says the auditor, of all of it
