"""`saqshy rules list`: what is in force, and what is not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from pipeline.content import Content, Correlation, Rule
from pipeline.content.rule_tests import path_of_tests
from pipeline.errors import Problem
from pipeline.model import Json
from pipeline.runtime.cli.options import AsJson, Config
from pipeline.runtime.cli.output import FOUND, emit, show_table, stop, told_errors
from pipeline.runtime.cli.rules_options import RulePaths, content_of
from pipeline.runtime.configuration import read_settings

_COLUMNS = ("id", "title", "level", "status", "kind", "log source", "tests", "why not used")


def list_rules(
    rules: RulePaths = None,
    level: Annotated[
        list[str] | None, typer.Option("--level", help="Only of this level; repeatable.")
    ] = None,
    product: Annotated[str | None, typer.Option("--product", help="Only of this product.")] = None,
    tag: Annotated[
        str | None, typer.Option("--tag", help="Only with this tag, or one below it.")
    ] = None,
    quarantined: Annotated[
        bool, typer.Option("--quarantined", help="Only what could not be used, and why.")
    ] = False,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """List rules and correlations: those in force, and what is in quarantine with its reason.

    Example: saqshy rules list --level high --tag attack.t1110
    """
    with told_errors():
        content = content_of(rules, read_settings(config))
        chosen = [
            item
            for item in _items(content)
            if not quarantined
            and (not level or item.level in level)
            and (not product or getattr(item, "product", "") == product.lower())
            and (not tag or _tagged(item, tag.lower()))
        ]
        filtered = bool(level or product or tag)  # what could not be read has none of these
        aside = () if filtered else content.quarantined
        documents = [*map(_document, chosen), *map(_aside, aside)]
        if json:
            for document in documents:
                emit(document)
        else:
            title = f"{len(chosen)} in force, {len(aside)} in quarantine"
            show_table(title, _COLUMNS, list(map(_row, documents)))
        if quarantined and aside:
            stop(FOUND)


def _items(content: Content) -> Iterator[Rule | Correlation]:
    yield from content.rules.values()
    yield from content.correlations.values()


def _tagged(item: Rule | Correlation, tag: str) -> bool:
    return any(own.lower() == tag or own.lower().startswith(f"{tag}.") for own in item.tags)


def _document(item: Rule | Correlation) -> Json:
    source = {}
    if isinstance(item, Rule):
        source = {"product": item.product, "category": item.category, "service": item.service}
    return {
        "id": item.id,
        "title": item.title,
        "level": item.level,
        "status": item.status,
        "kind": "rule" if isinstance(item, Rule) else item.type,
        "logsource": {kind: label for kind, label in source.items() if label},
        "tags": list(item.tags),
        "tests": path_of_tests(Path(item.file)).is_file(),
        "file": item.file,
        "line": item.line,
        "hash": item.hash,
        "quarantined": False,
    }


def _aside(problem: Problem) -> Json:
    return {
        "kind": "quarantined",
        "quarantined": True,
        "file": problem.file,
        "line": problem.line,
        "message": problem.message,
        "way_out": problem.way_out,
    }


def _row(document: Json) -> tuple[str, ...]:
    if document["quarantined"]:
        why = f"{document['message']} ({document['way_out']})".replace(" ()", "")
        return "", f"{document['file']}:{document['line']}", "", "", "quarantined", "", "", why
    return (
        document["id"],
        document["title"],
        document["level"],
        document["status"],
        document["kind"],
        " ".join(document["logsource"].values()),
        "yes" if document["tests"] else "",
        "",
    )
