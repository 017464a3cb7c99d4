"""Whose events go to whom: the pack's rows on the object's flags at an event's time.

An event is judged by the record and the rows in force when it happened, however late it came or the
registry learned (SPEC 4, 7). Which of its fields a role may be given is a closed list of the pack.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.assess.pack import Pack
from pipeline.assess.reasons import joined
from pipeline.assess.rows import EventFieldsRow, RouteRow
from pipeline.assess.view import STRENGTH, InForce, fits
from pipeline.model import Recipient
from pipeline.registry import ObjectRecord, Registry
from pipeline.registry.history import History

READ, STREAM, STORE, EXCHANGE = "read", "stream", "store", "exchange"
_ROLE = "role:"
_MOST = 20_000  # answers that are remembered


@dataclass(frozen=True, slots=True)
class EventScope:
    """On which ground somebody is given events, and which of their fields."""

    basis: str
    set_by: str
    reason: str
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class EventRoutes:
    """Answers for one pack and registry; times in nanoseconds."""

    pack: Pack
    registry: Registry
    _known: dict[tuple[object, ...], EventScope | None] = field(
        default_factory=dict, repr=False, compare=False
    )

    def recipients(self, effect: str) -> tuple[Recipient, ...]:
        """Give whom rows of an effect name by role, as the registry knows them today."""
        found = {
            Recipient(row.role, party)
            for row in self._rows(effect)
            for source in row.parties
            if source.startswith(_ROLE)
            for party in self.registry.in_role(source[len(_ROLE) :])
        }
        return tuple(sorted(found, key=lambda one: (one.role, one.party_id)))

    def scope(
        self, effect: str, recipient: Recipient, object_id: str, at: int
    ) -> EventScope | None:
        """Give what somebody may be given of an object's event of an instant; None: nothing.

        An instant before the registry begins is judged by the first record.
        """
        record = self._record(object_id, at)
        if record is None:
            return None
        flags, view = record.flags(at), self.pack.at(at)
        key = (effect, recipient, object_id, id(record), id(view), flags)
        if key not in self._known:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[key] = self._scope(effect, recipient, record, flags, view)
        return self._known[key]

    def ground(self, effect: str, role: str, at: int) -> tuple[str, str]:
        """Give by which norms a role is given anything at all, and who set them."""
        rows = [
            row
            for row in self.pack.at(at).of("routes", RouteRow)
            if row.effect == effect and row.role == role
        ] or [row for row in self._rows(effect) if row.role == role]
        set_by = min((row.set_by for row in rows), key=STRENGTH.__getitem__, default="policy")
        return joined(*(row.basis for row in rows)), set_by

    def ever(self, effect: str, recipient: Recipient, object_id: str) -> bool:
        """Tell whether any event of an object could be somebody's: a bound, quickly answered."""
        history = self.registry.histories.get(object_id)
        if history is None:
            return False
        rows = [row for row in self._rows(effect) if row.role == recipient.role]
        return any(
            fits(row.when, record.flags(at)) and self._names(row, recipient, record)
            for record in history.records
            for at in _turns(record, history)
            for row in rows
        )

    def _rows(self, effect: str) -> list[RouteRow]:
        return [
            row
            for row in self.pack.rows["routes"]
            if isinstance(row, RouteRow) and row.effect == effect
        ]

    def _scope(
        self,
        effect: str,
        recipient: Recipient,
        record: ObjectRecord,
        flags: frozenset[str],
        view: InForce,
    ) -> EventScope | None:
        rows = [
            row
            for row in view.of("routes", RouteRow)
            if row.effect == effect
            and row.role == recipient.role
            and fits(row.when, flags)
            and self._names(row, recipient, record)
        ]
        if not rows:
            return None
        return EventScope(
            basis=joined(*(row.basis for row in rows)),
            set_by=min((row.set_by for row in rows), key=STRENGTH.__getitem__),
            reason=joined(*(row.reason or row.id for row in rows)),
            fields=fields_of(view, effect, recipient.role),
        )

    def _names(self, row: RouteRow, recipient: Recipient, record: ObjectRecord) -> bool:
        for source in row.parties:
            if source.startswith(_ROLE):
                if recipient.party_id in self.registry.in_role(source[len(_ROLE) :]):
                    return True
            elif record.party_at(source) == recipient.party_id:
                return True
        return False

    def _record(self, object_id: str, at: int) -> ObjectRecord | None:
        history = self.registry.histories.get(object_id)
        if history is None:
            return None
        return history.at(at) or (history.records[0] if at < history.begins[0] else None)


def fields_of(view: InForce, effect: str, role: str) -> frozenset[str]:
    """Give the fields of events that a role may be given under the rows in force."""
    rows = view.of("event_fields", EventFieldsRow)
    return frozenset(
        name for row in rows if row.role == role and effect in row.effects for name in row.fields
    )


def _turns(record: ObjectRecord, history: History) -> Sequence[int]:
    """Give instants at which a record may have other flags: its begin, and the list's dates."""
    entry = record.critical
    dates = (entry.listed_at, entry.delisted_at) if entry is not None else ()
    return [history.begins[0], *(at for at in dates if at is not None)]
