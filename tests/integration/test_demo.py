"""The bundled scenario as `make run ONCE=1` plays it: over sockets and files to signed receipts."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "pipeline.runtime.cli"]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Play the story once, without pauses; give its folder and what the terminal showed."""
    folder = tmp_path_factory.mktemp("demo")
    command = [*COMMAND, "demo", "--once", "--seconds", "0", "--port", "0", "--dir", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout + done.stderr


def listed(folder: Path, *arguments: str) -> list[dict[str, object]]:
    """Ask the store of the demonstration, as the last line of the demonstration suggests."""
    command = [*COMMAND, *arguments, "--json", "--config", str(folder / "saqshy.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_story_ends_with_its_table(played: tuple[Path, str]) -> None:
    """What arrives, what fires, what is told and the table of incidents are on the terminal."""
    _, shown = played
    for words in (
        "arrived:",
        "streamed",
        "fires",
        "told",
        "incidents of the story",
        "signed",
        "spooled",
    ):
        assert words in shown
    assert "(event_stream" not in shown, "parts of a stream are counted"
    assert "0 were lost on the way" in shown
    assert "the audit trail verifies" in shown


def test_several_incidents_route_differently(played: tuple[Path, str]) -> None:
    """Each flag of an object shows in whom its incident was told to."""
    folder, _ = played
    told: dict[str, set[str]] = {}
    for notice in listed(folder, "notices", "list"):
        recipient = notice["recipient"]
        assert isinstance(recipient, dict)
        told.setdefault(str(notice["object_id"]), set()).add(str(recipient["role"]))
    assert {"ncc", "holder"} <= told["kz-energy-tec"]
    assert {"ncc", "holder", "sectoral_centre"} <= told["kz-bank"]
    assert {"ncc", "holder", "hosted_owner", "hosted_holder"} <= told["kz-dc"]
    inside = {"duty_officer", "duty_lead"}  # who is paged again while nobody acknowledges
    assert told["kz-registry-marked"] - inside == {"ncc", "holder"}
    assert told["kz-unattested"] - inside == set()
    assert "duty_officer" in told["kz-registry-marked"] & told["kz-unattested"]
    assert len({frozenset(roles) for roles in told.values()}) >= 4


def test_every_notice_to_the_centre_has_a_signed_receipt(played: tuple[Path, str]) -> None:
    """The coordination centre's receiver answered every notice that is for it."""
    folder, _ = played
    sent = [one for one in listed(folder, "notices", "list") if one["channel"] == "ncc"]
    assert len(sent) >= 8
    assert {one["state"] for one in sent} == {"acknowledged"}
    assert all(one["receipt"] for one in sent)


def test_the_auditor_finds_nothing_amiss(played: tuple[Path, str]) -> None:
    """Recomputed from history, every notice of the story is as it was owed, receipts included."""
    folder, _ = played
    changes = [str(one["changed_at"]) for one in listed(folder, "incidents", "list")]
    assert listed(folder, "audit", "notices", "--at", max(changes)) == []


def test_a_marked_record_leaves_a_stub_and_nothing_else(played: tuple[Path, str]) -> None:
    """The notice of a withheld record has the six keys of a stub, and no file holds its text."""
    folder, _ = played
    stubs = [
        one["payload"]
        for one in listed(folder, "notices", "list")
        if one["object_id"] == "kz-registry-marked" and one["leg"] == "first"
    ]
    assert stubs
    for stub in stubs:
        assert isinstance(stub, dict)
        assert stub["details_available"] is False
        assert len(stub) == 6


def test_an_incident_explains_itself(played: tuple[Path, str]) -> None:
    """`incidents show --why` prints each limb with its answer, reason and norm."""
    folder, _ = played
    incident = listed(folder, "incidents", "list", "--object", "kz-bank")[0]
    command = [*COMMAND, "incidents", "show", str(incident["id"])[:12], "--why"]
    done = subprocess.run(
        [*command, "--config", str(folder / "saqshy.yml")],
        capture_output=True,
        text=True,
        check=True,
    )
    for words in ("failure", "obtain", "kz-418-V/1(31)", "holder"):
        assert words in done.stdout


def test_the_exported_trail_verifies_elsewhere(played: tuple[Path, str], tmp_path: Path) -> None:
    """An exported audit trail verifies without the store, and one changed byte is found."""
    folder, _ = played
    command = [*COMMAND, "audit", "export", "--config", str(folder / "saqshy.yml")]
    exported = subprocess.run(command, capture_output=True, check=True).stdout
    file = tmp_path / "audit.ndjson"
    file.write_bytes(exported)
    assert subprocess.run([*COMMAND, "audit", "verify", str(file)], check=False).returncode == 0
    place = exported.index(b"kz-bank")
    file.write_bytes(exported[:place] + b"kz-bonk" + exported[place + 7 :])
    broken = subprocess.run(
        [*COMMAND, "audit", "verify", str(file)], capture_output=True, text=True, check=False
    )
    assert broken.returncode == 1
    assert re.search(r"line \d+", broken.stderr)
