"""An operator's own rows over a pack: what a by-law says, or another policy than ours.

A folder of ``*.yml`` files beside the pack (settings ``law.overlay``). Each names the pack that it
belongs to, ``ends`` rows of the pack on a day, and adds rows of its own; the pack's files are never
edited. Every row has author and date, and, where it is not policy, its source.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import StringConstraints, ValidationError

from pipeline.assess.draft import PackDraft
from pipeline.assess.rows import MISSING, SECTIONS, Instrument, row_key
from pipeline.documents import Document, problems_of
from pipeline.errors import Problem
from pipeline.model import rfc3339
from pipeline.registry.moments import End
from pipeline.registry.records import Part, Text

OVERLAY_KEYS = ("overlay", "instruments", "ends")


class EndedRow(Part):
    """A row of the pack and its ``last_day``; ``row`` is its id as ``law show`` prints it."""

    section: Annotated[str, StringConstraints(min_length=1)]
    row: Text
    last_day: End
    author: Text
    set_at: date
    source: str = ""
    reason: str = ""


def lay_over(
    documents: list[Document],
    pack: str,
    instruments: Mapping[str, Instrument],
    problems: list[Problem],
) -> dict[str, Instrument]:
    """Check that files are an overlay of this pack; give its instruments with theirs."""
    known = dict(instruments)
    for document in documents:
        data = document.data if isinstance(document.data, dict) else {}
        if data.get("overlay") != pack:
            message = f"overlay: {data.get('overlay')!r} is not this pack"
            problems.append(document.problem(("overlay",), message, f"write overlay: {pack}"))
        added = data.get("instruments") or {}
        for name, given in added.items() if isinstance(added, dict) else ():
            place = ("instruments", str(name))
            if name in known:
                message = f"instruments: {name!r} is the pack's own"
                problems.append(document.problem(place, message, "name yours otherwise"))
                continue
            try:
                known[str(name)] = Instrument.model_validate(given)
            except ValidationError as error:
                problems += problems_of(error, document, Instrument, place)
    return known


def end_rows(
    documents: list[Document], context: dict[str, Any], draft: PackDraft, problems: list[Problem]
) -> None:
    """End the rows of the pack that the overlay ends; nothing else of them changes."""
    for document in documents:
        data = document.data if isinstance(document.data, dict) else {}
        defaults = data.get("defaults") or {}
        signed = {key: defaults[key] for key in ("author", "set_at", "source") if key in defaults}
        for index, item in enumerate(data.get("ends") or ()):
            place = ("ends", index)
            merged = {**signed, **item} if isinstance(item, dict) else item
            try:
                ended = EndedRow.model_validate(merged, context=context)
            except ValidationError as error:
                problems += problems_of(error, document, EndedRow, place)
                continue
            message = _end(ended, draft)
            if message:
                way_out = "`saqshy law show` prints the ids and the days"
                problems.append(document.problem(place, message, way_out))


def _end(ended: EndedRow, draft: PackDraft) -> str:
    """End one row; give what is wrong, or ""."""
    if ended.section not in SECTIONS:
        return f"ends: no section {ended.section!r}"
    entries = draft.placed.get(ended.section, [])
    named = [at for at, (row, _, _) in enumerate(entries) if row_key(row) == ended.row]
    if not named:
        return f"ends: {ended.section} has no row {ended.row!r}"
    for at in named:
        row, document, place = entries[at]
        if row.valid_from < ended.last_day < row.valid_to:
            entries[at] = (row.model_copy(update={"valid_to": ended.last_day}), document, place)
            return ""
    return f"ends: {ended.row!r} is not in force until {rfc3339(ended.last_day)}"


def unsigned(added: PackDraft) -> Iterator[Problem]:
    """Give rows of an overlay without author and date, or without the source of what is law."""
    for section, (row, document, place) in added:
        name = row.id or section
        if not (row.author and row.set_at):
            message = f"{name}: a row of an overlay names its author and the date set_at"
            yield document.problem(place, message, "add them, or give them in defaults")
        if row.set_by != "policy" and row.source in ("", MISSING):
            message = f"{name}: set_by {row.set_by} needs its source"
            yield document.problem(place, message, "add source: number and date of the act")
