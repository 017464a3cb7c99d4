"""`saqshy report`: enter by hand what an operator, a citizen or the response service reported."""

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import ConfigurationError, Problem, StoreError
from pipeline.incidents.reports import REPORT, report_problems
from pipeline.model import AuditEntry, Command, rfc3339
from pipeline.runtime.bootstrap import offline as offline_system
from pipeline.runtime.cli.commanding import As, Reason, Wait, command, give, tell
from pipeline.runtime.cli.options import AsJson, Config, Store
from pipeline.runtime.cli.output import say, told_errors
from pipeline.runtime.cli.report_texts import LANGUAGES, told
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.knowledge import Knowledge, read_knowledge
from pipeline.runtime.reading import one_machine
from pipeline.settings import Settings

_CHUNK = 1024 * 1024


ObjectId = Annotated[str, typer.Option("--object", help="The object it is about.")]
Kind = Annotated[
    str, typer.Option("--kind", help="Who reports: operator, citizen, response_service, holder.")
]
What = Annotated[str, typer.Option("--what", help="What happened; - reads standard input.")]
Happened = Annotated[
    str | None, typer.Option("--happened", help="RFC 3339, when it happened; default: now.")
]
Acts = Annotated[
    list[str] | None, typer.Option("--act", help="An act of the law pack; repeatable.")
]
Harms = Annotated[
    list[str] | None, typer.Option("--harm", help="A harm of the law pack; repeatable.")
]
Failed = Annotated[str, typer.Option("--failure", help="yes, no or unknown.")]
Threat = Annotated[str, typer.Option("--functioning-threat", help="yes, no or unknown.")]
Reporter = Annotated[str, typer.Option("--reporter", help="How to reach who reports.")]
Came = Annotated[str, typer.Option("--channel", help="How it came: phone, letter.")]
Attached = Annotated[
    list[Path] | None,
    typer.Option("--attach", help="A file; its name, size and SHA-256 are kept. Repeatable."),
]
Lang = Annotated[str, typer.Option("--lang", help="Of the answer: kk, ru, en.")]
Without = Annotated[
    bool, typer.Option("--offline", help="Enter into the store while no system runs.")
]


def report(
    object_id: ObjectId,
    whom: As,
    kind: Kind,
    what: What,
    reason: Reason,
    happened: Happened = None,
    acts: Acts = None,
    harms: Harms = None,
    failure: Failed = "unknown",
    threat: Threat = "unknown",
    reporter: Reporter = "",
    channel: Came = "",
    attachments: Attached = None,
    lang: Lang = "en",
    without: Without = False,
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> str:
    """Enter a report; it becomes an event of the object and opens a candidate for a person.

    Example: saqshy report --as duty_lead/a.serik --object kz-bank --kind operator --act leak
    --what "A client list is for sale on a forum" --reason "call of the bank's duty officer"
    """
    with told_errors():
        settings = read_settings(config)
        detail: dict[str, object] = {
            "object": object_id,
            "kind": kind,
            "what": typer.get_text_stream("stdin").read() if what == "-" else what,
            "happened_at": happened or rfc3339(time.time_ns()),
            "acts": acts or [],
            "harms": harms or [],
            "failure": failure,
            "functioning_threat": threat,
            "reporter": reporter,
            "channel": channel,
            "attachments": [_attachment(path) for path in attachments or []],
        }
        asked = command(REPORT, whom, reason, detail)
        _check(settings, asked, lang)
        entry = _entered(settings, store, asked) if without else give(settings, store, asked, wait)
        tell(asked, entry, as_json=json)
        if not json:
            say(told(lang, asked.id, object_id))
    return asked.id


def _check(settings: Settings, asked: Command, lang: str) -> None:
    """Raise ConfigurationError with everything that is wrong with a report."""
    problems = [Problem("report", 0, one) for one in report_problems(asked)]
    if lang not in LANGUAGES:
        problems.append(Problem("--lang", 0, f"{lang!r} is none of {', '.join(LANGUAGES)}"))
    problems += _unknown(read_knowledge(settings), asked)
    if problems:
        raise ConfigurationError(problems)


def _entered(settings: Settings, store: Path | None, asked: Command) -> AuditEntry | None:
    """Enter a report into a store that no system has open, and fold it."""
    path = one_machine(settings, store, "--offline", "without it the brokers take the report")
    with offline_system(settings, path) as system:
        system.runtime.inbox.report(asked)
        while system.engine.run_pending():
            pass
        wanted = f"command:{asked.id}"
        chain = system.stores.audit.read("administration")
        found = next((one for one in chain if one.entry_id == wanted), None)
    if found is None:
        raise StoreError(f"{path}: the report was not kept")
    return found


def _unknown(known: Knowledge, asked: Command) -> Iterator[Problem]:
    """Name what neither the registry nor the law pack knows."""
    object_id = str(asked.detail["object"])
    if object_id not in known.registry.histories:
        yield Problem("--object", 0, f"no object {object_id!r} is registered")
    view = known.pack.at(asked.given_at)
    words = {
        group: {key.removeprefix(f"{group}.") for key in view.label_keys if key.startswith(group)}
        for group in ("acts", "harms")
    }
    for name, option in (("acts", "--act"), ("harms", "--harm")):
        given = asked.detail[name]
        for one in given if isinstance(given, list) else ():
            if one not in words[name]:
                way_out = f"one of: {', '.join(sorted(words[name]))}"
                yield Problem(option, 0, f"the law pack has no {one!r}", way_out)


def _attachment(path: Path) -> dict[str, object]:
    """Give a file's name, size and SHA-256."""
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
            size += len(piece)
    return {"name": path.name, "sha256": digest.hexdigest(), "size": size}
