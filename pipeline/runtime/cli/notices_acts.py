"""`saqshy notices replay|release`: dead notices once more, and held ones freed by a person."""

from typing import Annotated

import typer

from pipeline.errors import ConfigurationError, Problem
from pipeline.ports import Stores
from pipeline.runtime.cli.commanding import As, Reason, Wait, command, give, tell
from pipeline.runtime.cli.options import AsJson, Config, Store
from pipeline.runtime.cli.output import FOUND, say, stop, told_errors
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.reading import reading
from pipeline.runtime.redelivering import RELEASE, REPLAY, delivery_problems


def replay(
    whom: As,
    reason: Reason,
    notice_ids: Annotated[
        list[str] | None, typer.Argument(help="Ids of dead notices, or their beginnings.")
    ] = None,
    channel: Annotated[
        str, typer.Option("--channel", help="Instead of ids: all dead ones of a channel.")
    ] = "",
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Put dead notices back on their way; their attempts are kept, their ids the same.

    Example: saqshy notices replay --channel ncc --as duty_lead/a.serik --reason "line mended"
    """
    with told_errors():
        if bool(notice_ids) == bool(channel):
            raise ConfigurationError([Problem("replay", 0, "give either ids or --channel")])
        detail: dict[str, object] = {"channel": channel}
        if notice_ids:
            with reading(config, store) as stores:
                detail = {"notices": named(stores, notice_ids)}
        _ask(REPLAY, whom, reason, detail, wait=wait, config=config, store=store, json=json)


def release(
    notice_ids: Annotated[
        list[str], typer.Argument(help="Ids of held notices, or their beginnings.")
    ],
    whom: As,
    reason: Reason,
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Free notices that the secrecy guard held, as far as it lets them out now, and no further.

    Where the guard still holds, the registry has to be mended first (an attestation, a party).
    What it ever held leaves as the stub.
    Example: saqshy notices release 81bc --as regime_officer/b.aman --reason "act 12 of 3 March"
    """
    with told_errors():
        with reading(config, store) as stores:
            detail: dict[str, object] = {"notices": named(stores, notice_ids)}
        _ask(RELEASE, whom, reason, detail, wait=wait, config=config, store=store, json=json)


def named(stores: Stores, beginnings: list[str]) -> list[str]:
    """Give the one notice that each text begins; ends with 1 where there is none, or several."""
    known = [one.id for one in stores.outbox.list()]
    found = []
    for text in beginnings:
        fits = [one for one in known if one.startswith(text)]
        if len(fits) != 1:
            stop(FOUND, f"{len(fits)} notices begin with {text!r}; see notices list")
        found += fits
    return found


def _ask(
    name: str,
    whom: str,
    reason: str,
    detail: dict[str, object],
    *,
    wait: float,
    config: Config,
    store: Store,
    json: bool,
) -> None:
    asked = command(name, whom, reason, detail)
    problems = [Problem(name, 0, one) for one in delivery_problems(asked)]
    if problems:
        raise ConfigurationError(problems)
    entry = tell(asked, give(read_settings(config), store, asked, wait), as_json=json)
    if not json:
        say(f"{len(entry.detail['notices'])} notice(s) are on their way")
