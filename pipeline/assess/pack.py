"""A law pack: rows of law as data, loaded with every error at once, by revision.

A pack is a folder of ``*.yml`` files. Each file holds sections (``rows.SECTIONS``), and
``defaults`` for the rows of that file; one of them holds ``pack``, ``names``, ``zone``,
``instruments``, ``rsit_classes`` and ``rest_days`` (paths of files: the taxonomy, and the days of
rest for terms that count working days).
"""

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from pipeline.assess.checks import check_pack
from pipeline.assess.compiling import compile_rows
from pipeline.assess.draft import PackDraft
from pipeline.assess.overlay import OVERLAY_KEYS, end_rows, lay_over, unsigned
from pipeline.assess.rows import SECTIONS, Instrument, Name, Names, Row
from pipeline.assess.view import InForce
from pipeline.documents import Document, problems_of, read_yaml
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import NANOSECONDS, rfc3339
from pipeline.model.calendar import Calendar
from pipeline.model.rest_days import RestDays
from pipeline.registry.moments import LATEST, ZoneName, zone_named
from pipeline.registry.records import Part

_HEAD_KEYS = ("pack", "names", "zone", "instruments", "rsit_classes", "rest_days")


class Head(Part):
    """What a pack says of itself."""

    pack: Name
    names: Names
    zone: ZoneName = "UTC"
    instruments: dict[str, Instrument]
    rsit_classes: dict[str, tuple[str, ...]]
    rest_days: RestDays | None = None


@dataclass(frozen=True)
class Pack:
    """A pack, immutable; ``revision`` is the hash of all that its rows say."""

    revision: str
    head: Head
    rows: Mapping[str, tuple[Row, ...]]
    boundaries: tuple[int, ...]
    _views: dict[int, InForce] = field(default_factory=dict, repr=False, compare=False)

    def at(self, instant: int) -> InForce:
        """Give the rows in force at an instant (nanoseconds), compiled; built once a span."""
        place = bisect_right(self.boundaries, instant)
        view = self._views.get(place)
        if view is None:
            since = self._day(self.boundaries[place - 1]) if place else ""
            held = {
                section: tuple(row for row in rows if row.valid_from <= instant < row.valid_to)
                for section, rows in self.rows.items()
            }
            view = self._views[place] = compile_rows(self.revision, since, held)
        return view

    def _day(self, moment: int) -> str:
        zone = zone_named(self.head.zone)
        return datetime.fromtimestamp(moment // NANOSECONDS, zone).date().isoformat()

    @property
    def join_within(self) -> int:
        """Give how far apart in event time (nanoseconds) the findings of one incident may lie."""
        folding = self.at(LATEST - 1).folding
        return folding.join_within.nanoseconds if folding else 0

    @cached_property
    def calendar(self) -> Calendar:
        """Give the days that count for terms in months and working days."""
        head = self.head
        return head.rest_days.calendar() if head.rest_days else Calendar(zone_named(head.zone))

    def bundle(self) -> bytes:
        """Write the pack as canonical JSON: what travels with the journal."""
        return _canonical(self.head, self.rows)


def _canonical(head: Head, rows: Mapping[str, tuple[Row, ...]]) -> bytes:
    document = {
        "head": head.model_dump(mode="json", exclude_defaults=True),
        "rows": {
            section: [row.model_dump(mode="json", exclude_defaults=True) for row in found]
            for section, found in sorted(rows.items())
        },
    }
    # Not sorted by key: of the families of a folding row, say, the first that fits counts.
    return orjson.dumps(document)


def make_pack(head: Head, rows: Mapping[str, tuple[Row, ...]]) -> Pack:
    """Build a pack from valid rows."""
    edges = {
        edge for found in rows.values() for row in found for edge in (row.valid_from, row.valid_to)
    }
    revision = hashlib.sha256(_canonical(head, rows)).hexdigest()[:16]
    return Pack(revision, head, rows, tuple(sorted(edges)))


def pack_from_bundle(data: bytes) -> Pack:
    """Read what ``Pack.bundle`` wrote; ConfigurationError where the bytes are not that."""
    context = {"bundle": True}
    try:
        document: dict[str, Any] = orjson.loads(data)
        rows = {
            section: tuple(SECTIONS[section].model_validate(row, context=context) for row in found)
            for section, found in document["rows"].items()
        }
        return make_pack(Head.model_validate(document["head"]), rows)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        problem = Problem("pack bundle", 0, f"cannot be read: {error}", "take the files anew")
        raise ConfigurationError([problem]) from error


def load_pack(path: Path, overlay: Path | None = None) -> Pack:
    """Load a pack from its folder, and over it an operator's own rows from another.

    ConfigurationError with every problem found, each with file and line.
    """
    problems: list[Problem] = []
    documents = _read(_files(path), problems)
    head = _head(documents, path, problems)
    draft = PackDraft()
    context = {"zone": zone_named(head.zone)} if head else {}
    for document in documents:
        _take(document, context, draft, problems)
    if overlay is not None and head is not None:
        over = _read(_files(overlay, empty=True), problems)
        head = head.model_copy(
            update={"instruments": lay_over(over, head.pack, head.instruments, problems)}
        )
        added = PackDraft()
        for document in over:
            _take(document, context, added, problems, over=True)
        end_rows(over, context, draft, problems)
        problems += unsigned(added)
        for section, entries in added.placed.items():
            draft.placed.setdefault(section, []).extend(entries)
    if head is not None:
        problems += check_pack(draft, frozenset(head.instruments), head.rsit_classes)
    if problems or head is None:
        raise ConfigurationError(sorted(problems, key=lambda item: (item.file, item.line)))
    pack = make_pack(head, {section: tuple(draft.rows(section)) for section in SECTIONS})
    _compile_all(pack, path)
    return pack


def _files(path: Path, *, empty: bool = False) -> list[Path]:
    files = sorted(path.glob("*.yml")) if path.is_dir() else [path]
    if (not files and not empty) or not all(file.exists() for file in files):
        message = "holds no *.yml file" if path.is_dir() else "is no law pack: nothing is there"
        raise ConfigurationError([Problem(str(path), 0, message, "give the pack's folder")])
    return files


def _read(files: list[Path], problems: list[Problem]) -> list[Document]:
    documents = []
    for file in files:
        try:
            documents.append(read_yaml(file))
        except ConfigurationError as error:
            problems += error.problems
    return documents


def _compile_all(pack: Pack, path: Path) -> None:
    """Compile each span of time, so that an expression cannot name what is not yet in force."""
    problems = []
    for begin in pack.boundaries:
        try:
            pack.at(begin)
        except ValueError as error:
            message = f"the rows in force from {rfc3339(begin)} do not fit together: {error}"
            problems.append(
                Problem(str(path), 0, message, "let their valid_from and valid_to meet")
            )
    if problems:
        raise ConfigurationError(problems)


def _head(documents: list[Document], path: Path, problems: list[Problem]) -> Head | None:
    found = [doc for doc in documents if isinstance(doc.data, dict) and "pack" in doc.data]
    if len(found) != 1:
        message = "no file says which pack this is" if not found else "several files name a pack"
        problems.append(Problem(str(path), 0, message, "keep one file with pack, names, zone"))
        return None
    document = found[0]
    data = {key: document.data[key] for key in _HEAD_KEYS if key in document.data}
    for key, pick in _FILES.items():
        if not isinstance(data.get(key), str):
            continue
        try:
            named = read_yaml(Path(document.file).parent / data[key])
        except ConfigurationError as error:
            problems += error.problems
            return None
        data[key] = pick(named.data) if isinstance(named.data, dict) else None
    try:
        return Head.model_validate(data)
    except ValidationError as error:
        problems += problems_of(error, document, Head)
        return None


_FILES: Mapping[str, Callable[[dict[str, Any]], Any]] = {
    "rsit_classes": lambda data: data.get("classes"),
    "rest_days": lambda data: {key: data[key] for key in RestDays.model_fields if key in data},
}


def _take(
    document: Document,
    context: dict[str, Any],
    draft: PackDraft,
    problems: list[Problem],
    *,
    over: bool = False,
) -> None:
    if not isinstance(document.data, dict):
        problems.append(document.problem((), "is no pack file: a mapping of sections is expected"))
        return
    defaults = document.data.get("defaults") or {}
    for section, items in document.data.items():
        if section == "defaults" or section in (OVERLAY_KEYS if over else _HEAD_KEYS):
            continue
        model = SECTIONS.get(section)
        if model is None:
            known = f"known here: {', '.join(sorted(SECTIONS))}"
            problems.append(document.problem((str(section),), f"{section}: unknown key", known))
            continue
        if not isinstance(items, list):
            problems.append(document.problem((section,), f"{section}: is not a list of rows"))
            continue
        for index, item in enumerate(items):
            place = (section, index)
            merged = {**defaults, **item} if isinstance(item, dict) else item
            try:
                draft.add(section, document, place, model.model_validate(merged, context=context))
            except ValidationError as error:
                problems += problems_of(error, document, model, place)
