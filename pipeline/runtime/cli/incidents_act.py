"""`saqshy incidents ack|investigate|…|link`: what people do with an incident."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import ConfigurationError, Problem
from pipeline.incidents.decisions import VERDICT
from pipeline.model import instant
from pipeline.runtime.cli.commanding import As, Reason, Wait
from pipeline.runtime.cli.incidents_evidence import Kept, kept_evidence
from pipeline.runtime.cli.incidents_found import history_of
from pipeline.runtime.cli.incidents_handing import Author, Hand, Seen, Subject, hand_in
from pipeline.runtime.cli.options import AsJson, Config, Store
from pipeline.runtime.cli.output import told_errors
from pipeline.runtime.reading import reading

Say = Annotated[
    list[str] | None,
    typer.Option("--say", help="ELEMENT=VALUE: acts.leak=yes, origin=external. Repeatable."),
]
_PLAIN = {
    "ack": ("acknowledge", "Acknowledge an incident: somebody has seen it and takes it on."),
    "investigate": ("investigate", "Note that an incident is being investigated."),
    "contain": ("contain", "Note that an incident is contained."),
    "restore": ("restore", "Note that what an incident touched works again."),
    "reopen": ("reopen", "Open a closed incident again; a *no* that closed it is taken back."),
    "handover": ("handover", "Hand an incident over to the response service (7-3)."),
}


def _plain(name: str, step: str, said: str) -> Callable[..., None]:
    """Make the command of a step that says nothing beside who and why."""

    def take(
        incident: Subject,
        whom: As,
        reason: Reason,
        author: Author = "",
        revision: Seen = None,
        wait: Wait = 10.0,
        config: Config = None,
        store: Store = None,
        json: AsJson = False,
    ) -> None:
        hand_in(Hand(incident, whom, author, reason, revision, wait, config, store, json), step, {})

    example = f'saqshy incidents {name} 3f0a --as analyst/a.serik --reason "the gateway is ours"'
    take.__doc__ = f"{said}\n\nExample: {example}"
    return take


def close(
    incident: Subject,
    verdict: Annotated[str, typer.Option("--verdict", help="true, benign or false.")],
    whom: As,
    reason: Reason,
    author: Author = "",
    revision: Seen = None,
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Close an incident: true; benign (it happened, and was permitted); or false, a false positive.

    What is closed as benign or false is no incident: whoever was told gets a correction. Its events
    stay as a case for the rules (saqshy incidents case).
    Example: saqshy incidents close 3f0a --verdict true --as duty_lead/a.serik --reason "restored"
    """
    hand = Hand(incident, whom, author, reason, revision, wait, config, store, json)
    hand_in(hand, "close", {"verdict": verdict})


def assign(
    incident: Subject,
    whom: As,
    reason: Reason,
    to: Annotated[str, typer.Option("--to", help='Whose it is; "" is nobody.')],
    author: Author = "",
    revision: Seen = None,
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Assign an incident to a person.

    Example: saqshy incidents assign 3f0a --to a.omarov --as duty_lead/a.serik --reason "his shift"
    """
    hand = Hand(incident, whom, author, reason, revision, wait, config, store, json)
    hand_in(hand, "assign", {"to": to})


def note(
    incident: Subject,
    whom: As,
    reason: Reason,
    text: Annotated[str, typer.Option("--text", help="What is noted; - reads standard input.")],
    author: Author = "",
    revision: Seen = None,
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Write a note into an incident's history; one that bears a secrecy mark is refused.

    Example: saqshy incidents note 3f0a --text "The owner was called" --as analyst/a.serik
    --reason "call of 20:50"
    """
    given = typer.get_text_stream("stdin").read() if text == "-" else text
    hand = Hand(incident, whom, author, reason, revision, wait, config, store, json)
    hand_in(hand, "note", {"text": given})


def evidence(
    incident: Subject,
    file: Annotated[Path, typer.Argument(help="The file; its SHA-256 and size are recorded.")],
    whom: As,
    reason: Reason,
    description: Annotated[str, typer.Option("--description", help="What it is, from where.")],
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep a text of up to 1 MB beside the store.")
    ] = False,
    author: Author = "",
    revision: Seen = None,
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Record a piece of evidence: its name, SHA-256 and size; with --keep the file itself.

    A file that bears a secrecy mark is refused; what cannot be read as text is recorded, not kept.
    Example: saqshy incidents evidence 3f0a auth.log --description "log of the gateway"
    --as analyst/a.serik --reason "asked of the owner"
    """
    hand = Hand(incident, whom, author, reason, revision, wait, config, store, json)
    with told_errors():
        kept: Kept = kept_evidence(hand, file, keep=keep)
    hand_in(hand, "evidence", {**kept.entry, "description": description}, kept.forget)


def task(
    incident: Subject,
    whom: As,
    reason: Reason,
    text: Annotated[str, typer.Option("--text", help="What is to be done.")] = "",
    who: Annotated[str, typer.Option("--who", help="By whom.")] = "",
    due: Annotated[str, typer.Option("--due", help="Until when, RFC 3339.")] = "",
    done: Annotated[str, typer.Option("--done", help="The task that is done.")] = "",
    author: Author = "",
    revision: Seen = None,
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Set a task of an incident, or note that one is done.

    Example: saqshy incidents task 3f0a --text "Change the passwords" --who a.omarov
    --due 2026-11-22T09:00:00Z --as analyst/a.serik --reason "they were tried"
    """
    with told_errors():
        detail: dict[str, object] = {"text": text, "who": who, "done": done}
        if due:
            detail["due"] = _due(due)
    hand = Hand(incident, whom, author, reason, revision, wait, config, store, json)
    hand_in(hand, "task", detail)


def request_report(
    incident: Subject,
    by: Annotated[str, typer.Option("--by", help="The role that asked for it: csirt.")],
    whom: As,
    reason: Reason,
    author: Author = "",
    revision: Seen = None,
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Record that a role of the route asked for a report; what is known so far goes to it.

    Only where the law pack owes one on request, by when it says (NIS2: an intermediate report).
    Example: saqshy incidents request-report 3f0a --by csirt --as duty_lead/a.serik
    --reason "their letter 17"
    """
    hand = Hand(incident, whom, author, reason, revision, wait, config, store, json)
    hand_in(hand, "report", {"kind": "request", "by": by})


def report_progress(
    incident: Subject,
    whom: As,
    reason: Reason,
    author: Author = "",
    revision: Seen = None,
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Tell how far it is with what still goes on, where the law pack owes that instead of an end.

    Example: saqshy incidents report-progress 3f0a --as duty_lead/a.serik --reason "month is over"
    """
    hand = Hand(incident, whom, author, reason, revision, wait, config, store, json)
    hand_in(hand, "report", {"kind": "progress"})


def decide(
    incident: Subject,
    verdict: Annotated[str, typer.Argument(help="yes: it is an incident; no: it is none.")],
    whom: As,
    reason: Reason,
    failure: Annotated[str, typer.Option("--failure", help="yes, no or unknown.")] = "",
    threat: Annotated[str, typer.Option("--functioning-threat", help="yes, no, unknown.")] = "",
    harms: Annotated[
        list[str] | None, typer.Option("--harm", help="A harm that there is. Repeatable.")
    ] = None,
    says: Say = None,
    benign: Annotated[
        bool, typer.Option("--benign", help="With no: it happened, and it was permitted.")
    ] = False,
    author: Author = "",
    revision: Seen = None,
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Decide whether it is an incident, limb by limb where you can: yes announces it at once.

    The verdict of the assessment stays beside yours. No closes it; what the same rules find of it
    later is counted, and what another finds opens an incident of its own.
    Example: saqshy incidents decide 3f0a yes --failure yes --harm obtain --as analyst/a.serik
    --reason "the account's owner was on leave"
    """
    with told_errors():
        given = {VERDICT: verdict, **_says(says or [])}
        given |= {name: one for name, one in (("failure", failure),) if one}
        given |= {name: one for name, one in (("functioning_threat", threat),) if one}
        given |= {f"harms.{one}": "yes" for one in harms or ()}
    detail: dict[str, object] = {"says": given, "closing": "benign" if benign else "false"}
    hand = Hand(incident, whom, author, reason, revision, wait, config, store, json)
    hand_in(hand, "decide", detail)


def correct(
    incident: Subject,
    whom: As,
    reason: Reason,
    severity: Annotated[
        str, typer.Option("--severity", help="A severity of the law pack; never below its floors.")
    ] = "",
    says: Say = None,
    author: Author = "",
    revision: Seen = None,
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Correct class or severity: acts, harms, limbs, intent, origin, reality, rsit.

    ELEMENT= without a value takes your earlier word back. Whoever was told hears what changed.
    Example: saqshy incidents correct 3f0a --severity high --say acts.leak=yes
    --as duty_lead/a.serik --reason "the list is for sale"
    """
    with told_errors():
        given = _says(says or [])
        if severity:
            given["severity"] = severity
    hand = Hand(incident, whom, author, reason, revision, wait, config, store, json)
    hand_in(hand, "correct", {"says": given})


def merge(
    incident: Subject,
    into: Annotated[str, typer.Argument(help="The incident of the same object that takes it in.")],
    whom: As,
    reason: Reason,
    author: Author = "",
    revision: Seen = None,
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Merge an incident into another of the same object; both histories stay.

    Example: saqshy incidents merge 3f0a 91bc --as analyst/a.serik --reason "the same attacker"
    """
    hand = Hand(incident, whom, author, reason, revision, wait, config, store, json)
    with told_errors(), reading(config, store) as stores:
        other = history_of(stores, into)[-1].id
    hand_in(hand, "merge", {"into": other})


def split(
    incident: Subject,
    findings: Annotated[list[str], typer.Option("--finding", help="An id. Repeatable.")],
    whom: As,
    reason: Reason,
    author: Author = "",
    revision: Seen = None,
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Let some findings of an incident go on as an incident of their own, linked to it.

    Example: saqshy incidents split 3f0a --finding 77d1… --as analyst/a.serik --reason "a backup"
    """
    hand = Hand(incident, whom, author, reason, revision, wait, config, store, json)
    with told_errors(), reading(config, store) as stores:
        held = history_of(stores, incident)[-1].finding_ids
    chosen = [next((one for one in held if one.startswith(name)), name) for name in findings]
    hand_in(hand, "split", {"findings": chosen})


def link(
    incident: Subject,
    to: Annotated[str, typer.Argument(help="The other incident; of any object.")],
    whom: As,
    reason: Reason,
    kind: Annotated[
        str, typer.Option("--kind", help="What the other is: related, serial, parent, child.")
    ] = "related",
    author: Author = "",
    revision: Seen = None,
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Link two incidents; each gets a revision that names the other.

    Example: saqshy incidents link 3f0a 91bc --kind parent --as analyst/a.serik --reason "its host"
    """
    hand = Hand(incident, whom, author, reason, revision, wait, config, store, json)
    with told_errors(), reading(config, store) as stores:
        other = history_of(stores, to)[-1]
    hand_in(hand, "link", {"kind": kind, "to": other.id, "to_object": other.object_id})


def _says(given: list[str]) -> dict[str, str]:
    """Read ELEMENT=VALUE pairs."""
    pairs = [one.partition("=") for one in given]
    wrong = [one for one, (_, sign, _) in zip(given, pairs, strict=True) if not sign]
    if wrong:
        way_out = "acts.leak=yes"
        raise ConfigurationError(
            [Problem("--say", 0, f"{one!r} is no ELEMENT=VALUE", way_out) for one in wrong]
        )
    return {name: value for name, _, value in pairs}


def _due(text: str) -> int:
    try:
        return instant(text)
    except ValueError as error:
        raise ConfigurationError([Problem("--due", 0, str(error), "RFC 3339")]) from error


STEP_COMMANDS: dict[str, Callable[..., None]] = {
    **{name: _plain(name, *given) for name, given in _PLAIN.items()},
    "close": close,
    "assign": assign,
    "note": note,
    "evidence": evidence,
    "task": task,
    "decide": decide,
    "correct": correct,
    "merge": merge,
    "split": split,
    "link": link,
    "request-report": request_report,
    "report-progress": report_progress,
}
"""The command of each step, by its name."""
