"""The stateful half over rows: observations, ticks and commands to what they make of objects.

Both runtimes run it. The standalone engine folds everything and keeps the outcome in one
transaction; a worker of the cluster folds the objects of one partition: ``mine`` tells which of
those that nobody has heard yet are among them.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from pipeline.correlate import CENTRE, passed_over
from pipeline.incidents.silences import expire, in_force, obey
from pipeline.model import BatchKind, Failure, Finding, Observation, RawBatch
from pipeline.model.rows import Rows
from pipeline.ports import StateStore
from pipeline.runtime.acting import acted
from pipeline.runtime.chain import STATE_TYPES, Chain, clock_observation
from pipeline.runtime.folded import Folded
from pipeline.runtime.judging_anew import judged_anew
from pipeline.runtime.object_figures import ObjectFigures
from pipeline.runtime.outages import outage
from pipeline.runtime.reviewing import obey_review
from pipeline.runtime.surviving import (
    Broken,
    finding_failures,
    observation_failures,
    stripped,
    tried,
)
from pipeline.runtime.waits import Waits

OBJECTS_CACHED = 2_000
_Done = TypeVar("_Done")
ADMINISTRATION = ""  # whose state is no object's, as is that of every name with an @


def everything(_object_id: str) -> bool:
    """Fold every object here."""
    return True


@dataclass(slots=True)
class Folding:
    """Folds into the rows of a state store; one thread at a time, inside its transaction.

    What breaks an object's fold three times is left out of that object alone, and is a failure of
    what is folded (``surviving``). After the commit call ``settled``, after a failure ``forget``.
    """

    state: StateStore
    waits: Waits = field(default_factory=Waits)
    mine: Callable[[str], bool] = everything
    types: Mapping[str, type] = field(default_factory=lambda: STATE_TYPES)
    figures: ObjectFigures = field(init=False)
    _rows: OrderedDict[str, Rows] = field(default_factory=OrderedDict)
    _open: set[str] = field(default_factory=set)  # whose rows were given since they were settled

    def __post_init__(self) -> None:
        self.figures = ObjectFigures(tuple(self.types))

    def observed(self, chain: Chain, observation: Observation) -> Folded:
        """Fold what a batch, or a tick, said of one object.

        An observation that breaks it is folded without what rules found, and where that breaks it
        too, it leaves its place in its source's order and nothing else.
        """
        state = self.rows(observation.object_id)
        done = self._tried(state, lambda: self._stepped(chain, state, observation))
        if not isinstance(done, Broken):
            return done
        left = stripped(observation)
        if left is not None:
            again = self._tried(state, lambda: self._stepped(chain, state, left))
            if not isinstance(again, Broken):
                return replace(again, failures=observation_failures(observation, done))
            done = again
        if observation.kind is not BatchKind.CLOCK:
            passed_over(state, observation)
            self.save(state)
        return Folded(failures=observation_failures(observation, done, whole=True))

    def across(
        self, chain: Chain, observation: Observation
    ) -> tuple[dict[str, list[Finding]], Sequence[Failure]]:
        """Fold what an observation or a tick says across objects.

        Gives findings by object, and the failures of what was left out.
        """
        if not chain.campaigns:
            return {}, ()
        centre = self.rows(CENTRE)
        done = self._tried(centre, lambda: chain.across(centre, observation))
        if isinstance(done, Broken):
            return {}, observation_failures(observation, done, across=True)
        self.save(centre)
        return done, ()

    def found(
        self, chain: Chain, object_id: str, findings: Sequence[Finding], observation: Observation
    ) -> Folded:
        """Judge what was found of an object across objects."""
        silences = in_force(self.rows(ADMINISTRATION), observation.received_at)
        state = self.rows(object_id)
        done = self._tried(state, lambda: chain.judge(state, findings, observation, silences))
        if isinstance(done, Broken):
            return Folded(failures=finding_failures(findings, observation, done))
        self.save(state)
        return done

    def ticked(self, chain: Chain, batch: RawBatch) -> list[Folded]:
        """Fold the time into the state that is no object's, and into every object of ours."""
        ended = self.ended(batch)
        ticks = [clock_observation(batch, one) for one in self.objects(chain)]
        return [ended, *(self.observed(chain, tick) for tick in ticks)]

    def ended(self, batch: RawBatch) -> Folded:
        """Fold a tick into the state that is no object's; what breaks that is left out of it."""
        done = self._tried(self.rows(ADMINISTRATION), lambda: self.administered(batch))
        if isinstance(done, Broken):
            seen = clock_observation(batch, ADMINISTRATION)
            return Folded(failures=observation_failures(seen, done))
        return done

    def objects(self, chain: Chain) -> list[str]:
        """Give the objects that time passes for here: with state, or expected to be heard."""
        waited = filter(self.mine, chain.silent_objects)
        held = (one for one in self.state.objects() if one and not one.startswith("@"))
        return sorted({*held, *waited})

    def commanded(
        self, chain: Chain, batch: RawBatch, others: Callable[[], Folded | None]
    ) -> list[Folded]:
        """Fold what people ask; ``others`` obeys what concerns no object's state, None if none."""
        anew = judged_anew(chain, batch, self.rows, self.save)
        anew = anew or acted(chain, batch, self.rows, self.save)
        done = others()
        return anew or [done or self._reviewed(chain, batch) or self.administered(batch)]

    def administered(self, batch: RawBatch) -> Folded:
        """Fold a command or a tick into the state that is no object's: the silences that stand."""
        state, at = self.rows(ADMINISTRATION), batch.received_at
        if batch.kind is BatchKind.COMMAND:
            drafts = [draft for record in batch.records for draft in obey(state, record, at)]
        else:
            drafts = [*expire(state, at), *outage(state, batch)]
        self.save(state)
        return Folded(drafts=drafts)

    def rows(self, object_id: str) -> Rows:
        """Give an object's rows, as they stand with what is not committed yet."""
        rows = self._rows.get(object_id)
        if rows is None:
            rows = Rows(object_id, self.types, self.state.load(object_id))
            self._rows[object_id] = rows
        self._open.add(object_id)
        self._rows.move_to_end(object_id)
        if len(self._rows) > OBJECTS_CACHED:
            self._rows.popitem(last=False)
        return rows

    def save(self, state: Rows) -> None:
        """Write an object's changed rows."""
        changes = state.changes()
        if changes:
            self.state.save(state.object_id, changes)
        state.unsaved = False

    def settled(self) -> None:
        """Note that everything folded so far is committed."""
        for object_id in self._open:
            if rows := self._rows.get(object_id):
                rows.settled()
        self._open.clear()

    def forget(self) -> None:
        """Let go of what was folded in memory: it is not what is stored."""
        self._rows.clear()
        self._open.clear()

    def _stepped(self, chain: Chain, state: Rows, observation: Observation) -> Folded:
        silences = in_force(self.rows(ADMINISTRATION), observation.received_at)
        folded = chain.step(state, observation, silences)
        self.save(state)
        if observation.kind is BatchKind.CLOCK:
            self.waits.note(state)
            self.figures.note(state, observation.received_at)
        return folded

    def _tried(self, state: Rows, fold: Callable[[], _Done]) -> _Done | Broken:
        """Fold into an object's rows; where that breaks, they are as they were before."""
        if state.unsaved:
            self.save(state)
        return tried(fold, lambda: state.restore(self.state.load(state.object_id)), state.object_id)

    def _reviewed(self, chain: Chain, batch: RawBatch) -> Folded | None:
        """Fold a command about what waits for a person into its object's state."""
        numbers = chain.correlator.watching.numbers
        for record in batch.records:
            done = obey_review(self.rows, record, numbers, batch.received_at)
            if done is not None:
                draft, changed = done
                if changed is not None:
                    self.save(changed)
                return Folded(drafts=[draft])
        return None
