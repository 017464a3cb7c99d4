"""The figures of a report as lines of CSV (RFC 4180): one number a line, codes as they are kept."""

from collections.abc import Iterator

from pipeline.model import Json
from pipeline.model.safe_cell import csv_line
from pipeline.web.console.documents import members, number, text, value

COLUMNS = ("regime", "trial", "verdict", "dimension", "value", "number")
TOLD = ("owed", "on_time", "late", "missed", "waiting", "held", "acknowledged")
Figure = tuple[str, str, str, str, str, str]


def figures_csv(found: Json) -> str:
    """Write a report; no cell is taken for a formula by a spreadsheet."""
    return "".join(map(csv_line, (COLUMNS, *figures(found))))


def figures(found: Json) -> Iterator[Figure]:
    """Give every number of a report as one row; what is unknown has none."""
    yield ("", "", "", "withheld", "", str(number(found, "withheld")))
    for group in members(found, "groups"):
        where = (text(group, "regime"), text(group, "trial"))
        for counted in (*_verdicts(group), *_notices(group), *_times(group)):
            yield (*where, *counted)
    for row in members(found, "coverage"):
        name = f"{text(row, 'by')} {text(row, 'name')}".strip()
        for figure, said in sorted(row.items()):
            if isinstance(said, int):
                yield ("", "", "", f"coverage.{figure}", name, str(said))


def _verdicts(group: Json) -> Iterator[tuple[str, str, str, str]]:
    verdicts: Json = value(group, "verdicts") or {}
    for verdict, counts in sorted(verdicts.items()):
        yield verdict, "total", "", str(number(counts, "total"))
        for dimension, held in sorted((value(counts, "by") or {}).items()):
            for name, count in sorted(held.items()):
                yield verdict, dimension, name, str(count)


def _notices(group: Json) -> Iterator[tuple[str, str, str, str]]:
    for leg in members(group, "notices"):
        name = f"{text(leg, 'leg')} {text(leg, 'role')} {text(leg, 'set_by')}"
        for figure in TOLD:
            yield "", f"notices.{figure}", name, str(number(leg, figure))


def _times(group: Json) -> Iterator[tuple[str, str, str, str]]:
    times: Json = value(group, "times") or {}
    for name, spread in sorted(times.items()):
        for figure, said in sorted(spread.items()):
            if said is not None:
                yield "incident", f"times.{figure}", name, str(said)
