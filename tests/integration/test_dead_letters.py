"""`saqshy dead-letters`: what failed is kept, shown, and sent through again when it can be read."""

import json
import subprocess
import sys
from pathlib import Path

import yaml

from pipeline.runtime.configuration import bundled

COMMAND = [sys.executable, "-m", "pipeline.runtime.cli"]
CLEARED = {"EventID": 1102, "Channel": "Security", "Computer": "bank-dc01.bank.example"}


def saqshy(config: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command over the settings."""
    command = [*COMMAND, *words, "--config", str(config)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def settings(folder: Path, form: str) -> Path:
    """Write settings whose registry reads the bank's Windows events in a format."""
    objects = yaml.safe_load((bundled("objects") / "objects.yml").read_text(encoding="utf-8"))
    for record in objects["objects"]:
        for source in record["sources"]:
            if source["id"] == "bank-win":
                source["format"] = form
    registry = folder / "objects"
    registry.mkdir(exist_ok=True)
    text = yaml.safe_dump(objects, allow_unicode=True)
    (registry / "objects.yml").write_text(text, encoding="utf-8")
    for name in ("parties.yml", "marks.yml"):
        (registry / name).write_bytes((bundled("objects") / name).read_bytes())
    document = {
        "store": {"path": "saqshy.db"},
        "registry": ["objects"],
        "content": {
            "paths": [str(bundled("detection")), str(bundled("correlation"))],
            "cache": "cache",
        },
        "law": {"pack": str(bundled("law") / "kz")},
        "listeners": [{"name": "win", "kind": "file", "path": "events.ndjson"}],
        "notify": {"folder": {"path": "outgoing"}},
        "web": None,
        "log": {"level": "error"},
    }
    path = folder / "saqshy.yml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def test_a_failed_record_goes_through_once_it_can_be_read(tmp_path: Path) -> None:
    """A record read in the wrong format fails, stays replayable, and becomes its incident later."""
    (tmp_path / "events.ndjson").write_text(json.dumps(CLEARED) + "\n", encoding="utf-8")
    config = settings(tmp_path, "rfc5424")
    assert saqshy(config, "run", "--once").returncode == 0
    listed = saqshy(config, "dead-letters", "list", "--json")
    (failure,) = [json.loads(line) for line in listed.stdout.splitlines()]
    assert failure["source_id"] == "bank-win"
    assert failure["detail"]
    again = saqshy(config, "dead-letters", "replay")
    assert again.returncode == 1
    assert "1 failed again" in again.stderr

    config = settings(tmp_path, "windows_json")
    done = saqshy(config, "dead-letters", "replay")
    assert done.returncode == 0, done.stderr
    assert saqshy(config, "dead-letters", "list", "--json").stdout == ""
    incidents = saqshy(config, "incidents", "list", "--json").stdout.splitlines()
    assert [json.loads(line)["object_id"] for line in incidents] == ["kz-bank"]
    assert saqshy(config, "audit", "verify").returncode == 0
