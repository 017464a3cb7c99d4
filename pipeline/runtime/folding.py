"""The stateful half over rows: observations, ticks and commands to what they make of objects.

Both runtimes run it. The standalone engine folds everything and keeps the outcome in one
transaction; a worker of the cluster folds the objects of one partition: ``mine`` tells which of
those that nobody has heard yet are among them.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.correlate import CENTRE
from pipeline.incidents.silences import expire, in_force, obey
from pipeline.model import BatchKind, Finding, Observation, RawBatch
from pipeline.model.rows import Rows
from pipeline.ports import StateStore
from pipeline.runtime.acting import acted
from pipeline.runtime.chain import STATE_TYPES, Chain, clock_observation
from pipeline.runtime.folded import Folded
from pipeline.runtime.judging_anew import judged_anew
from pipeline.runtime.object_figures import ObjectFigures
from pipeline.runtime.outages import outage
from pipeline.runtime.reviewing import obey_review
from pipeline.runtime.waits import Waits

OBJECTS_CACHED = 2_000
ADMINISTRATION = ""  # whose state is no object's, as is that of every name with an @


def everything(_object_id: str) -> bool:
    """Fold every object here."""
    return True


@dataclass(slots=True)
class Folding:
    """Folds into the rows of a state store; one thread at a time, inside its transaction.

    After the commit call ``settled``, after a failure ``forget``.
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
        """Fold what a batch, or a tick, said of one object."""
        state, at = self.rows(observation.object_id), observation.received_at
        folded = chain.step(state, observation, in_force(self.rows(ADMINISTRATION), at))
        self.save(state)
        if observation.kind is BatchKind.CLOCK:
            self.waits.note(state)
            self.figures.note(state, observation.received_at)
        return folded

    def across(self, chain: Chain, observation: Observation) -> dict[str, list[Finding]]:
        """Fold what an observation or a tick says across objects; give findings by object."""
        if not chain.campaigns:
            return {}
        centre = self.rows(CENTRE)
        by_object = chain.across(centre, observation)
        self.save(centre)
        return by_object

    def found(
        self, chain: Chain, object_id: str, findings: Sequence[Finding], observation: Observation
    ) -> Folded:
        """Judge what was found of an object across objects."""
        silences = in_force(self.rows(ADMINISTRATION), observation.received_at)
        state = self.rows(object_id)
        folded = chain.judge(state, findings, observation, silences)
        self.save(state)
        return folded

    def ticked(self, chain: Chain, batch: RawBatch) -> list[Folded]:
        """Fold the time into the state that is no object's, and into every object of ours."""
        ended = self.administered(batch)
        ticks = [clock_observation(batch, one) for one in self.objects(chain)]
        return [ended, *(self.observed(chain, tick) for tick in ticks)]

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
