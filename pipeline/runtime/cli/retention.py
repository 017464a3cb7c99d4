"""`saqshy retention`: let go of what is old enough."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import ConfigurationError, Problem
from pipeline.model import Json, rfc3339
from pipeline.ports.retention import Periods
from pipeline.runtime.cli.commanding import command
from pipeline.runtime.cli.options import AsJson, Config, Store
from pipeline.runtime.cli.output import emit, say, told_errors
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.handing import hand_over
from pipeline.runtime.retention import (
    RETENTION,
    Gone,
    History,
    Outcome,
    apply_retention,
    policy_of,
    retention_problems,
    told_of,
)
from pipeline.settings import Settings

REASON = "the settings keep it no longer"


def retention(
    config: Config = None,
    store: Store = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go, and change nothing.")
    ] = False,
    whom: Annotated[
        str, typer.Option("--as", help="Who has it done, in which role, for the audit trail.")
    ] = "system/retention",
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the audit trail.")] = REASON,
    json: AsJson = False,
) -> None:
    """Delete events and dead letters that are older than the settings keep them.

    What an open incident refers to, and what is under a legal hold, stays. Incidents, notices and
    the audit trail are kept. Works on Elasticsearch where the settings name it, else on the store,
    while the system runs or not; what goes is recorded in the audit trail before it goes. In a
    cluster it waits until indexers have written what was found, and lets nothing go before.
    Example: saqshy retention --dry-run --config saqshy.yml
    """
    with told_errors():
        settings = read_settings(config)
        policy = policy_of(settings.retention)

        def told(gone: Gone) -> None:
            verb = "would go" if dry_run else "gone"
            count = gone.period.count - gone.stays
            say(f"{gone.period.name}: {count} {verb}, {gone.stays} stay")

        with _opened(settings, store) as (periods, history):
            now = time.time_ns()
            plan = apply_retention(policy, periods, history, now, dry=True)
            if not dry_run and (plan.gone or plan.freed):
                _record(settings, store, whom, reason, told_of(plan))
            done = apply_retention(policy, periods, history, now, dry=dry_run, told=told)
        if json:
            emit(_document(done, dry_run=dry_run))
        else:
            say(f"{len(done.gone)} period(s), {done.freed} freed; {done.open_incidents} open")


@contextmanager
def _opened(settings: Settings, store: Path | None) -> Iterator[tuple[Periods, History]]:
    if settings.elasticsearch is not None and store is None:
        from connectors.stores.elasticsearch.retention import ElasticPeriods  # noqa: PLC0415 (extra)
        from connectors.stores.elasticsearch.store import open_elastic  # noqa: PLC0415 (an extra)

        if settings.cluster is not None:
            from pipeline.runtime.cluster.index_follows import (  # noqa: PLC0415 (an extra)
                wait_for_index,
            )

            wait_for_index(settings.cluster, settings.cluster.timeout_seconds)
        elastic = open_elastic(settings.elasticsearch, refresh=True)
        try:
            yield ElasticPeriods(elastic.client, elastic.documents, elastic.bulk), elastic.incidents
        finally:
            elastic.close()
        return
    from connectors.stores.sqlite import open_sqlite  # noqa: PLC0415 (the other way needs none)
    from connectors.stores.sqlite.retention import SqlitePeriods  # noqa: PLC0415 (as above)

    path = store or settings.store.path
    reading = open_sqlite(path, readonly=True)
    try:
        periods = SqlitePeriods(path)
        try:
            yield periods, reading.incidents
        finally:
            periods.close()
    finally:
        reading.database.close()


def _record(settings: Settings, store: Path | None, whom: str, reason: str, detail: Json) -> None:
    """Leave the record of what goes, durably, before any of it does."""
    given = command(RETENTION, whom, reason, detail)
    problems = [Problem("--as", 0, what) for what in retention_problems(given)]
    if problems:
        raise ConfigurationError(problems)
    hand_over(settings, store, given)


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
