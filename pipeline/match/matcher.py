"""Events to matches: every rule whose log source an event is of, asked through an index."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.content import Content, Rule
from pipeline.errors import SaqshyError
from pipeline.match.engine import Engine, RuleTests, build_engine, possible
from pipeline.match.fields import MatchFields
from pipeline.match.observing import Watch
from pipeline.match.routes import Key, LogSource, labels_of, route_key
from pipeline.match.taxonomy import Taxonomy, Vocabulary
from pipeline.match.view import Plans, View
from pipeline.model import Event, Failure, FailureCode, Match, Observation, RawBatch

_MOST_ROUTES = 4096
_MOST_ENGINES = 512
_MOST_TOLD = 8
STAGE = "match"
EVERY_RULE = "*"


@dataclass(frozen=True, slots=True)
class RuleError:
    """A rule that could not be asked about an event; ``*``: none could."""

    rule_id: str
    message: str


class MatchError(SaqshyError):
    """Rules that failed on an event; what matched beside them is in ``matches``."""

    def __init__(self, event_id: str, matches: list[Match], errors: list[RuleError]) -> None:
        self.matches = matches
        self.errors = errors
        told = "; ".join(f"{error.rule_id}: {error.message}" for error in errors)
        super().__init__(f"event {event_id}: {told}")


@dataclass(frozen=True, slots=True)
class Route:
    """The engines of one log source, each with where its rules' fields are found."""

    engines: tuple[tuple[Plans, Engine], ...]


@dataclass(slots=True)
class _Speech:
    """One vocabulary: where fields are found, and the routes met so far."""

    vocabulary: Vocabulary
    plans: Plans
    routes: dict[Key, Route] = field(default_factory=dict)


class Matcher:
    """All rules of one content over events of any vocabulary.

    ``interest`` are fields handed over with every match, beside the rule's own and those that
    correlations need. Routes and engines are built when an event first asks for them, and kept
    within bounds; what is given depends on content, taxonomy and event alone.
    """

    def __init__(
        self, content: Content, taxonomy: Taxonomy, interest: tuple[str, ...] = ()
    ) -> None:
        self.content = content
        self.taxonomy = taxonomy
        self._rules: tuple[Rule, ...] = tuple(content.rules[name] for name in sorted(content.rules))
        self._by_source: dict[LogSource, list[int]] = {}
        for number, rule in enumerate(self._rules):
            source = LogSource(rule.product, rule.category, rule.service)
            self._by_source.setdefault(source, []).append(number)
        self._tests = RuleTests(self._rules)
        self._speeches: dict[str, _Speech] = {}
        self._engines: dict[tuple[tuple[int, ...], frozenset[str]], Engine] = {}
        self._fields = MatchFields(content, interest)

    def examine(self, event: Event) -> tuple[list[Match], list[RuleError]]:
        """Give an event's matches by rule id, and the rules that failed on it."""
        matches: list[Match] = []
        errors: list[RuleError] = []
        try:
            self._ask(event, matches, errors)
        except Exception as error:  # noqa: BLE001 (told as a failure of the event: never "no match")
            errors.append(RuleError(EVERY_RULE, type(error).__name__))
        matches.sort(key=lambda match: match.rule_id)
        errors.sort(key=lambda error: error.rule_id)
        return matches, errors

    def _ask(self, event: Event, matches: list[Match], errors: list[RuleError]) -> None:
        speech = self._speeches.get(event.taxonomy) or self._speech(event.taxonomy)
        view = View(speech.plans, event.native, event.ecs)
        key = route_key(speech.vocabulary, view)
        route = speech.routes.get(key) or self._route(speech, key, view)

        def failed(number: int, error: Exception) -> None:
            # The error's own words may quote the event: its kind is all that is told.
            errors.append(RuleError(self._rules[number].id, type(error).__name__))

        for plans, engine in route.engines:
            seen = view if plans is speech.plans else View(plans, event.native, event.ecs)
            for number in engine.matches(seen, failed):
                rule = self._rules[number]
                matches.append(self._fields.match(rule, event, seen))

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
        watch = Watch(batch)
        for event in events:
            matches, errors = self.examine(event)
            watch.add(event, matches)
            if errors:
                failures.append(_failure(event, errors))
        return watch.observation(len(failures))

    def _speech(self, name: str) -> _Speech:
        vocabulary = self.taxonomy.of(name)
        speech = self._speeches.get(vocabulary.name)
        if speech is None:
            speech = _Speech(vocabulary, Plans(vocabulary.fields, vocabulary.within))
            self._speeches[vocabulary.name] = speech
        return speech

    def _route(self, speech: _Speech, key: Key, view: View) -> Route:
        vocabulary = speech.vocabulary
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
        if len(speech.routes) >= _MOST_ROUTES:
            speech.routes.clear()  # a stream of made-up keys costs time, not memory
        route = speech.routes[key] = Route(tuple(engines))
        return route

    def _engine(self, numbers: tuple[int, ...], constant: frozenset[str]) -> Engine:
        engine = self._engines.get((numbers, constant))
        if engine is None:
            if len(self._engines) >= _MOST_ENGINES:
                self._engines.clear()
            engine = build_engine(self._rules, numbers, self._tests, constant)
            self._engines[numbers, constant] = engine
        return engine


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
