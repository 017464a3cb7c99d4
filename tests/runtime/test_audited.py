"""What the audit trail covers: for each kind of thing that must be provable, its entry."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.incidents.silences import ADD, END
from pipeline.incidents.trail import verify_trail
from pipeline.model import AuditEntry, Command, Incident
from pipeline.runtime.knowledge import Cause
from pipeline.runtime.reading import reading
from pipeline.runtime.reads import READ
from pipeline.runtime.reloading import Ask
from pipeline.runtime.sensors import BEGAN, ENDED
from tests.runtime.acts import act, broken_into, quick
from tests.runtime.centre import RULE, Centre

BANK, OURS = "kz-bank", "administration"
WHY = "asked for by order 7"
BY_HAND = Ask(Cause("duty_lead/a.serik", "command", WHY))
SPRAYING = "16e7b9e1-ab48-41b9-aa0f-3e3aeaba5b81"
SSHD = re.compile(r"(?m)^ {6}- id: bank-sshd\n(?: {8}.*\n)+")


def asked(here: Centre, name: str, role: str = "duty_lead", **detail: object) -> Command:
    """Have a person's command journalled and folded."""
    here.clock.advance_to(here.clock.now() + 1)
    given = Command(name, role, "a.serik", WHY, here.clock.now(), detail)
    here.system.collector.command(given)
    here.drain()
    return given


def reloaded(here: Centre, name: str, change: Callable[[str], str]) -> None:
    """Change a file, and put it into force."""
    before = (here.folder / name).read_text(encoding="utf-8")
    here.edit(name, change)
    assert (here.folder / name).read_text(encoding="utf-8") != before
    assert here.system.reloader.reload(BY_HAND).outcome == "in_force"


def read(here: Centre, incident: Incident) -> None:
    """Read an incident, a list and events, and ask for what cannot be recorded."""
    asked(here, READ, "analyst", what="incidents show", incident=incident.id)
    asked(here, READ, "inspector", what="incidents list", of="all")
    asked(here, READ, "analyst", what="events", of=BANK)
    for detail in REFUSED.values():
        asked(here, READ, "analyst", **detail)


REFUSED: dict[str, dict[str, object]] = {
    "an unknown incident": {"what": "incidents show", "incident": "none"},
    "nothing": {},
    "an unknown key": {"what": "x", "more": "y"},
    "no text": {"what": 7},
    "too long": {"what": "x" * 201},
}


@pytest.fixture(scope="module")
def trail(tmp_path_factory: pytest.TempPathFactory) -> list[AuditEntry]:
    """Let everything happen once that must be provable; give the whole trail, which verifies."""
    with quick(tmp_path_factory.mktemp("audited")) as here:
        here.tick()
        incident = broken_into(here)
        act(here, "note", incident, text="seen")
        while here.system.dispatcher.run_due():
            pass
        given = asked(here, ADD, hours=8, rules=[SPRAYING])
        asked(here, END, silence=given.id)
        read(here, incident)
        reloaded(here, RULE, lambda text: text.replace("title: ", "title: Edited ", 1))
        reloaded(here, "law/kz/pack.yml", lambda text: text.replace("Information ", "The ", 1))
        reloaded(here, "objects/objects.yml", lambda text: SSHD.sub("", text))
        with here.system.running():
            pass
        with reading(None, here.folder / "saqshy.db") as stores:
            entries = list(stores.audit.read())
            assert verify_trail(stores.checkpoints.read(), entries).breaks == ()
        return entries


BASIS: dict[str, object] = {"basis": WHY}
COVERED: dict[str, tuple[str, str, dict[str, object]]] = {
    "an incident's state": (BANK, "incident", {}),
    "a notice": (BANK, "notice", {"state": "pending"}),
    "a receipt": (BANK, "notice", {"state": "sent"}),
    "rules": (OURS, "content_in_force", {"reason": WHY}),
    "a reload": (OURS, "reload", {"outcome": "in_force"}),
    "a law pack": (OURS, "pack_in_force", {"reason": WHY}),
    "a registry": (OURS, "registry_in_force", {"reason": WHY}),
    "a sensor switched off": (BANK, "sources_changed", {"reason": WHY}),
    "a silence": (OURS, "silence_added", {}),
    "a silence's end": (OURS, "silence_ended", {}),
    "a read of an incident": (BANK, READ, {"what": "incidents show", **BASIS}),
    "a read of a list": (OURS, READ, {"what": "incidents list", **BASIS}),
    "a read of events": (OURS, READ, {"what": "events", **BASIS}),
    "a refused command": (OURS, "command_refused", {"command": READ}),
    "listening begins": (OURS, BEGAN, {"listeners": ["wire"]}),
    "listening ends": (OURS, ENDED, {"listeners": ["wire"]}),
    "a checkpoint": (OURS, "checkpoint", {"number": 1}),
}


@pytest.mark.parametrize(("chain", "kind", "detail"), COVERED.values(), ids=COVERED.keys())
def test_it_has_its_entry(
    trail: list[AuditEntry], chain: str, kind: str, detail: dict[str, object]
) -> None:
    """What happened stands in the chain that it belongs to, with who did it."""
    held = [one for one in trail if (one.chain, one.kind) == (chain, kind)]
    held = [one for one in held if one.detail.items() >= detail.items()]
    assert held
    assert all(one.actor for one in held)


def test_a_step_names_the_person(trail: list[AuditEntry]) -> None:
    """A person's step on an incident stands in its object's chain under the person's name."""
    steps = [one for one in trail if one.kind == "incident" and "a.serik" in one.actor]
    assert [one.chain for one in steps] == [BANK]


def test_which_sensor_and_from_when(trail: list[AuditEntry]) -> None:
    """The entry of a source that is gone names it, who said so, and from when."""
    (one,) = [entry for entry in trail if entry.kind == "sources_changed"]
    assert (one.actor, one.subject) == ("duty_lead/a.serik", BANK)
    (change,) = one.detail["changes"]
    assert (change["off"], change["on"]) == (["bank-sshd"], [])
    assert change["from"].startswith("2026-03-02T")


def test_reads_that_cannot_be_recorded(trail: list[AuditEntry]) -> None:
    """A record of a read that does not say what was read is refused, each with its reason."""
    held = [one for one in trail if one.detail.get("command") == READ]
    problems = [str(one.detail["problems"]) for one in held]
    assert ["no such incident" in one for one in problems] == [True, False, False, False, False]
    assert ["a read has what it is" in one for one in problems] == [False, True, True, True, True]


def test_a_sensor_switched_off_while_the_system_was_down(tmp_path: Path) -> None:
    """What the registry lost between two runs is recorded at the next start."""
    with quick(tmp_path) as here:
        here.tick()
    text = (tmp_path / "objects" / "objects.yml").read_text(encoding="utf-8")
    (tmp_path / "objects" / "objects.yml").write_text(SSHD.sub("", text), encoding="utf-8")
    with quick(tmp_path) as here:
        (one,) = [
            entry
            for entry in here.system.stores.audit.read(BANK)
            if entry.kind == "sources_changed"
        ]
        assert (one.actor, one.detail["way"]) == ("saqshy", "start")
