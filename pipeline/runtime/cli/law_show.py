"""`saqshy law show` and `saqshy law check`: the rows in force on a day, and what is wrong.

What only a by-law can say stands as missing until an operator enters it with its source.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Annotated

import typer

from pipeline.assess import Pack
from pipeline.assess.reach import unreachable
from pipeline.assess.rows import MISSING, ByLawRow, Row, TermRow, row_key
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import NANOSECONDS, Json, rfc3339
from pipeline.notify import read_texts
from pipeline.notify.texts import Texts
from pipeline.registry import load_registry
from pipeline.registry.moments import EARLIEST, LATEST, zone_named
from pipeline.runtime.cli.law_pack import (
    Language,
    OverlayFolder,
    PackFolder,
    RegistryPath,
    day_of,
    read_pack,
    registry_paths,
    spoken,
)
from pipeline.runtime.cli.options import AsJson, Config
from pipeline.runtime.cli.output import FOUND, emit, say, show_table, stop, told_errors

_COLUMNS = ("row", "words", "says", "ground", "set_by", "in_force")
_PLAIN = frozenset({*Row.model_fields, "names"})


@cache
def _texts() -> Texts:
    return read_texts(Path(__file__).parent / "locale" / "law")


def show(
    at: Annotated[
        str | None,
        typer.Option("--at", help="Date or RFC 3339 time; default: rows without an end."),
    ] = None,
    section: Annotated[str | None, typer.Option("--section", help="Only these rows.")] = None,
    missing: Annotated[
        bool, typer.Option("--missing", help="Only what waits for a by-law's source.")
    ] = False,
    pack: PackFolder = None,
    overlay: OverlayFolder = None,
    language: Language = "en",
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Print the rows of the law pack that are in force at a date, section by section.

    Example: saqshy law show --at 2026-01-01 --section terms
    """
    with told_errors():
        held = read_pack(pack, overlay, config)
        rows = held.at(day_of(at, held)).rows
        if section is not None and section not in rows:
            known = ", ".join(sorted(rows))
            raise ConfigurationError([Problem("--section", 0, f"no section {section!r}", known)])
        waiting = {id(row) for row in _waiting(rows["by_laws"], rows["terms"])}
        chosen = {
            name: [row for row in found if not missing or id(row) in waiting]
            for name, found in rows.items()
            if section in (None, name)
        }
        if json:
            for name, found in chosen.items():
                for row in found:
                    emit({"section": name, **_document(row), "missing": id(row) in waiting})
            return
        _Shown(held, spoken(language), waiting)(chosen)


def check(
    pack: PackFolder = None,
    overlay: OverlayFolder = None,
    registry: RegistryPath = None,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Read a law pack and print every problem, and who in the registry could not be reached.

    Example: saqshy law check --pack rules/law/kz --registry rules/objects
    """
    with told_errors():
        held = read_pack(pack, overlay, config)
        problems = unreachable(held, load_registry(registry_paths(registry, config)))
        standing = held.at(LATEST - 1).rows
        waiting = list(_waiting(standing["by_laws"], standing["terms"]))
        summary = {
            "pack": held.head.pack,
            "revision": held.revision,
            "rows": sum(map(len, held.rows.values())),
            "by_laws_missing": [row.id for row in waiting if isinstance(row, ByLawRow)],
            "terms_without_number": [row.id for row in waiting if isinstance(row, TermRow)],
            "problems": [str(problem) for problem in problems],
        }
        if json:
            emit(summary)
        else:
            for problem in problems:
                say(str(problem))
            say(f"{summary['rows']} rows of {held.head.pack}, revision {held.revision}")
            for row in waiting:
                say(f"{row.id} ({row.basis}): source missing")
        if problems:
            stop(FOUND)


def _waiting(by_laws: tuple[Row, ...], terms: tuple[Row, ...]) -> Iterator[Row]:
    """Give what nobody can know before a by-law is entered with its source."""
    for row in by_laws:
        if isinstance(row, ByLawRow) and row.source == MISSING:
            yield row
    for row in terms:
        if isinstance(row, TermRow) and row.offset is None:
            yield row


class _Shown:
    """Prints rows as tables, in one language."""

    def __init__(self, pack: Pack, language: str, waiting: set[int]) -> None:
        self.pack = pack
        self.language = language
        self.waiting = waiting
        self.zone = zone_named(pack.head.zone)

    def __call__(self, chosen: dict[str, list[Row]]) -> None:
        """Print a table for each section that has rows."""
        count = sum(map(len, chosen.values()))
        texts, head = _texts(), self.pack.head
        title = texts.say(
            self.language,
            "law",
            "title",
            count=str(count),
            pack=str(getattr(head.names, self.language)),
            revision=self.pack.revision,
        )
        say(title)
        columns = [self._word("column", column) for column in _COLUMNS]
        for section, rows in chosen.items():
            if rows:
                title = f"{self._word('section', section)} ({section}): {len(rows)}"
                show_table(title, columns, [self._cells(row) for row in rows])

    def _cells(self, row: Row) -> tuple[str, ...]:
        names = getattr(row, "names", None)
        return (
            row_key(row),
            str(getattr(names, self.language)) if names is not None else "",
            self._word("value", MISSING) if id(row) in self.waiting else self._says(row),
            row.basis,
            self._set_by(row),
            f"{self._first(row)}..{self._last(row)}",
        )

    def _says(self, row: Row) -> str:
        said = row.model_dump(mode="json", exclude_defaults=True, exclude=set(_PLAIN))
        if isinstance(row, ByLawRow):
            said["source"] = row.source
        parts = [f"{key}: {value}" for key, value in said.items()]
        return "; ".join([*parts, row.reason] if row.reason else parts)

    def _set_by(self, row: Row) -> str:
        who = f"{row.author}, {row.set_at}" if row.author else ""
        source = row.source if row.source not in ("", MISSING) else ""
        more = "; ".join(one for one in (who, source) if one)
        word = self._word("value", row.set_by)
        return f"{word} ({more})" if more else word

    def _first(self, row: Row) -> str:
        return "" if row.valid_from == EARLIEST else self._day(row.valid_from)

    def _last(self, row: Row) -> str:
        return "" if row.valid_to == LATEST else self._day(row.valid_to - 1)

    def _day(self, moment: int) -> str:
        return datetime.fromtimestamp(moment // NANOSECONDS, self.zone).date().isoformat()

    def _word(self, context: str, name: str) -> str:
        return _texts().word(self.language, context, name)


def _document(row: Row) -> Json:
    """Give a row without its empty keys; times as RFC 3339, no end as no key."""
    document: Json = {
        key: value
        for key, value in row.model_dump(mode="json").items()
        if value not in (None, "", [], {})
    }
    document["id"] = row_key(row)
    document["valid_from"] = rfc3339(row.valid_from)
    document["valid_to"] = rfc3339(row.valid_to)
    if row.valid_to == LATEST:
        del document["valid_to"]
    return document
