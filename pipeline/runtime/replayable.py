"""A closed incident's events as a case for its rules: a verdict becomes a test beside each of them.

``true`` and ``benign`` say that a rule saw rightly: on these records it must fire. ``false`` says
that it must not, and its test fails until somebody mends the rule. A folder holds the rule files as
they are today, a ``.tests.yml`` beside each, and ``case.json`` with what was left out and why.
Guarded content is never in it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import orjson
import yaml

from pipeline.content import Content
from pipeline.content.rule_tests import SUFFIX
from pipeline.errors import StoreError
from pipeline.incidents.reopening import FALSE
from pipeline.model import Finding, Incident, Json, RawBatch, RecordNote, unpack_batch
from pipeline.ports import Stores

WITHOUT_RULE = "a detector of our own, or a rule that is no more: no rule to test"
EMPTIED = "its content was not kept"
MARKED = "it bears a secrecy mark, or may bear one"
HEADED = "it cannot be read without what its file says once for all records"
NO_TEXT = "it is no text in UTF-8"
GONE = "the journal no longer has it"
Records: TypeAlias = list[tuple[str, str]]  # format and text


@dataclass(slots=True)
class ReplayCase:
    """The files of a case by name, and what is said of it in ``case.json``."""

    files: dict[str, bytes] = field(default_factory=dict)
    rules: list[Json] = field(default_factory=list)
    left_out: list[Json] = field(default_factory=list)

    def document(self, incident: Incident) -> Json:
        """Give what ``case.json`` says."""
        return {
            "schema": "saqshy.case/1",
            "incident": incident.id,
            "revision": incident.revision,
            "hash": incident.hash,
            "verdict": incident.closing_verdict,
            "reason": incident.reason if incident.step in ("close", "decide") else "",
            "rules": self.rules,
            "left_out": self.left_out,
        }


def replay_case(
    stores: Stores,
    history: Sequence[Incident],
    content: Content,
    marked: Callable[[Iterable[str]], bool],
) -> ReplayCase:
    """Gather the case of a closed incident; ``marked`` tells texts that bear a secrecy mark.

    StoreError where it is not closed, or where the guard holds its content.
    """
    incident = history[-1]
    if not incident.closing_verdict:
        raise StoreError(f"the incident {incident.id[:12]} is not closed: it has no verdict yet")
    if incident.assessment.guard != "open":
        raise StoreError(f"the content of the incident {incident.id[:12]} is guarded: not written")
    case, reader = ReplayCase(), _Reader(stores, marked)
    by_rule: dict[str, list[Finding]] = {}
    for name in incident.finding_ids:
        finding = stores.incidents.finding(name)
        if finding is not None and not finding.retracted:
            by_rule.setdefault(finding.rule.id, []).append(finding)
    tests: dict[str, list[Json]] = {}
    for rule_id, findings in sorted(by_rule.items()):
        _test(incident, rule_id, findings, content, reader, case, tests)
    for file, made in sorted(tests.items()):
        path = Path(file)
        case.files[path.name] = path.read_bytes()
        name = path.name.removesuffix(path.suffix) + SUFFIX
        case.files[name] = yaml.safe_dump(
            {"tests": made}, allow_unicode=True, sort_keys=False, width=10_000
        ).encode()
    case.left_out += reader.left_out
    document = orjson.dumps(case.document(incident), option=orjson.OPT_INDENT_2)
    case.files["case.json"] = document + b"\n"
    return case


def _test(
    incident: Incident,
    rule_id: str,
    findings: Sequence[Finding],
    content: Content,
    reader: "_Reader",
    case: ReplayCase,
    tests: dict[str, list[Json]],
) -> None:
    """Make the test of one rule, beside the others of its file."""
    rule = content.rules.get(rule_id) or content.correlations.get(rule_id)
    if rule is None:
        case.left_out.append({"rule": rule_id, "why": WITHOUT_RULE})
        return
    records = reader(dict.fromkeys(name for one in findings for name in one.event_ids))
    if not records:
        return
    formats = {form for form, _ in records}
    fires = incident.closing_verdict != FALSE
    whole = len(findings) if rule_id in content.correlations else len(records)
    test: Json = {
        "name": f"incident {incident.id[:12]} was closed as {incident.closing_verdict}",
        "rule": rule_id,
        "format": formats.pop() if len(formats) == 1 else "auto",
        "records": [text for _, text in records],
        "hits": whole if fires else 0,
    }
    tests.setdefault(rule.file, []).append(test)
    case.rules.append(
        {
            "rule": rule_id,
            "title": findings[0].rule.title,
            "expected": "fires" if fires else "does not fire",
            "findings": [one.id for one in findings],
            "records": len(records),
            "events": sum(one.event_count for one in findings),
        }
    )


@dataclass(slots=True)
class _Reader:
    """Reads the records behind events from the journal, and notes what it must leave out."""

    stores: Stores
    marked: Callable[[Iterable[str]], bool]
    left_out: list[Json] = field(default_factory=list)
    _batches: dict[str, RawBatch | None] = field(default_factory=dict)

    def __call__(self, event_ids: Mapping[str, None]) -> Records:
        """Give format and text of each event's record, in the order of the ids."""
        found: Records = []
        for event_id in event_ids:
            batch_id, _, index = event_id.rpartition("-")
            batch = self._batch(batch_id)
            why, text = self._read(batch, int(index) if index.isdigit() else -1)
            if why:
                self.left_out.append({"event": event_id, "why": why})
            elif batch is not None:
                found.append((batch.format or "auto", text))
        return found

    def _read(self, batch: RawBatch | None, index: int) -> tuple[str, str]:
        if batch is None or not 0 <= index < len(batch.records):
            return GONE, ""
        record = batch.records[index]
        if not record or any(_withheld(note, index) for note in batch.notes):
            return EMPTIED, ""
        if batch.preamble:
            return HEADED, ""
        try:
            text = record.decode()
        except UnicodeDecodeError:
            return NO_TEXT, ""
        return (MARKED, "") if self.marked([text]) else ("", text)

    def _batch(self, batch_id: str) -> RawBatch | None:
        if batch_id not in self._batches:
            rows: Iterator[bytes] = (
                row.data for row in self.stores.carriers.rows("journal", batch_id)
            )
            data = next(rows, None) if batch_id else None
            self._batches[batch_id] = unpack_batch(data) if data is not None else None
        return self._batches[batch_id]


def _withheld(note: RecordNote, index: int) -> bool:
    return note.index == index and note.kind in ("withheld", "suspected")
