"""`saqshy incidents`: its commands, and the list of what the store knows."""

from typing import Annotated

import typer

from pipeline.model import Incident, IncidentState, Tri, as_document, from_json
from pipeline.ports.searching import Kind
from pipeline.runtime.cli.lazy import Later, lazily
from pipeline.runtime.cli.options import AsJson, Config, Store
from pipeline.runtime.cli.output import emit, show_table, to_the_second, told_errors
from pipeline.runtime.cli.querying import QueryText, queried
from pipeline.runtime.cli.reads import Basis, ReadAs, note_read
from pipeline.runtime.reading import reading

STEPS = (
    *("ack", "investigate", "contain", "restore", "reopen", "handover", "close", "assign"),
    *("note", "evidence", "task", "decide", "correct", "merge", "split", "link"),
    *("request-report", "report-progress"),
)
_LATER = {
    "show": Later("incidents_show:show_incident"),
    "report": Later("report:report"),
    "export": Later("incidents_export:export"),
    "timeline": Later("incidents_timeline:show_timeline"),
    "case": Later("incidents_case:write_case"),
    "open": Later("incidents_open:open_by_hand"),
    **dict.fromkeys(STEPS, Later("incidents_act:STEP_COMMANDS")),
}
incidents = typer.Typer(
    cls=lazily(_LATER), help="List, show, work on and export incidents.", no_args_is_help=True
)


@incidents.callback()
def _group() -> None:
    """Have commands, though only one is imported yet."""


@incidents.command("list")
def list_incidents(
    config: Config = None,
    store: Store = None,
    object_id: Annotated[str | None, typer.Option("--object", help="Of one object.")] = None,
    candidates: Annotated[
        bool, typer.Option("--candidates", help="Also what a person has yet to decide.")
    ] = False,
    query: QueryText = None,
    whom: ReadAs = None,
    basis: Basis = None,
    json: AsJson = False,
) -> None:
    """List incidents by opening, the latest revision of each.

    Example: saqshy incidents list --object kz-bank --query "assessment.severity: high"
    """
    with told_errors(), reading(config, store) as stores:
        if query is None:
            found = stores.incidents.latest(object_id)
        else:
            rows = queried(config, store, Kind.INCIDENTS, query)
            read = (from_json(Incident, row) for row in rows)
            found = (one for one in read if object_id in {None, one.object_id})
        held = [one for one in found if candidates or one.state is not IncidentState.CANDIDATE]
        of = object_id or "all"
        of = of if query is None else f"{of}, {query}"
        note_read(config, store, whom, basis, what="incidents list", of=of)
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
