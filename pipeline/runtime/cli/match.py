"""`saqshy match`: which rules speak of which records, without store, registry or law."""

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import InitVar, dataclass, field, replace
from datetime import UTC
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipeline.content import Content, load_content
from pipeline.correlate import ROW_TYPES, Campaigns, Correlator, Evidence, SourceTiming
from pipeline.match import Matcher, Taxonomy
from pipeline.model import (
    NANOSECONDS,
    BatchKind,
    Failure,
    Finding,
    Json,
    Labels,
    Observation,
    RawBatch,
    RecordNote,
    as_document,
    rfc3339,
)
from pipeline.model.rows import Rows
from pipeline.normalize import (
    Framed,
    Normalizer,
    Profile,
    in_batches,
    read_records,
    read_stream,
)
from pipeline.runtime.cli.options import Config
from pipeline.runtime.cli.output import FOUND, USAGE, emit, say, stop, told_errors
from pipeline.runtime.cli.rules_options import taxonomy_of
from pipeline.runtime.configuration import read_settings

BATCH = 500
SECONDS_BETWEEN_LINES = 5.0
STANDARD_INPUT = Path("-")
ALL_TIME = 10**6 * 86_400 * NANOSECONDS  # no event is too late for a file that is read at once


class Shape(StrEnum):
    """What the records look like."""

    AUTO = "auto"
    NATIVE = "native"
    ECS = "ecs"


# The reader of native and of unknown records tells Windows, syslog, key=value and JSON apart.
_FORMATS = {Shape.AUTO: "auto", Shape.NATIVE: "auto", Shape.ECS: "ecs"}


def match(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="NDJSON, JSON, EVTX, syslog; packed or not. Default: standard input."),
    ] = None,
    rules: Annotated[
        list[Path] | None, typer.Option("--rules", help="Rule file or folder; repeatable.")
    ] = None,
    shape: Annotated[Shape, typer.Option("--shape", help="What the records look like.")] = (
        Shape.AUTO
    ),
    cache: Annotated[
        Path | None, typer.Option("--cache", help="Folder that keeps parsed rules.")
    ] = None,
    config: Config = None,
) -> None:
    """Match Sigma rules on records; one NDJSON line a finding, correlations at the end.

    Of the settings only rules and field names are read.

    Records that cannot be read and rules that cannot be used are told on standard error.

    Example: saqshy match --rules rules/detection security.evtx
    """
    with told_errors():
        settings = read_settings(config)
        content = load_content(rules or settings.content.paths, cache)
        for problem in content.quarantined:
            say(f"not used: {problem}")
        if not content.rules:
            stop(USAGE, "no rule can be used: name a file or folder of rules with --rules")
        run = _Run(content, taxonomy_of(settings), _FORMATS[shape])
        try:
            for path in files or [STANDARD_INPUT]:
                run.read(path)
        except BrokenPipeError:  # whoever read our output has seen enough
            sys.stderr.close()
            raise typer.Exit(0) from None
        say(f"{run.records} records, {run.findings} findings, {run.failed} failures")
        if run.failed:
            stop(FOUND)


@dataclass(slots=True)
class _Run:
    """One run over files; each is one source of one object that nothing else is known of."""

    content: Content
    taxonomy: InitVar[Taxonomy]
    form: str
    records: int = 0
    findings: int = 0
    failed: int = 0
    matcher: Matcher = field(init=False)
    alone: frozenset[str] = field(init=False)

    def __post_init__(self, taxonomy: Taxonomy) -> None:
        self.matcher = Matcher(self.content, taxonomy)
        self.alone = frozenset(filter(self.content.speaks_alone, self.content.rules))

    def read(self, path: Path) -> None:
        """Match every record of a file, then say what its correlations found."""
        name = "" if path == STANDARD_INPUT else str(path)
        normalizer = Normalizer(lambda _object, _source: Profile(self.form, UTC))
        seen: list[Observation] = []
        begin, told_at = 0, time.monotonic()
        for number, framed in enumerate(in_batches(_framed(path, self.form), BATCH), 1):
            batch = self._batch(path, number, begin, framed)
            read = normalizer(batch)
            failures = list(read.failures)
            observation = self.matcher.observe(batch, read.events, failures)
            self._tell(name, observation)
            self._tell_failures(name, begin, failures)
            if self.content.correlations:
                seen.append(observation)
            begin += len(framed)
            if time.monotonic() - told_at > SECONDS_BETWEEN_LINES:
                told_at = time.monotonic()
                say(f"{name or 'standard input'}: {begin} records")
        self.records += begin
        for finding in correlated(self.content, seen):
            self._tell_correlation(name, finding)

    def _batch(self, path: Path, number: int, begin: int, framed: Sequence[Framed]) -> RawBatch:
        dated = path.stat().st_mtime_ns if path != STANDARD_INPUT else time.time_ns()
        notes = [
            RecordNote(index, one.note_kind, one.note_detail)
            for index, one in enumerate(framed)
            if one.note_kind
        ]
        return RawBatch(
            id=f"{begin}",
            object_id="match",
            source_id=path.name,
            sequence=number,
            previous=number - 1,
            received_at=max(dated, time.time_ns()),
            reference_at=dated,
            format=self.form,
            records=tuple(one.data for one in framed),
            notes=tuple(notes),
            preamble=framed[0].preamble,
        )

    def _tell(self, name: str, seen: Observation) -> None:
        for found in seen.matches:
            if found.rule_id in self.alone:
                rule = self.content.rules[found.rule_id]
                self.findings += 1
                head = {"id": rule.id, "title": rule.title, "level": rule.level}
                line = {"index": _index(found.event_id), "kind": "rule", "rule": head}
                rest = {"host": found.host, "time": rfc3339(found.time), "fields": found.fields}
                emit(_placed(name, line | rest))
        if seen.dropped:
            self.failed += 1
            say(f"{name or 'standard input'}: {seen.dropped} matches beyond the bound of a batch")

    def _tell_failures(self, name: str, begin: int, failures: Iterable[Failure]) -> None:
        for failure in failures:
            self.failed += 1
            place = f"{name or 'standard input'}: record {begin + failure.index}"
            say(f"{place}: {failure.code.value}: {failure.detail}")

    def _tell_correlation(self, name: str, finding: Finding) -> None:
        self.findings += 1
        indexes = sorted(map(_index, finding.event_ids))
        document = as_document(finding)
        kept = ("group", "event_count", "first_event_at", "last_event_at", "fields")
        head = {key: document["rule"][key] for key in ("id", "title", "level")}
        line = {"index": indexes[-1] if indexes else 0, "kind": "correlation", "rule": head}
        emit(_placed(name, line | {"indexes": indexes} | {key: document[key] for key in kept}))


def correlated(content: Content, seen: Sequence[Observation]) -> list[Finding]:
    """Give the correlation findings that stand at the end of one source's observations.

    Rules of the centre's scope see this source as the only object's.
    """
    if not content.correlations or not seen:
        return []
    timing = SourceTiming(lateness=ALL_TIME)
    evidence = Evidence(
        labels=lambda _rule: Labels(),
        timing=lambda _object, _source, _at: timing,
        expected=lambda _object, _at: (),
        trial=lambda _object, _at: False,
    )
    standing: dict[str, Finding] = {}
    # After all time has passed nothing is waited for: what waits for the watermark is decided.
    end = replace(seen[-1], kind=BatchKind.CLOCK, received_at=seen[-1].received_at + 2 * ALL_TIME)
    for stage in (Correlator(content, evidence, ALL_TIME), Campaigns(content, evidence)):
        state = Rows(seen[0].object_id, ROW_TYPES, {})
        for observation in (*seen, replace(end, matches=(), withheld=())):
            for finding in stage.step(state, observation):
                if finding.kind == "correlation":
                    standing[finding.id] = finding
    return [standing[name] for name in sorted(standing) if not standing[name].retracted]


def _index(event_id: str) -> int:
    """Give the place of a record in its input: batches are named by where they begin."""
    begin, _, index = event_id.partition("-")
    return int(begin) + int(index)


def _placed(name: str, line: Json) -> Json:
    return {"file": name, **line} if name else line


def _framed(path: Path, form: str) -> Iterator[Framed]:
    if path != STANDARD_INPUT:
        return read_records(path, form)
    return read_stream(sys.stdin.buffer, form)
