"""`saqshy incidents open`: an incident by hand, as a report that is decided at once."""

from collections.abc import Mapping, Sequence

from pipeline.incidents.decisions import VERDICT
from pipeline.incidents.life_cycle import PREFIX
from pipeline.model import Incident, Tri, identity
from pipeline.registry import REPORTS
from pipeline.runtime.cli.commanding import As, Reason, Wait, command
from pipeline.runtime.cli.incidents_handing import check, outcome, tell
from pipeline.runtime.cli.options import AsJson, Config, Store
from pipeline.runtime.cli.output import FOUND, say, stop, told_errors
from pipeline.runtime.cli.report import (
    Acts,
    Attached,
    Came,
    Failed,
    Happened,
    Harms,
    Kind,
    ObjectId,
    Reporter,
    Threat,
    What,
    report,
)
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.handing import Answers, awaited, hand_over


def open_by_hand(
    object_id: ObjectId,
    whom: As,
    what: What,
    reason: Reason,
    acts: Acts,
    kind: Kind = "operator",
    happened: Happened = None,
    harms: Harms = None,
    failure: Failed = "unknown",
    threat: Threat = "unknown",
    reporter: Reporter = "",
    channel: Came = "",
    attachments: Attached = None,
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Open an incident by hand: enter a report, and decide at once that it is an incident.

    Both are journalled and audited, each by itself. What is reported of an incident that stands
    open joins it, and is decided there.
    Example: saqshy incidents open --object kz-bank --act leak --harm distribute --failure yes
    --what "A client list is for sale" --as duty_lead/a.serik --reason "seen by the bank itself"
    """
    told = report(
        object_id=object_id, whom=whom, kind=kind, what=what, reason=reason, happened=happened,
        acts=acts, harms=harms, failure=failure, threat=threat, reporter=reporter, channel=channel,
        attachments=attachments, wait=wait, config=config, store=store,
    )  # fmt: skip
    with told_errors():
        settings = read_settings(config)
        event = f"{identity('batch', object_id, REPORTS, told, '')}-0"
        found = awaited(settings, store, lambda kept: _opened(kept, object_id, event), wait)
        if found is None:
            stop(FOUND, "the report is entered, and no incident holds it yet; see incidents list")
        if found.assessment.is_incident is Tri.YES:
            say(f"{found.id[:12]} of {object_id} is an incident already: the report is part of it")
            return
        says = _says(acts or (), harms or (), {"failure": failure, "functioning_threat": threat})
        detail: dict[str, object] = {"object_id": object_id, "incident": found.id, "says": says}
        asked = command(f"{PREFIX}decide", whom, reason, detail)
        check(settings, asked)
        hand_over(settings, store, asked)
        tell(asked, outcome((settings, store), asked, found, wait), found, as_json=json)


def _says(acts: Sequence[str], harms: Sequence[str], limbs: Mapping[str, str]) -> dict[str, str]:
    """Give the decision that a report's acts, harms and limbs come to."""
    said = {VERDICT: Tri.YES.value}
    said |= {f"acts.{one}": Tri.YES.value for one in acts}
    said |= {f"harms.{one}": Tri.YES.value for one in harms}
    return said | {name: one for name, one in limbs.items() if one != Tri.UNKNOWN.value}


def _opened(kept: Answers, object_id: str, event: str) -> Incident | None:
    """Give the incident that holds what a report's event gave; None where none does yet."""
    incidents = kept.stores.incidents
    for incident in reversed(list(incidents.latest(object_id))):
        for name in incident.finding_ids:
            finding = incidents.finding(name)
            if finding is not None and event in finding.event_ids:
                return incident
    return None
