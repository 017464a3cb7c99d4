"""`saqshy silences add|list|end`: what shall page nobody for a while, by whose word and why."""

import difflib
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer

from pipeline.errors import ConfigurationError, Problem
from pipeline.incidents.silences import ADD, END, problems_of, silence_of
from pipeline.model import Command, as_document, instant, rfc3339
from pipeline.runtime.cli.commanding import As, Reason, Wait, command, give, tell
from pipeline.runtime.cli.options import AsJson, Config, Store
from pipeline.runtime.cli.output import FOUND, emit, say, show_table, stop, told_errors
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.knowledge import read_knowledge
from pipeline.runtime.reading import reading
from pipeline.runtime.silenced import covered, meaning, span, standing
from pipeline.settings import Settings

silences = typer.Typer(help="Silences of findings, with reason and expiry.", no_args_is_help=True)


@silences.command("add")
def add_silence(
    whom: As,
    reason: Reason,
    rules: Annotated[
        list[str] | None, typer.Option("--rule", help="A rule's id or name; may be repeated.")
    ] = None,
    object_id: Annotated[str, typer.Option("--object", help="Only at this object.")] = "",
    where: Annotated[
        list[str] | None,
        typer.Option("--where", help="FIELD=VALUE of the group or of every event; repeatable."),
    ] = None,
    begins: Annotated[str | None, typer.Option("--from", help="RFC 3339; default: now.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="RFC 3339, at most 90 days.")] = None,
    hours: Annotated[float | None, typer.Option("--hours", help="Instead of --until.")] = None,
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Silence findings: they are made, kept and counted, and alone they page nobody.

    It holds for candidates only: what is an incident under the law is told all the same.
    Example: saqshy silences add --as duty_lead/a.serik --rule sshd_failed_password --object kz-bank
    --where source.ip=10.0.0.9 --hours 8 --reason "the scan of 12 March, order 44"
    """
    with told_errors():
        settings = read_settings(config)
        detail = dict(_detail(settings, rules or [], object_id, where or [], begins, until, hours))
        asked = command(ADD, whom, reason, detail)
        _check(asked)
        entry = tell(asked, give(settings, store, asked, wait), as_json=json)
        if not json:
            say(f"silence {entry.subject} stands until {entry.detail['until']}")


@silences.command("list")
def list_silences(config: Config = None, store: Store = None, json: AsJson = False) -> None:
    """List the silences that stand: what, by whom, until when, and what they covered so far.

    Example: saqshy silences list
    """
    with told_errors(), reading(config, store) as stores:
        held = list(covered(stores))
        if json:
            for one in held:
                document = as_document(one.silence)
                emit({**document, "findings": one.findings, "events": one.events})
            return
        columns = ("silence", "what", "when", "by", "findings", "events", "why")
        rows = [
            (
                one.silence.id[:12],
                meaning(one.silence),
                span(one.silence),
                f"{one.silence.role}/{one.silence.author}",
                str(one.findings),
                str(one.events),
                one.silence.reason,
            )
            for one in held
        ]
        show_table(f"{len(held)} silence(s)", columns, rows)


@silences.command("end")
def end_silence(
    silence_id: Annotated[str, typer.Argument(help="The id, or its beginning.")],
    whom: As,
    reason: Reason,
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """End a silence before its time.

    Example: saqshy silences end 3f0a --as duty_lead/a.serik --reason "the scan is over"
    """
    with told_errors():
        settings = read_settings(config)
        with reading(config, store) as stores:
            named = [one.id for one in standing(stores.state) if one.id.startswith(silence_id)]
        if len(named) != 1:
            stop(FOUND, f"{len(named)} silences begin with {silence_id!r}; see silences list")
        asked = command(END, whom, reason, {"silence": named[0]})
        entry = tell(asked, give(settings, store, asked, wait), as_json=json)
        if not json:
            say(f"silence {entry.subject} is ended")


def _detail(
    settings: Settings,
    rules: list[str],
    object_id: str,
    where: list[str],
    begins: str | None,
    until: str | None,
    hours: float | None,
) -> Iterator[tuple[str, object]]:
    """Give the parts of the command; ConfigurationError with everything that names nothing."""
    problems = []
    if (until is None) == (hours is None):
        problems.append(Problem("--until", 0, "give either --until or --hours"))
    known = read_knowledge(settings)
    content = known.content
    names = {name: name for name in (*content.rules, *content.correlations)}
    names |= {rule.name: rule.id for rule in content.rules.values() if rule.name}
    names |= {rule.name: rule.id for rule in content.correlations.values() if rule.name}
    problems += _unknown("--rule", [one for one in rules if not one.startswith("saqshy.")], names)
    if object_id:
        problems += _unknown("--object", [object_id], known.registry.histories)
    problems += [
        Problem("--where", 0, f"{one!r} is no FIELD=VALUE") for one in where if "=" not in one
    ]
    for option, text in (("--from", begins), ("--until", until)):
        problems += _no_time(option, text)
    if problems:
        raise ConfigurationError(problems)
    yield "rules", [names.get(one, one) for one in rules]
    yield "object_id", object_id
    yield "where", dict(one.split("=", 1) for one in where)
    for name, value in (("begins", begins), ("until", until)):
        if value is not None:
            yield name, rfc3339(instant(value))
    if hours is not None:
        yield "hours", hours


def _unknown(option: str, given: list[str], known: Iterable[str]) -> Iterator[Problem]:
    names = sorted(known)
    for one in given:
        if one not in names:
            near = difflib.get_close_matches(one, names, 1)
            way_out = f"did you mean {near[0]!r}?" if near else ""
            yield Problem(option, 0, f"nothing in force is named {one!r}", way_out)


def _no_time(option: str, text: str | None) -> Iterator[Problem]:
    try:
        if text is not None:
            instant(text)
    except ValueError as error:
        yield Problem(option, 0, str(error))


def _check(asked: Command) -> None:
    found = problems_of(silence_of(asked, asked.given_at), asked.given_at)
    if found:
        raise ConfigurationError([Problem("silence", 0, one) for one in found])
