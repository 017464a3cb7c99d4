"""Events to matches: every rule whose log source an event is of, asked through an index."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from pipeline.content import Content, Rule
from pipeline.errors import SaqshyError
from pipeline.lookalikes import NOTE as LOOKALIKES
from pipeline.lookalikes import undisguised
from pipeline.match.engine import Broken, Cost, Engine, RuleTests, build_engine, possible
from pipeline.match.fields import MatchFields
from pipeline.match.forms import Route
from pipeline.match.keywords import VERBATIM
from pipeline.match.observing import Watch
from pipeline.match.reading import Reading, Verdict
from pipeline.match.recollection import MOST_REMEMBERED, Recollection
from pipeline.match.routes import Key, LogSource, labels_of
from pipeline.match.sieve import Sifted, sieve
from pipeline.match.speech import Speech
from pipeline.match.taxonomy import Taxonomy
from pipeline.match.view import Plans, View
from pipeline.model import (
    CROSSING,
    INDICATOR,
    Event,
    Failure,
    FailureCode,
    Match,
    Observation,
    RawBatch,
)

_MOST_ROUTES = 4096
_MOST_ENGINES = 512
_MOST_KEY = 8192
_MOST_TOLD = 8
STAGE = "match"
ENRICHMENT = "enrichment"  # the vocabulary of what enrichment adds
EVERY_RULE = "*"
_ADDED = frozenset({INDICATOR, CROSSING})  # notes of what enrichment found worth asking about
_by_rule = attrgetter("rule_id")
_notes = attrgetter("notes")


@dataclass(frozen=True, slots=True)
class RuleError:
    """A rule that could not be asked about an event; ``*``: none could."""

    rule_id: str
    message: str


Told = tuple[Event, list[Match], list[RuleError]]


def _index(told: Told) -> int:
    return told[0].index


class MatchError(SaqshyError):
    """Rules that failed on an event; what matched beside them is in ``matches``."""

    def __init__(self, event_id: str, matches: list[Match], errors: list[RuleError]) -> None:
        self.matches = matches
        self.errors = errors
        told = "; ".join(f"{error.rule_id}: {error.message}" for error in errors)
        super().__init__(f"event {event_id}: {told}")


class Matcher:
    """All rules of one content over events of any vocabulary.

    ``interest`` are fields handed over with every match, beside the rule's own and those that
    correlations need. Routes and engines are built when an event first asks for them, and kept
    within bounds; what is given depends on content, taxonomy and event alone. ``portable`` does
    without Hyperscan, ``remembered`` bounds the characters of values that are kept with what they
    gave. ``rule_errors`` counts, by rule, the events that it failed on; with a ``timer`` (seconds)
    ``costs`` tells what each rule takes.
    """

    def __init__(
        self,
        content: Content,
        taxonomy: Taxonomy,
        interest: tuple[str, ...] = (),
        *,
        portable: bool = False,
        rule_errors: Counter[str] | None = None,
        remembered: int = MOST_REMEMBERED,
        timer: Callable[[], float] | None = None,
    ) -> None:
        self.content = content
        self.taxonomy = taxonomy
        self._portable = portable
        self._rules: tuple[Rule, ...] = tuple(content.rules[name] for name in sorted(content.rules))
        self._by_source: dict[LogSource, list[int]] = {}
        for number, rule in enumerate(self._rules):
            source = LogSource(rule.product, rule.category, rule.service)
            self._by_source.setdefault(source, []).append(number)
        self._tests = RuleTests(self._rules, timer)
        self._speeches: dict[str, Speech] = {}
        self._routes: dict[tuple[str, Key], Route] = {}
        self._engines: dict[tuple[tuple[int, ...], frozenset[str]], Engine] = {}
        self._fields = MatchFields(content, interest)
        self._recollection = Recollection(remembered)
        self._rule_errors = rule_errors

    def examine(
        self, event: Event, record: bytes | None = None
    ) -> tuple[list[Match], list[RuleError]]:
        """Give an event's matches by rule id, and the rules that failed on it.

        ``record`` are the bytes that the event was read from: a pass over them spares reading all
        its texts for keywords.
        """
        matches: list[Match] = []
        errors: list[RuleError] = []
        try:
            self._ask(event, record, matches, errors)
            for other in _also_asked(event) if event.notes else ():
                self._ask_also(other, matches, errors)
        except Exception as error:  # noqa: BLE001 (told as a failure of the event: never "no match")
            errors.append(RuleError(EVERY_RULE, type(error).__name__))
        return self._in_order(matches, errors)

    def _ask_also(self, event: Event, matches: list[Match], errors: list[RuleError]) -> None:
        """Ask about another form of an event, and add the rules that match only so."""
        known = {match.rule_id for match in matches} | {error.rule_id for error in errors}
        more: list[Match] = []
        broken: list[RuleError] = []
        self._ask(event, None, more, broken)
        matches += [match for match in more if match.rule_id not in known]
        errors += [error for error in broken if error.rule_id not in known]

    def _ask(
        self, event: Event, record: bytes | None, matches: list[Match], errors: list[RuleError]
    ) -> None:
        speech = self._speech(event)
        reading, values = speech.met(event) or speech.meet(event)
        loud = reading.loud
        quiet = loud is None or (
            record is not None and event.format in VERBATIM and not event.notes and not loud(record)
        )
        verdict = reading.recalled(values) if quiet else None
        if verdict is None:
            verdict = self._decide(reading, event, values, errors, quiet=quiet)
        self._gather(event, reading, verdict, matches)

    def _gather(
        self, event: Event, reading: Reading, verdict: Verdict, matches: list[Match]
    ) -> None:
        for place, number in verdict:
            view = View(reading.parts[place].plans, event.native, event.ecs)
            matches.append(self._fields.match(self._rules[number], event, view))

    def _decide(
        self,
        reading: Reading,
        event: Event,
        values: tuple[Any, ...],
        errors: list[RuleError],
        *,
        quiet: bool,
    ) -> Verdict:
        broken: Broken = []
        verdict = reading.decided(event, values, broken, quiet=quiet)
        for number, error in broken:
            # The error's own words may quote the event: its kind is all that is told.
            errors.append(RuleError(self._rules[number].id, type(error).__name__))
        return verdict

    @property
    def costs(self) -> Mapping[str, Cost]:
        """Give what each rule cost, by its id, where a timer was given."""
        return self._tests.costs

    def forget(self) -> None:
        """Forget what values met before gave; the answers stay what they are."""
        self._recollection.clear()

    def match(self, event: Event) -> list[Match]:
        """Give an event's matches by rule id; MatchError where a rule failed on it."""
        matches, errors = self.examine(event)
        if errors:
            raise MatchError(event.id, matches, errors)
        return matches

    def observe(
        self, batch: RawBatch, events: Sequence[Event], failures: list[Failure]
    ) -> Observation:
        """Say what a batch told of its object; rules that failed are added to ``failures``."""
        watch = Watch(batch, events)
        for event, matches, errors in self.ask(events, batch.records):
            watch.add(matches)
            if errors:
                failures.append(_failure(event, errors))
        return watch.observation(len(failures))

    def ask(self, events: Sequence[Event], records: Sequence[bytes]) -> list[Told]:
        """Give what ``examine`` says of each of a batch's events of which it says anything.

        ``records`` are what the events were read from, each at its event's index.
        """
        left: list[Event] = []
        if any(map(_notes, events)):
            left = [event for event in events if _is_asked_again(event)]
            events = [event for event in events if not _is_asked_again(event)]
        told: list[Told] = []
        for sifted in self._sifted(events, records, left):
            for event, reading, values, verdict in sifted:
                matches, errors = self._concluded(event, reading, values, verdict)
                if matches or errors:
                    told.append((event, matches, errors))
        for event in left:
            matches, errors = self.examine(event, records[event.index])
            if matches or errors:
                told.append((event, matches, errors))
        return sorted(told, key=_index)

    def _sifted(
        self, events: Sequence[Event], records: Sequence[bytes], left: list[Event]
    ) -> Iterator[list[Sifted]]:
        kinds: dict[tuple[str, str], list[Event]] = {}
        alike: list[Event] = []
        taxonomy = form = ""
        for event in events:
            if event.taxonomy != taxonomy or event.format != form:
                taxonomy, form = event.taxonomy, event.format
                alike = kinds.setdefault((taxonomy, form), [])
            alike.append(event)
        for alike in kinds.values():
            yield from sieve(self._speech(alike[0]), alike, records, left)

    def _concluded(
        self, event: Event, reading: Reading, values: tuple[Any, ...], verdict: Verdict | None
    ) -> tuple[list[Match], list[RuleError]]:
        """Give matches and errors of an event that holds no keyword."""
        matches: list[Match] = []
        errors: list[RuleError] = []
        try:
            if verdict is None:
                verdict = reading.recalled(values)
            if verdict is None:
                verdict = self._decide(reading, event, values, errors, quiet=True)
            if verdict:
                self._gather(event, reading, verdict, matches)
        except Exception as error:  # noqa: BLE001 (told as a failure of the event: never "no match")
            errors.append(RuleError(EVERY_RULE, type(error).__name__))
        return self._in_order(matches, errors)

    def _in_order(
        self, matches: list[Match], errors: list[RuleError]
    ) -> tuple[list[Match], list[RuleError]]:
        if matches:
            matches.sort(key=_by_rule)
        if errors:
            errors.sort(key=_by_rule)
            if self._rule_errors is not None:
                self._rule_errors.update(error.rule_id for error in errors)
        return matches, errors

    def _speech(self, event: Event) -> Speech:
        speech = self._speeches.get(event.taxonomy)
        if speech is None:
            vocabulary = self.taxonomy.of(event.taxonomy)
            speech = self._speeches.get(vocabulary.name)
            if speech is None:
                plans = Plans(vocabulary.fields, vocabulary.within)
                speech = Speech(vocabulary, plans, self._route, self._recollection)
                self._speeches[vocabulary.name] = speech
        return speech

    def _route(self, speech: Speech, key: Key, view: View) -> Route:
        vocabulary = speech.vocabulary
        route = self._routes.get((vocabulary.name, key))
        if route is not None:
            return route
        labels = labels_of(vocabulary, key)
        by_names: dict[str, list[int]] = {}
        for source, numbers in self._by_source.items():
            if labels.cover(source):
                by_names.setdefault(labels.own_names(source), []).extend(numbers)
        engines = []
        for own, numbers in sorted(by_names.items()):
            names = labels.names[own] if own else {}
            plans = (
                Plans({**vocabulary.fields, **names}, vocabulary.within) if names else speech.plans
            )
            constant = frozenset(vocabulary.key).difference(names)
            able = tuple(
                number
                for number in sorted(numbers)
                if possible(self._rules[number].predicate, view, constant)
            )
            engines.append((plans, self._engine(able, constant)))
        if len(self._routes) >= _MOST_ROUTES:
            self._routes.clear()  # a stream of made-up keys costs time, not memory
        route = tuple(engines)
        if len(repr(key)) <= _MOST_KEY:
            self._routes[vocabulary.name, key] = route
        return route

    def _start_anew(self) -> None:
        """Let go of every engine, and of all that holds one."""
        self._engines.clear()
        self._routes.clear()
        self._speeches.clear()
        self._recollection.let_go()

    def _engine(self, numbers: tuple[int, ...], constant: frozenset[str]) -> Engine:
        engine = self._engines.get((numbers, constant))
        if engine is None:
            if len(self._engines) >= _MOST_ENGINES:
                self._start_anew()
            engine = build_engine(
                self._rules, numbers, self._tests, constant, portable=self._portable
            )
            self._recollection.watch(index.memo for index in engine.index.fields.values())
            self._engines[numbers, constant] = engine
        return engine


def _is_asked_again(event: Event) -> bool:
    return LOOKALIKES in event.notes or not _ADDED.isdisjoint(event.notes)


def _also_asked(event: Event) -> Iterator[Event]:
    """Give the other forms in which rules are asked about an event, which itself stays as it is.

    With look-alike letters folded, and, where an indicator was found in it or it crosses a border
    that the law draws, as what enrichment made of it. The fields of a match are what it matched on.
    """
    if LOOKALIKES in event.notes:
        yield replace(event, ecs=undisguised(event.ecs), native=undisguised(event.native), notes=())
    if not _ADDED.isdisjoint(event.notes):
        yield replace(event, taxonomy=ENRICHMENT, native={}, notes=())


def _failure(event: Event, errors: list[RuleError]) -> Failure:
    named = "; ".join(f"{error.rule_id} ({error.message})" for error in errors[:_MOST_TOLD])
    more = f" and {len(errors) - _MOST_TOLD} more" if len(errors) > _MOST_TOLD else ""
    return Failure(
        event.batch,
        event.index,
        event.object_id,
        event.source_id,
        STAGE,
        FailureCode.RULE_ERROR,
        f"rules could not be asked: {named}{more}; mend or remove them, then replay",
        event.received_at,
    )
