"""The indexer against a bare bulk loop: same server, same documents, by `saqshy bench index`."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
import yaml

from pipeline.runtime.configuration import bundled
from tests.connectors.elastic_server import Server
from tests.connectors.kafka_broker import Broker

pytestmark = pytest.mark.proof
RECORDS, ROUNDS, REQUEST = 50_000, 5, 2_000
LEAST = 0.9  # of the bare loop's rate
_MESSAGE = "A network connection was detected. " * 12


def test_nearly_as_fast_as_a_bare_loop(
    kafka: Broker,
    elastic: Server,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """Reading, judging and committing cost no more than a tenth of a bare loop's rate."""
    records = tmp_path / "records.ndjson"
    records.write_bytes(
        b"\n".join(
            orjson.dumps({"EventID": 3, "Channel": "System", "RecordID": one, "Message": _MESSAGE})
            for one in range(1_000)
        )
    )
    user = elastic.as_user("root", bulk_documents=REQUEST)
    config = tmp_path / "saqshy.yml"
    config.write_text(
        yaml.safe_dump(
            {
                "cluster": {"brokers": [kafka.plain], "partitions": 2, "port": None},
                "elasticsearch": user.model_dump(mode="json", exclude_none=True),
                "registry": [str(bundled("objects"))],
                "content": {
                    "paths": [str(bundled("detection"))],
                    "cache": str(tmp_path / "cache"),
                },
                "law": {"pack": str(bundled("law") / "kz")},
            }
        ),
        encoding="utf-8",
    )
    words = ["bench", "index", str(records), "--records", str(RECORDS), "--rounds", str(ROUNDS)]
    command = [sys.executable, "-m", "pipeline.runtime.cli", *words, "--config", str(config)]
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = orjson.loads(done.stdout)
    for name, value in found.items():
        record_property(name, value)
    assert found["documents"] == RECORDS
    assert found["ratio"] >= LEAST
