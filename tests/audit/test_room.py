"""The auditor's room shares nothing with those whom it watches."""

import pytest

from tests.house.code import modules, room_of

ROOM = [part for part in modules("pipeline") if part.room == "audit"]
SHARED = ("pipeline.model", "pipeline.audit")
WATCHED = ("notify", "assess", "incidents", "registry", "runtime", "web", "correlate", "connectors")


def test_the_room_knows_the_foundation_alone() -> None:
    """No module of the auditor imports another room, by whatever way."""
    found = [
        f"{part.place}:{line}: imports {name}"
        for part in ROOM
        for line, name in part.imports()
        if room_of(name) not in ("", "audit", "foundation")
    ]
    assert len(ROOM) > 10
    assert found == []


def test_of_the_foundation_it_takes_the_model() -> None:
    """Nothing but the nouns is shared: no port, no setting, no document reader."""
    found = [
        f"{part.place}:{line}: imports {name}"
        for part in ROOM
        for line, name in part.imports()
        if name.startswith("pipeline.")
        and not name.startswith(("pipeline.model", "pipeline.audit"))
    ]
    assert found == []


@pytest.mark.parametrize("room", WATCHED)
def test_nobody_whom_it_watches_uses_it(room: str) -> None:
    """Only the runtime's own auditor imports the room, so that no fault is shared backwards."""
    users = {
        part.place
        for part in modules("pipeline", "connectors")
        if part.room == room
        for _, name in part.imports()
        if room_of(name) == "audit"
    }
    assert all("auditor" in place or "audit_notices" in place for place in users)
