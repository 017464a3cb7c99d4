"""What the table of labels answers: over the rules, and over what they find in given records.

`saqshy law coverage --techniques` prints it; nothing of a store is read.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path

from pipeline.assess import Pack
from pipeline.assess.technique_coverage import (
    ANSWERS,
    ATTRIBUTES,
    LabelledRule,
    Tally,
    TechniqueCoverage,
    technique_coverage,
)
from pipeline.content import Content
from pipeline.correlate import ROW_TYPES, Correlator, Evidence, SourceTiming
from pipeline.match import Matcher, Taxonomy
from pipeline.model import ENDING, NANOSECONDS, BatchKind, Finding, RawBatch, RecordNote, Revisions
from pipeline.model import Observation as Seen
from pipeline.model.rows import Rows
from pipeline.normalize import Framed, Normalizer, Profile, in_batches, read_records
from pipeline.registry import make_registry
from pipeline.registry.moments import LATEST
from pipeline.runtime.cli.output import emit, say, show_table
from pipeline.runtime.knowledge import Knowledge
from pipeline.runtime.stages import Answers

BATCH = 500
OBJECT = "coverage"
ALL_TIME = 10**6 * 86_400 * NANOSECONDS  # no event is too late for a file that is read at once
SHOWN = 30  # rules without a technique: --json lists all


def show_techniques(
    content: Content, pack: Pack, found: Sequence[tuple[str, Tally]] = (), *, as_json: bool
) -> None:
    """Print what the table in force answers over the rules, and over findings by their input."""
    view = pack.at(LATEST - 1)
    coverage = technique_coverage(view, labelled(content))
    if as_json:
        emit({"of": "rules", **coverage.document()})
        for name, tally in found:
            emit({"of": "findings", "input": name, **tally.document()})
        return
    _show_tally(f"{coverage.tally.total} rules", coverage.tally)
    for name, tally in found:
        _show_tally(f"{name}: {tally.total} findings", tally)
    _show_gaps(coverage)


def labelled(content: Content) -> Iterator[LabelledRule]:
    """Give what the table asks of each rule and correlation in force."""
    for rule in content.rules.values():
        source = rule.product or "", rule.category or "", rule.service or ""
        yield LabelledRule(rule.id, rule.title, tuple(rule.tags), *source)
    for one in content.correlations.values():
        yield LabelledRule(one.id, one.title, tuple(one.tags))


@dataclass(slots=True)
class FoundLabels:
    """Counts the labels of what rules find in records, each file as one source of one object.

    ``repeat``: how far apart repeats of one finding lie, nanoseconds.
    """

    content: Content
    taxonomy: Taxonomy
    pack: Pack
    repeat: int
    matcher: Matcher = field(init=False)
    correlator: Correlator = field(init=False)

    def __post_init__(self) -> None:
        self.matcher = Matcher(self.content, self.taxonomy)
        known = Knowledge(self.content, self.taxonomy, make_registry((), ()), self.pack)
        answers = Answers(known, "")
        timing = SourceTiming(lateness=ALL_TIME)
        evidence = Evidence(
            labels=answers.labels,
            timing=lambda _object, _source, _at: timing,
            expected=lambda _object, _at: (),
            trial=lambda _object, _at: False,
            ended=answers.labels,
        )
        self.correlator = Correlator(self.content, evidence, self.repeat)

    def __call__(self, name: str, files: Sequence[Path]) -> tuple[str, Tally]:
        """Count the findings that stand after the files were read."""
        view, tally = self.pack.at(LATEST - 1), Tally()
        for finding in self._standing(files):
            tally.add(view, finding.labels)
        return name, tally

    def _standing(self, files: Sequence[Path]) -> list[Finding]:
        state, standing = Rows(OBJECT, ROW_TYPES, {}), {}
        now = time.time_ns()
        for path in files:
            normalizer = Normalizer(lambda _object, _source: Profile("auto", UTC))
            framed = in_batches(read_records(path, "auto"), BATCH)
            for number, records in enumerate(framed, 1):
                batch = _batch(path, number, now, records)
                seen = self.matcher.observe(batch, normalizer(batch).events, [])
                for finding in self.correlator.step(state, seen):
                    standing[finding.id] = finding
        for finding in self.correlator.step(state, _end(now)):
            standing[finding.id] = finding
        rules = (one for one in standing.values() if one.kind != "detector")
        return [one for one in rules if not one.retracted]


def _end(now: int) -> Seen:
    """After all time has passed nothing is waited for: what waits for the watermark is decided."""
    return Seen("", BatchKind.CLOCK, OBJECT, ENDING, 0, 0, now + 2 * ALL_TIME, Revisions())


def _batch(path: Path, number: int, now: int, framed: Sequence[Framed]) -> RawBatch:
    notes = [
        RecordNote(index, one.note_kind, one.note_detail)
        for index, one in enumerate(framed)
        if one.note_kind
    ]
    return RawBatch(
        id=f"{path.name}:{number}",
        object_id=OBJECT,
        source_id=str(path),
        sequence=number,
        previous=number - 1,
        received_at=now,
        reference_at=now,
        format="auto",
        records=tuple(one.data for one in framed),
        notes=tuple(notes),
        preamble=framed[0].preamble,
    )


def _show_tally(title: str, tally: Tally) -> None:
    rows = [
        (name, *(_counted(tally, name, answer) for answer in ANSWERS))
        for name in tally.answers
        if name not in ATTRIBUTES
    ]
    show_table(title, ("element", *ANSWERS), rows)
    said = [
        (name, ", ".join(f"{value} {count}" for value, count in tally.answers[name].most_common()))
        for name in ATTRIBUTES
        if name in tally.answers
    ]
    show_table("", ("attribute", "values"), said)


def _counted(tally: Tally, name: str, answer: str) -> str:
    return f"{tally.answers[name][answer]} ({100 * tally.share(name, answer):.0f} %)"


def _show_gaps(coverage: TechniqueCoverage) -> None:
    spoken = coverage.spoken.most_common()
    show_table("who speaks for a rule", ("by", "rules"), [(who, str(n)) for who, n in spoken])
    gaps = [(name, str(count)) for name, count in sorted(coverage.unmapped.items())]
    known = f"{len(coverage.mapped)} techniques have a row"
    show_table(f"{known}, {len(gaps)} have none", ("technique", "rules"), gaps)
    untold = coverage.untold
    rows = [(one.id, one.title) for one in untold[:SHOWN]]
    show_table(f"{len(untold)} rules carry no technique", ("rule", "title"), rows)
    if len(untold) > SHOWN:
        say(f"{len(untold) - SHOWN} more rules without a technique: --json lists all")
