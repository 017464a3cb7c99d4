"""One set of revisions to its configured stages: what the registry and the pack answer them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

from pipeline.assess import Case, CentreTerms, assess, fold_key, join_within, labels_for
from pipeline.correlate import Correlator, Evidence, SourceTiming
from pipeline.incidents import Fold, Revised
from pipeline.match import Matcher, Taxonomy
from pipeline.model import NANOSECONDS, Assessment, Finding, Labels, Notice, Revisions
from pipeline.normalize import Normalizer, Profile
from pipeline.notify import Channels, Composer, Desk, notices_for
from pipeline.ports import Telemetry
from pipeline.registry import ObjectRecord, SourceProfile
from pipeline.runtime.chain import Chain
from pipeline.runtime.knowledge import Knowledge

TRIAL = "trial"


@dataclass(frozen=True, slots=True)
class Stages:
    """Makes chains: ``regime`` is the operating regime, ``repeat`` in nanoseconds."""

    regime: str
    repeat: int
    taxonomy: Taxonomy
    composer: Composer
    channels: Channels
    telemetry: Telemetry

    def __call__(self, known: Knowledge, stamp: Revisions) -> Chain:
        """Configure every stage for one content, registry and pack."""
        answers = Answers(known, self.regime)
        evidence = Evidence(
            labels=answers.labels,
            timing=answers.timing,
            expected=answers.expected,
            trial=answers.trial,
        )
        return Chain(
            revisions=stamp,
            normalizer=Normalizer(answers.profile),
            matcher=Matcher(known.content, self.taxonomy),
            correlator=Correlator(known.content, evidence, self.repeat),
            fold=Fold(
                key=lambda finding: fold_key(known.pack, finding),
                join_within=join_within(known.pack),
                assess=answers.assess,
            ),
            notices=lambda item: self._notices(item, known),
            telemetry=self.telemetry,
            silent_objects=answers.silent_objects(),
        )

    def _notices(self, item: Revised, known: Knowledge) -> list[Notice]:
        # An incident keeps the terms that were in force when it opened.
        terms = CentreTerms(known.pack, item.incident.opened_at)
        desk = Desk(self.composer, self.channels, terms)
        return notices_for(item.incident, item.previous, known.registry, desk)


@dataclass(frozen=True, slots=True)
class Answers:
    """What one knowledge answers to the stages' narrow questions."""

    known: Knowledge
    regime: str

    def labels(self, rule_id: str) -> Labels:
        """Give what a rule, correlation or detector is evidence for."""
        content, pack = self.known.content, self.known.pack
        rule = content.rules.get(rule_id)
        if rule is not None:
            return labels_for(pack, rule.tags, rule.product, rule.category, rule.service)
        correlation = content.correlations.get(rule_id)
        if correlation is not None:
            return labels_for(pack, correlation.tags, "", "", "")
        return labels_for(pack, (), "saqshy", "detector", rule_id)

    def profile(self, object_id: str, source_id: str) -> Profile:
        """Give how a source's records are read."""
        record = self._record(object_id)
        source = _source(record, source_id)
        if source is None:
            return Profile("auto", UTC, _trial(record))
        return Profile(source.format, source.tzinfo, _trial(record), source.mark_fields)

    def timing(self, object_id: str, source_id: str) -> SourceTiming:
        """Give a source's lateness and longest silence."""
        source = _source(self._record(object_id), source_id)
        if source is None:
            return SourceTiming()
        silence = source.silence_seconds
        return SourceTiming(
            source.lateness_seconds * NANOSECONDS,
            None if silence is None else silence * NANOSECONDS,
        )

    def expected(self, object_id: str) -> Sequence[str]:
        """Give the sources of an object that must not fall silent."""
        record = self._record(object_id)
        sources = record.sources if record is not None else ()
        return [source.id for source in sources if source.silence_seconds is not None]

    def silent_objects(self) -> tuple[str, ...]:
        """Give the objects that have such a source."""
        return tuple(one.id for one in self.known.registry.objects() if self.expected(one.id))

    def trial(self, object_id: str, at: int) -> bool:
        """Tell whether an object is in trial operation at an instant (39(4))."""
        return _trial(self.known.registry.object(object_id, at) or self._record(object_id))

    def assess(self, object_id: str, findings: Sequence[Finding], at: int) -> Assessment:
        """Judge an object's findings under the record in force when they began."""
        first = min(finding.first_event_at for finding in findings)
        record = self.known.registry.object(object_id, first) or self._record(object_id)
        return assess(
            Case(
                findings=tuple(findings),
                object=record,
                registry=self.known.registry,
                pack=self.known.pack,
                regime=self.regime,
                reporter="centre",
                at=at,
                content=self.known.content.revision,
            )
        )

    def _record(self, object_id: str) -> ObjectRecord | None:
        history = self.known.registry.histories.get(object_id)
        return history.records[-1] if history is not None else None


def _source(record: ObjectRecord | None, source_id: str) -> SourceProfile | None:
    sources = record.sources if record is not None else ()
    return next((source for source in sources if source.id == source_id), None)


def _trial(record: ObjectRecord | None) -> bool:
    lifecycle = record.lifecycle if record is not None else None
    return lifecycle is not None and lifecycle.stage == TRIAL
