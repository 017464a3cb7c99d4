"""`saqshy incidents list|show`: what the store knows of incidents."""

from typing import Annotated

import typer

from pipeline.model import Incident, IncidentState, Limb, Tri, as_document
from pipeline.runtime.bootstrap import reading
from pipeline.runtime.cli.options import AsJson, Config, Store
from pipeline.runtime.cli.output import (
    FOUND,
    emit,
    say,
    show_table,
    stop,
    to_the_second,
    told_errors,
)
from pipeline.runtime.cli.report import report

incidents = typer.Typer(help="List, show and report incidents.", no_args_is_help=True)
incidents.command()(report)


@incidents.command("list")
def list_incidents(
    config: Config = None,
    store: Store = None,
    object_id: Annotated[str | None, typer.Option("--object", help="Of one object.")] = None,
    candidates: Annotated[
        bool, typer.Option("--candidates", help="Also what a person has yet to decide.")
    ] = False,
    json: AsJson = False,
) -> None:
    """List incidents by opening, the latest revision of each.

    Example: saqshy incidents list --object kz-bank
    """
    with told_errors(), reading(config, store) as stores:
        held = [
            incident
            for incident in stores.incidents.latest(object_id)
            if candidates or incident.state is not IncidentState.CANDIDATE
        ]
        if json:
            for incident in held:
                emit(as_document(incident))
            return
        columns = ("incident", "object", "state", "opened", "acts", "severity", "events", "to")
        show_table(f"{len(held)} incident(s)", columns, [_row(one) for one in held])


def _row(incident: Incident) -> tuple[str, ...]:
    assessment = incident.assessment
    acts = [act for act, holds in sorted(assessment.acts.items()) if holds is Tri.YES]
    return (
        incident.id[:12],
        incident.object_id,
        incident.state.value,
        to_the_second(incident.opened_at),
        ", ".join(acts) or assessment.rsit,
        assessment.severity,
        str(incident.event_count),
        ", ".join(sorted({leg.role for leg in assessment.route})),
    )


@incidents.command("show")
def show_incident(
    incident_id: Annotated[str, typer.Argument(help="The id, or its beginning.")],
    config: Config = None,
    store: Store = None,
    why: Annotated[bool, typer.Option("--why", help="Each limb with reason and basis.")] = False,
    json: AsJson = False,
) -> None:
    """Show one incident with its history.

    Example: saqshy incidents show 3f0a --why
    """
    with told_errors(), reading(config, store) as stores:
        found = [one for one in stores.incidents.latest() if one.id.startswith(incident_id)]
        if len(found) != 1:
            stop(FOUND, f"{len(found)} incidents begin with {incident_id!r}; see incidents list")
        history = stores.incidents.history(found[0].id)
        if json:
            for revision in history:
                emit(as_document(revision))
            return
        rows = [
            (
                str(one.revision),
                to_the_second(one.changed_at),
                one.state.value,
                str(one.event_count),
            )
            for one in history
        ]
        show_table(found[0].id, ("revision", "at", "state", "events"), rows)
        if why:
            show_table("why", ("element", "holds", "reason", "basis"), _why(found[0]))
        say(f"object {found[0].object_id}; notices: saqshy notices list --incident {found[0].id}")


def _why(incident: Incident) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for name, limb in incident.assessment.predicate.items():
        if isinstance(limb, Limb):
            rows.append((name, limb.holds.value, limb.reason, limb.basis))
        else:
            rows += [
                (f"{name}.{harm}", one.holds.value, one.reason, one.basis)
                for harm, one in limb.items()
            ]
    rows += [
        (leg.role, leg.party_id, leg.reason, f"{leg.basis} ({leg.set_by})")
        for leg in incident.assessment.route
    ]
    rows += [
        (name, "", incident.assessment.reasons.get(name, ""), basis)
        for name, basis in sorted(incident.assessment.basis.items())
    ]
    return rows
