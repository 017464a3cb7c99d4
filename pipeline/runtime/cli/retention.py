"""`saqshy retention`: let go of what is old enough."""

import time
from typing import Annotated

import typer

from connectors.stores.elasticsearch.retention import ElasticPeriods
from connectors.stores.elasticsearch.store import open_elastic
from pipeline.model import Json, rfc3339
from pipeline.runtime.cli.options import AsJson, Config
from pipeline.runtime.cli.output import emit, say, stop, told_errors
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.retention import Gone, Outcome, apply_retention, policy_of


def retention(
    config: Config = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go, and change nothing.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Delete events and dead letters that are older than the settings keep them.

    What an open incident refers to, and what is under a legal hold, stays. Incidents, notices and
    the audit trail are kept. Example: saqshy retention --dry-run --config saqshy.yml
    """
    with told_errors():
        settings = read_settings(config)
        policy = policy_of(settings.retention)
        if settings.elasticsearch is None:
            stop(2, "there is no section elasticsearch: retention is for its indices")
        store = open_elastic(settings.elasticsearch, refresh=True)
        periods = ElasticPeriods(store.client, store.documents, store.bulk)

        def told(gone: Gone) -> None:
            verb = "would go" if dry_run else "gone"
            say(f"{gone.period.name}: {gone.period.count} {verb}, {gone.stays} of them stay")

        try:
            done = apply_retention(
                policy, periods, store.incidents, time.time_ns(), dry=dry_run, told=told
            )
        finally:
            store.close()
        if json:
            emit(_document(done, dry_run=dry_run))
        else:
            say(f"{len(done.gone)} period(s), {done.freed} freed; {done.open_incidents} open")


def _document(done: Outcome, *, dry_run: bool) -> Json:
    return {
        "dry_run": dry_run,
        "open_incidents": done.open_incidents,
        "freed": done.freed,
        "periods": [
            {
                "kind": one.period.kind,
                "name": one.period.name,
                "end": rfc3339(one.period.end),
                "count": one.period.count,
                "bytes": one.period.size,
                "stay": one.stays,
            }
            for one in done.gone
        ],
    }
