"""One set of revisions to its configured stages: what the registry and the pack answer them."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from functools import partial

from pipeline.assess import (
    Case,
    CentreTerms,
    assess,
    fold_key,
    join_within,
    labels_for,
    object_flags,
    pack_words,
)
from pipeline.assess.labels import BETWEEN
from pipeline.assess.routing import page
from pipeline.correlate import Attention, Campaigns, Correlator, Evidence, SourceTiming
from pipeline.incidents import Fold, Revised
from pipeline.match import Matcher
from pipeline.model import (
    NANOSECONDS,
    Assessment,
    Decision,
    Event,
    Finding,
    GuardDecision,
    Json,
    Labels,
    Notice,
    RawBatch,
    Revisions,
    Tri,
)
from pipeline.normalize import Normalized, Normalizer, Profile
from pipeline.normalize.enrichment import Enrichment
from pipeline.normalize.nested import nests
from pipeline.normalize.version import normalizer_version
from pipeline.notify import Channels, Composer, Desk, Told, notices_for
from pipeline.notify.digests import Digests, DigestWriter, Patience
from pipeline.notify.ncc_forwarding import MessageWriter
from pipeline.ports import Telemetry
from pipeline.registry import LEVELS, ObjectRecord, SourceProfile, Standing, decide, standing
from pipeline.registry.maintenance import planned
from pipeline.registry.second_guard import SecondGuard
from pipeline.runtime.chain import Chain
from pipeline.runtime.decided import decided, sayable
from pipeline.runtime.duty_norms import duty_norms
from pipeline.runtime.facts import Facts
from pipeline.runtime.knowledge import Knowledge
from pipeline.runtime.ncc_answers import MessageAnswers
from pipeline.runtime.owing import Owing
from pipeline.runtime.paging import DUTY
from pipeline.runtime.term_answers import TermAnswers, term_answers
from pipeline.runtime.ways_out import ROLE_CHANNELS

TRIAL = "trial"


@dataclass(frozen=True, slots=True)
class Stages:
    """Makes chains: ``regime`` is the operating regime, ``repeat`` in nanoseconds."""

    regime: str
    repeat: int
    composer: Composer
    channels: Channels
    telemetry: Telemetry

    def __call__(self, known: Knowledge, stamp: Revisions) -> Chain:
        """Configure every stage for one knowledge."""
        answers = answering(known, self.regime)
        evidence = Evidence(
            labels=answers.labels,
            timing=answers.timing,
            expected=answers.expected,
            trial=answers.trial,
            attested=answers.attested,
            ended=answers.labels,
            attention=answers.attention,
        )
        rule_errors: Counter[str] = Counter()
        composer = replace(self.composer, texts=self.composer.texts.beside(pack_words(known.pack)))
        owing = Owing(known.registry, answers.record_at, duty_norms(known.pack))
        patience = self._patience(known)
        return Chain(
            revisions=stamp,
            normalizer=answers.normalize,
            matcher=Matcher(
                known.content, known.taxonomy, rule_errors=rule_errors, timer=time.perf_counter
            ),
            correlator=Correlator(
                known.content, evidence, self.repeat, watching=known.watching, owed=owing
            ),
            campaigns=Campaigns(known.content, evidence),
            fold=Fold(
                key=lambda finding: fold_key(known.pack, finding),
                join_within=join_within(known.pack),
                assess=answers.assess,
                decide=answers.assess,
            ),
            notices=lambda item, told: [
                patience(one) for one in self._notices(item, told, known, composer)
            ],
            telemetry=self.telemetry,
            second_guard=SecondGuard(known.registry.marks, nests),
            guard=answers.guard,
            silent_objects=tuple(sorted({*answers.silent_objects(), *owing.objects()})),
            rule_errors=rule_errors,
            sayable=partial(sayable, known.pack),
            reports=lambda at: CentreTerms(known.pack, at).reports(),
            terms=self._terms(known, composer),
            messages=self._messages(known, composer),
            digests=Digests(patience, DigestWriter(composer.centre, composer.texts)),
            sector=answers.sector,
        )

    def _terms(self, known: Knowledge, composer: Composer) -> TermAnswers:
        channels = self._channels(known)
        texts = composer.texts
        return term_answers(known.pack, known.registry, composer.centre, texts, channels)

    def _messages(self, known: Knowledge, composer: Composer) -> MessageAnswers:
        writer = MessageWriter(composer.centre, composer.texts, self._channels(known))
        return MessageAnswers(known.pack, known.registry, writer)

    def _channels(self, known: Knowledge) -> Channels:
        """Give the channels; where a roster is kept, its levels are paged through it."""
        if known.registry.roster is None:
            return self.channels
        by_role = {**self.channels.by_role, **dict.fromkeys(LEVELS, DUTY)}
        return replace(self.channels, by_role=by_role)

    def _notices(
        self, item: Revised, told: Told, known: Knowledge, composer: Composer
    ) -> list[Notice]:
        # An incident keeps the terms that were in force when it opened.
        incident = item.incident
        at = incident.opened_at
        flags = object_flags(known.registry, known.registry.object(incident.object_id, at), at)
        terms = CentreTerms(known.pack, at, flags)
        channels = self._channels(known)
        desk = Desk(composer, channels, terms, terms.legs, terms.guest_paths)
        return notices_for(item.incident, item.previous, known.registry, desk, told)

    def _patience(self, known: Knowledge) -> Patience:
        lines = frozenset({*ROLE_CHANNELS, *self.channels.by_role})
        return Patience(known.registry, known.pack.calendar.rests, lines)


@dataclass(frozen=True, slots=True)
class Answers:
    """What one knowledge answers to the stages' narrow questions."""

    known: Knowledge
    regime: str
    enrich: Callable[[Sequence[Event]], None] | None = None
    versions: Json = field(default_factory=dict)
    known_labels: dict[tuple[str, str], Labels] = field(default_factory=dict)

    def normalize(self, batch: RawBatch) -> Normalized:
        """Read a batch as the registry in force at its receipt says."""
        return Normalizer(partial(self.profile, batch.received_at), self.enrich, self.versions)(
            batch
        )

    def labels(self, rule_id: str, outcome: str = "") -> Labels:
        """Give what a rule, correlation or detector is evidence for, by how its events ended."""
        found = self.known_labels.get((rule_id, outcome))
        if found is None:
            found = self.known_labels[rule_id, outcome] = self._labels(rule_id, outcome)
        return found

    def _labels(self, rule_id: str, outcome: str) -> Labels:
        content, pack = self.known.content, self.known.pack
        rule = content.rules.get(rule_id)
        if rule is not None:
            source = rule.product, rule.category, rule.service
            found = labels_for(pack, rule.tags, *source, outcome=outcome)
            return _under(rule.norms, found)
        correlation = content.correlations.get(rule_id)
        if correlation is not None:
            return _under(correlation.norms, labels_for(pack, correlation.tags, "", "", ""))
        found = labels_for(pack, (), "saqshy", "detector", rule_id)
        return _under(duty_norms(pack).get(rule_id, ()), found)

    def profile(self, at: int, object_id: str, source_id: str) -> Profile:
        """Give how a source's records are read at an instant."""
        record = self.record_at(object_id, at)
        source = _source(record, source_id)
        if source is None:
            return Profile("auto", UTC, _trial(record))
        return Profile(
            source.format, source.tzinfo, _trial(record), source.mark_fields, source.columns
        )

    def timing(self, object_id: str, source_id: str, at: int) -> SourceTiming:
        """Give a source's lateness and longest silence."""
        source = _source(self.record_at(object_id, at), source_id)
        if source is None:
            return SourceTiming()
        silence = source.silence_seconds
        return SourceTiming(
            source.lateness_seconds * NANOSECONDS,
            None if silence is None else silence * NANOSECONDS,
        )

    def attention(self, object_id: str, source_id: str, at: int) -> Attention:
        """Tell whether a source is registered and watched, and whether work is planned for it."""
        record = self.known.registry.object(object_id, at)
        source = _source(record, source_id)
        if record is None or source is None or standing(record, at) is not Standing.OPEN:
            return Attention(watched=False)
        return Attention(planned=planned((*record.maintenance, *source.maintenance), at))

    def expected(self, object_id: str, at: int) -> Sequence[str]:
        """Give the sources of an object that must not fall silent; none where it is not watched."""
        record = self.known.registry.object(object_id, at)
        if record is None or standing(record, at) is not Standing.OPEN:
            return []
        return [source.id for source in record.sources if source.silence_seconds is not None]

    def silent_objects(self) -> tuple[str, ...]:
        """Give the objects that ever had such a source."""
        histories = self.known.registry.histories.items()
        return tuple(
            object_id
            for object_id, history in histories
            if any(
                source.silence_seconds is not None
                for record in history.records
                for source in record.sources
            )
        )

    def trial(self, object_id: str, at: int) -> bool:
        """Tell whether an object is in trial operation at an instant (39(4))."""
        return _trial(self.record_at(object_id, at))

    def attested(self, object_id: str, at: int) -> bool:
        """Tell whether an object's registration is in force and attested open at an instant."""
        record = self.record_at(object_id, at)
        return record is not None and standing(record, at) is Standing.OPEN

    def assess(
        self,
        object_id: str,
        findings: Sequence[Finding],
        at: int,
        decisions: Sequence[Decision] = (),
    ) -> Assessment:
        """Judge an object's findings under the record in force when they began.

        ``decisions`` are what persons said of them. Where content was not kept, the duty officer is
        paged beside those whom the law names: a cleared person has to decide (SPEC 5).
        """
        first = min(finding.first_event_at for finding in findings)
        record = self.record_at(object_id, first)
        case = Case(
            findings=tuple(findings),
            object=record,
            registry=self.known.registry,
            pack=self.known.pack,
            regime=self.regime,
            reporter="centre",
            at=at,
            content=self.known.revisions.content,
        )
        judged = decided(case, decisions) if decisions else assess(case)
        if judged.guard != "stub":
            return judged
        paged = page(self.known.registry, "content was not kept: a cleared person decides")
        return replace(judged, route=(*judged.route, *paged))

    def guard(self, object_id: str, at: int) -> GuardDecision:
        """Give what may be told of an object at an instant, marks of its records apart."""
        record = self.known.registry.object(object_id, at)
        return decide(record, at, marked=Tri.NO, suspected=Tri.NO)

    def sector(self, object_id: str, at: int) -> str:
        """Name an object's branch at an instant; ``unknown`` where none is registered."""
        record = self.record_at(object_id, at)
        return (record.branch if record is not None else None) or "unknown"

    def record_at(self, object_id: str, at: int) -> ObjectRecord | None:
        """Give the record in force, or, for an instant before the registry begins, the first."""
        history = self.known.registry.histories.get(object_id)
        if history is None:
            return None
        return history.at(at) or (history.records[0] if at < history.begins[0] else None)


def answering(known: Knowledge, regime: str) -> Answers:
    """Make the answers of one knowledge, with what its events are enriched by."""
    versions: Json = {"normalizer": normalizer_version()}
    enrichment = known.enrichment
    if enrichment.revision:
        versions["enrichment"] = enrichment.revision
    answers = Answers(known, regime, enrichment if enrichment.steps else None, versions)
    if not enrichment.registry:
        return answers
    facts = Facts(known.registry, answers.record_at)
    return replace(answers, enrich=partial(_enriched, facts, enrichment))


def _enriched(facts: Facts, enrichment: Enrichment, events: Sequence[Event]) -> None:
    facts(events)
    enrichment(events)
    facts.cross(events)


def _under(norms: Sequence[str], labels: Labels) -> Labels:
    """Say under which norms a rule finds what it finds, before where its labels come from."""
    if not norms:
        return labels
    return replace(labels, reason=BETWEEN.join((f"norm {', '.join(norms)}", labels.reason)))


def _source(record: ObjectRecord | None, source_id: str) -> SourceProfile | None:
    sources = record.sources if record is not None else ()
    return next((source for source in sources if source.id == source_id), None)


def _trial(record: ObjectRecord | None) -> bool:
    lifecycle = record.lifecycle if record is not None else None
    return lifecycle is not None and lifecycle.stage == TRIAL
