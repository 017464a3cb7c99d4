"""People who act on the incidents of a centre, for several tests."""

from contextlib import AbstractContextManager
from pathlib import Path

from pipeline.model import AuditEntry, Command, Incident, Notice, Tri
from tests.runtime.centre import AT, Centre, centre, entry, failures

PATHS = [
    "detection/linux/sshd_failed_password.yml",
    "detection/linux/sshd_password_from_outside.yml",
    "detection/windows/failed_logon.yml",
    "detection/reports/act_leak.yml",
    "correlation/failures_then_success.yml",
    "correlation/password_spraying.yml",
]


def quick(folder: Path, at: int = AT) -> AbstractContextManager[Centre]:
    """Assemble a centre with the few rules that these tests need."""
    content = {"paths": PATHS, "taxonomy": "taxonomies/sigma", "cache": "cache"}
    return centre(folder, at, content=content)


LEAD, ANALYST = "duty_lead", "analyst"
WHY = "looked at the gateway with its owner"


def act(here: Centre, step: str, incident: Incident, role: str = LEAD, **detail: object) -> Command:
    """Have a step journalled and folded; a moment passes before it."""
    here.clock.advance_to(here.clock.now() + 1_000_000)
    given: dict[str, object] = {
        "object_id": incident.object_id,
        "incident": incident.id,
        **detail,
    }
    command = Command(f"incident_{step}", role, "a.serik", WHY, here.clock.now(), given)
    here.system.collector.command(command)
    here.drain()
    return command


def history(here: Centre, incident: Incident) -> list[Incident]:
    """Give every revision of an incident."""
    return list(here.system.stores.incidents.history(incident.id))


def last(here: Centre, incident: Incident) -> Incident:
    """Give an incident's last revision."""
    return history(here, incident)[-1]


def latest(here: Centre) -> list[Incident]:
    """Give the last revision of every incident."""
    return list(here.system.stores.incidents.latest())


def broken_into(here: Centre, minute: int = 40) -> Incident:
    """Have the bank's gateway broken into; give the incident as it is told."""
    here.take([*failures(minute), entry(minute)])
    (found,) = [one for one in latest(here) if one.assessment.is_incident is Tri.YES]
    return found


def candidate(here: Centre) -> Incident:
    """Have somebody try passwords at the bank; give the candidate that waits for a person."""
    here.take(failures(1))
    (found,) = [one for one in latest(here) if one.object_id == "kz-bank"]
    assert found.assessment.is_incident is Tri.UNKNOWN
    return found


def told(here: Centre, incident: Incident) -> list[tuple[str, str]]:
    """Give the notices of an incident: leg and role, in their order."""
    found: list[Notice] = [one for one in here.notices() if one.incident_id == incident.id]
    return sorted((one.leg, one.recipient.role) for one in found)


def refusals(here: Centre) -> list[AuditEntry]:
    """Give the commands that were refused."""
    return here.audit("command_refused")
