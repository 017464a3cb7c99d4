"""`saqshy rules explain`: why a rule did or did not fire on an event, and what it asks for."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import UTC
from itertools import islice
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.text import Text
from rich.tree import Tree

from pipeline.content import Content, Correlation, Rule
from pipeline.content.predicate import And, Not, Or, Predicate
from pipeline.match import Taxonomy
from pipeline.match.explain import Explainer, Explanation, Found, Step
from pipeline.match.explain_mapping import explain_fields
from pipeline.match.lint import source_words
from pipeline.match.necessary import needed_leaves
from pipeline.match.reach import reached_by
from pipeline.match.wording import leaf_words
from pipeline.model import NANOSECONDS, Event, Json, RawBatch, RecordNote, event_from, instant
from pipeline.normalize import Framed, Normalizer, Profile, read_records, read_stream
from pipeline.runtime.cli.match import Shape
from pipeline.runtime.cli.options import AsJson, Config
from pipeline.runtime.cli.output import (
    FOUND,
    USAGE,
    emit,
    fitted_console,
    printable,
    say,
    stop,
    told_errors,
)
from pipeline.runtime.cli.rules_options import RulePaths, content_of, one_rule, taxonomy_of
from pipeline.runtime.configuration import read_settings

STANDARD_INPUT = Path("-")
RECORD = "record"  # the batch of what is read here
SHOWN = 12  # parts of one condition that hold nothing new
LONG_AGO = instant("2100-01-01T00:00:00Z")  # later than any record, so that none is clamped
_MARKS = {True: "yes", False: "no "}
_JOINED = {"and": "all of", "or": "one of", "not": "not"}


def explain_rule(
    rule: Annotated[str, typer.Argument(help="Id or its beginning, name, title or file.")],
    event: Annotated[
        Path | None, typer.Argument(help="File of records or of kept events; - is standard input.")
    ] = None,
    index: Annotated[int, typer.Option("--index", min=0, help="Which record, from 0.")] = 0,
    rules: RulePaths = None,
    shape: Annotated[Shape, typer.Option("--shape", help="What the records look like.")] = (
        Shape.AUTO
    ),
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Say why a rule did or did not fire on an event; without an event, what the rule asks for.

    Example: saqshy rules explain "Failed SSH Password Logon" events.ndjson --index 3
    """
    with told_errors():
        settings = read_settings(config)
        content = content_of(rules, settings)
        item = one_rule(content, rule)
        taxonomy = taxonomy_of(settings)
        if event is None:
            _describe(item, content, taxonomy, as_json=json)
            return
        read = _event(event, index, shape)
        explain = Explainer(content, taxonomy)
        for member in _members(item, content):
            explanation = explain(member, read)
            if json:
                emit(_document(item, member, explanation, content, read))
            else:
                _show(item, member, explanation, content, read)


def _members(item: Rule | Correlation, content: Content) -> list[Rule]:
    """Give the rules that a correlation counts, over correlations between."""
    if isinstance(item, Rule):
        return [item]
    found: dict[str, Rule] = {}
    for name in item.rules:
        inner = content.rules.get(name) or content.correlations[name]
        found.update((member.id, member) for member in _members(inner, content))
    return list(found.values())


def _document(
    item: Rule | Correlation, member: Rule, told: Explanation, content: Content, event: Event
) -> Json:
    document = asdict(told)
    document["rule"] = {"id": member.id, "title": member.title, "level": member.level}
    document["format"] = event.format
    if isinstance(item, Correlation):
        document["correlation"] = {"id": item.id, "title": item.title}
    del document["rule_id"]
    document["speaks_alone"] = content.speaks_alone(member.id)
    return document


def _event(path: Path, index: int, shape: Shape) -> Event:
    """Read one record of a file as an event; ends the command where it is none."""
    form = "ecs" if shape is Shape.ECS else "auto"
    if path == STANDARD_INPUT:
        framed: Iterable[Framed] = read_stream(sys.stdin.buffer, form)
    else:
        framed = read_records(path, form)
    chosen = next(islice(framed, index, None), None)
    if chosen is None:
        stop(USAGE, f"{path}: has no record {index}: name another --index")
    kept = _kept_event(chosen.data)
    if kept is not None:
        return kept
    notes = (RecordNote(0, chosen.note_kind, chosen.note_detail),) if chosen.note_kind else ()
    batch = RawBatch(
        id=RECORD,
        object_id="explain",
        source_id=path.name,
        sequence=1,
        previous=0,
        received_at=LONG_AGO,
        reference_at=LONG_AGO if path == STANDARD_INPUT else path.stat().st_mtime_ns,
        format=form,
        records=(chosen.data,),
        notes=notes,
        preamble=chosen.preamble,
    )
    read = Normalizer(lambda _object, _source: Profile(form, UTC))(batch)
    reasons = [f"{failure.code.value}: {failure.detail}" for failure in read.failures]
    why = "; ".join(reasons) or "withheld"
    if not read.events:
        stop(FOUND, f"{path}: record {index} is no event: {why}")
    if reasons:
        say(f"{path}: record {index} is an event of no known format: {why}")
    return replace(read.events[0], index=index)


def _kept_event(record: bytes) -> Event | None:
    """Read a record that is an event as a store or `saqshy replay --out` gives it."""
    if b'"saqshy"' not in record:
        return None
    try:
        return event_from(orjson.loads(record))
    except ValueError:  # also what is no JSON: the normaliser says what is wrong with it
        return None


def _show(
    item: Rule | Correlation, member: Rule, told: Explanation, content: Content, event: Event
) -> None:
    verdict = "fires" if told.fires else "does not fire"
    head = f"{member.title} ({member.id}) {verdict} on {_event_words(event)}"
    tree = Tree(_plain(head))
    for error in told.errors:
        tree.add(_plain(f"could not be asked: {error}"))
    source = told.source
    covered = "is of" if source.covers else "is not of"
    branch = tree.add(
        _plain(f"{_MARKS[source.covers]} the event {covered} the log source {source_words(member)}")
    )
    for wish in source.wishes:
        because = "; ".join(wish.because)
        branch.add(_plain(f"{_MARKS[wish.holds]} {wish.kind} {wish.label}: {because}"))
    has = [f"{kind} {name}" for kind, names in source.labels.items() for name in names]
    branch.add(_plain(f"vocabulary {source.vocabulary}; the event has {', '.join(has) or 'none'}"))
    seen = [f"{field}={', '.join(texts)}" for field, texts in source.key.items()]
    branch.add(_plain(f"decided by {'; '.join(seen) or 'nothing that the event has'}"))
    _add_step(tree, told.condition)
    if not content.speaks_alone(member.id):
        tree.add(_plain("its hits only feed correlations: it gives no finding of its own"))
    if isinstance(item, Correlation):
        _add_group(tree, item, member, told)
    fitted_console().print(tree)


def _event_words(event: Event) -> str:
    if event.batch == RECORD:
        return f"record {event.index} ({event.format})"
    return f"event {event.id} of {event.object_id}/{event.source_id} ({event.format})"


def _add_step(tree: Tree, step: Step) -> None:
    mark = _MARKS[step.holds]
    if step.kind == "leaf":
        found = "; ".join(map(_found_words, step.found))
        error = f"; could not be asked: {step.error}" if step.error else ""
        tree.add(_plain(f"{mark} {step.says}{f' — {found}' if found else ''}{error}"))
        return
    branch = tree.add(_plain(f"{mark} {_JOINED[step.kind]}"))
    shown = _worth_showing(step)
    for part in shown:
        _add_step(branch, part)
    if hidden := len(step.parts) - len(shown):
        branch.add(_plain(f"… and {hidden} more that {'hold' if step.kind == 'and' else 'do not'}"))


def _worth_showing(step: Step) -> Sequence[Step]:
    """Give the parts that decide, and of the others the first few."""
    if len(step.parts) <= SHOWN:
        return step.parts
    deciding = step.kind == "or"
    telling = [part for part in step.parts if part.holds is deciding]
    others = [part for part in step.parts if part.holds is not deciding]
    return [*telling[:SHOWN], *others[: max(0, SHOWN - len(telling))]]


def _found_words(found: Found) -> str:
    if found.under:
        named = "" if found.under == found.field else f" under {found.under}"
        values = ", ".join(f"'{value}'" for value in found.values) or "an empty list"
        return f"{found.field} is {values}{named} ({found.place})"
    return f"{found.field} is not there; tried {', '.join(found.tried)}"


def _add_group(tree: Tree, item: Correlation, member: Rule, told: Explanation) -> None:
    """Say into which group of a correlation a hit counts."""
    branch = tree.add(_plain(f"correlation {item.title} ({item.id})"))
    if not told.fires:
        branch.add(_plain("counts nothing: the rule does not fire"))
        return
    names = [item.aliases.get(name, {}).get(member.id, name) for name in item.group_by]
    values = [f"{name}={told.fields[name]}" for name in names if name in told.fields]
    if lacking := [name for name in names if name not in told.fields]:
        branch.add(_plain(f"counts in no group: the event has no {', '.join(lacking)}"))
    else:
        branch.add(_plain(f"counts in the group {', '.join(values) or 'of all events'}"))


def _describe(
    item: Rule | Correlation, content: Content, taxonomy: Taxonomy, *, as_json: bool
) -> None:
    if isinstance(item, Correlation):
        document = _of_correlation(item, content)
    else:
        document = _of_rule(item, taxonomy)
    if as_json:
        emit(document)
        return
    tree = Tree(_plain(f"{item.title} ({item.id}) {item.level} {item.file}:{item.line}"))
    if isinstance(item, Rule):
        condition = tree.add(_plain("asks for"))
        _add_form(condition, item.predicate)
    for name, value in document.items():
        if name == "fields":
            _add_fields(tree, value)
        elif name not in ("id", "title", "level", "file", "line", "form"):
            _add_value(tree, name.replace("_", " "), value)
    fitted_console().print(tree)


def _of_rule(rule: Rule, taxonomy: Taxonomy) -> Json:
    reached = reached_by(rule, taxonomy)
    needed = needed_leaves(rule.predicate)
    return {
        "id": rule.id,
        "title": rule.title,
        "level": rule.level,
        "file": rule.file,
        "line": rule.line,
        "log_source": source_words(rule),
        "vocabularies": reached,
        "form": _form(rule.predicate),
        "an_event_must_show_one_of": None if needed is None else list(map(leaf_words, needed)),
        "fields": [
            {"vocabulary": name, **asdict(row)}
            for name in reached
            for row in explain_fields(taxonomy, name, rule)
        ],
    }


def _of_correlation(item: Correlation, content: Content) -> Json:
    members: dict[str, Rule | Correlation] = {**content.rules, **content.correlations}
    return {
        "id": item.id,
        "title": item.title,
        "level": item.level,
        "file": item.file,
        "line": item.line,
        "type": item.type,
        "rules": {one: members[one].title for one in item.rules},
        "group_by": list(item.group_by),
        "timespan_seconds": item.timespan_ns / NANOSECONDS,
        "aliases": {name: dict(fields) for name, fields in item.aliases.items()},
        "condition": asdict(item.condition),
        "generate": item.generate,
        "scope": item.scope,
        "branches": [asdict(branch) for branch in item.branches],
    }


def _form(predicate: Predicate) -> Json:
    if isinstance(predicate, Not):
        return {"not": _form(predicate.item)}
    if isinstance(predicate, And | Or):
        name = "and" if isinstance(predicate, And) else "or"
        return {name: [_form(item) for item in predicate.items]}
    return {"leaf": leaf_words(predicate)}


def _add_form(tree: Tree, predicate: Predicate) -> None:
    if isinstance(predicate, Not):
        _add_form(tree.add(_plain("not")), predicate.item)
    elif isinstance(predicate, And | Or):
        branch = tree.add(_plain("all of" if isinstance(predicate, And) else "one of"))
        for item in predicate.items[:SHOWN]:
            _add_form(branch, item)
        if len(predicate.items) > SHOWN:
            branch.add(_plain(f"… and {len(predicate.items) - SHOWN} more (--json has all)"))
    else:
        tree.add(_plain(leaf_words(predicate)))


def _add_fields(tree: Tree, rows: Sequence[Json]) -> None:
    """Show where each field is sought: a branch a vocabulary, own names of a log source after."""
    branches: dict[str, Tree] = {}
    for row in rows:
        name = row["vocabulary"]
        branch = branches.get(name) or tree.add(_plain(f"fields in {name}"))
        branches[name] = branch
        places = ", ".join(place.rpartition("/")[2] for place in row["places"])
        when = f" where {row['when']}" if row["when"] else ""
        said = f" ({places})" if places else ""
        branch.add(_plain(f"{row['field']}{when}: {', '.join(row['names'])}{said}"))


def _add_value(tree: Tree, name: str, value: object) -> None:
    if isinstance(value, dict):
        branch = tree.add(_plain(name))
        for key, inner in value.items():
            _add_value(branch, str(key), inner)
    elif isinstance(value, list | tuple):
        shown = ", ".join(map(str, value[:SHOWN])) + (" …" if len(value) > SHOWN else "")
        tree.add(_plain(f"{name}: {shown or 'none'}"))
    else:
        tree.add(_plain(f"{name}: {'none' if value is None else value}"))


def _plain(text: str) -> Text:
    return Text(printable(text))
