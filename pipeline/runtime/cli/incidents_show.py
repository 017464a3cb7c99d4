"""`saqshy incidents show`: one incident, its history, and why it was judged so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import typer

from pipeline.assess.reason_texts import LANGUAGES, reason_texts
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import NANOSECONDS, Incident, as_document, instant
from pipeline.runtime.cli.incidents_found import history_of
from pipeline.runtime.cli.incidents_why import texts_folder
from pipeline.runtime.cli.incidents_why import why as explained
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
from pipeline.runtime.cli.reads import Basis, ReadAs, note_read
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.reading import reading

NEWEST = 15  # revisions that a person reads at once


def show_incident(
    incident_id: Annotated[str, typer.Argument(help="The id, or its beginning.")],
    config: Config = None,
    store: Store = None,
    why: Annotated[
        bool, typer.Option("--why", help="Each element with norm, fact and rule; who was told.")
    ] = False,
    language: Annotated[str, typer.Option("--language", help="kk, ru or en.")] = "en",
    revision: Annotated[
        int | None, typer.Option("--revision", help="Explain this revision; default: the last.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", help="Explain what was in force then: a date (UTC) or RFC 3339 time."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every revision, not the newest.")] = False,
    whom: ReadAs = None,
    basis: Basis = None,
    json: AsJson = False,
) -> None:
    """Show one incident with its history; with --why what the law makes of a revision, and why.

    The newest revisions are shown, with --all or --json every one. The pack that judged a revision
    explains it, not today's.

    Example: saqshy incidents show 3f0a --why --language kk --at 2026-11-21
    """
    with told_errors():
        asked = _Asked(language, revision, _instant(at))
        settings = read_settings(config)
        with reading(config, store) as stores:
            history = history_of(stores, incident_id)
            read = "incidents show --why" if why else "incidents show"
            note_read(config, store, whom, basis, what=read, incident=history[0].id)
            if why:
                texts = reason_texts(texts_folder(settings.law.pack))
                chosen = asked.chosen(history)
                found = explained(stores, history, chosen, language, texts, asked.at)
                if json:
                    emit(found.document())
                else:
                    found.show()
                return
            if json:
                for one in history:
                    emit(as_document(one))
                return
            _show(history, len(history) if every else NEWEST)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which revision is asked for, and in which language."""

    language: str
    revision: int | None
    at: int | None

    def __post_init__(self) -> None:
        problems = []
        if self.language not in LANGUAGES:
            way_out = f"one of: {', '.join(LANGUAGES)}"
            problems.append(Problem("--language", 0, f"no language {self.language!r}", way_out))
        if self.revision is not None and self.at is not None:
            problems.append(Problem("--revision", 0, "a revision and a time are asked for", "one"))
        if problems:
            raise ConfigurationError(problems)

    def chosen(self, history: Sequence[Incident]) -> Incident:
        """Give the revision; the command ends where there is none."""
        found = [
            one
            for one in history
            if (self.revision is None or one.revision == self.revision)
            and (self.at is None or one.changed_at <= self.at)
        ]
        if not found:
            last = history[-1].revision
            first = to_the_second(history[0].changed_at)
            stop(FOUND, f"no such revision: there are 1 to {last}, the first of {first}")
        return found[-1]


def _instant(text: str | None) -> int | None:
    """Read a time, or a date as the end of its day in UTC."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        try:
            return instant(text)
        except ValueError as error:
            problem = Problem("--at", 0, f"{text!r} is neither a date nor a time", "2026-01-31")
            raise ConfigurationError([problem]) from error
    return instant(f"{day.isoformat()}T00:00:00Z") + 86_400 * NANOSECONDS - 1


def _show(history: Sequence[Incident], most: int) -> None:
    hidden = max(0, len(history) - most)
    rows = [
        (str(one.revision), to_the_second(one.changed_at), one.state.value, str(one.event_count))
        for one in history[hidden:]
    ]
    last = history[-1]
    show_table(last.id, ("revision", "at", "state", "events"), rows)
    if hidden:
        say(f"{hidden} older revision(s) are not shown; --all shows every one")
    say(f"object {last.object_id}; notices: saqshy notices list --incident {last.id}")
