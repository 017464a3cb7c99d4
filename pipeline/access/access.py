"""Who may see and do what: role x object x field, decided here and nowhere else (SPEC 6).

Rows are narrowed before anything is counted, fields once more on the way out. What is denied is not
there: no answer tells it from what never was.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.access.paths import Cut, Pattern, pattern
from pipeline.access.policy import Grant, KindRow, Policy, Rows, Withheld
from pipeline.access.scopes import (
    Flagged,
    Mandated,
    Open,
    Owned,
    either,
    joined,
    open_objects,
    within,
)
from pipeline.access.sight import OPEN, Sight
from pipeline.access.viewer import Role, Viewer
from pipeline.model import Instant, Json
from pipeline.model.conditions import (
    EVERYTHING,
    NOTHING,
    All,
    Among,
    Condition,
    Either,
    Not,
    Present,
)
from pipeline.registry import ObjectRecord, Registry, standing

LEFT = ("sent", "acknowledged")  # states of a notice that left
OBJECTS = "objects"
MOST_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class _Known:
    """What follows from policy and registry until the next change of a record or an attestation."""

    open: Open
    since: Instant
    sights: dict[tuple[object, ...], Sight | None] = field(default_factory=dict)


_NOTHING = _Known(Open(frozenset(), 0), 0)


@dataclass(slots=True)
class _Held:
    known: _Known = _NOTHING


@dataclass(frozen=True, slots=True)
class Access:
    """Answers for one policy and one registry; ``now`` is in nanoseconds."""

    policy: Policy
    registry: Registry
    _held: _Held = field(default_factory=_Held, repr=False, compare=False)

    def sight(self, viewer: Viewer, kind: str, now: Instant) -> Sight | None:
        """Give what a viewer sees of a kind now; None: for this viewer there is no such kind."""
        known = self._fresh(now)
        role, withheld = self._seen_as(viewer, now)
        scoped = viewer.scoped("read", kind)
        key = (
            kind, viewer.role, role, withheld, viewer.parties, viewer.sectors,
            viewer.multi_factor, scoped,
        )  # fmt: skip
        if key not in known.sights:
            if len(known.sights) >= MOST_REMEMBERED:
                known.sights.clear()
            grant = self.policy.grant(role, kind) or self.policy.grant(viewer.role, kind)
            made = _Making(self, viewer, known.open.ids, now)
            allowed = grant is not None and scoped
            known.sights[key] = made(grant, withheld) if grant and allowed else None
        return known.sights[key]

    def may(self, viewer: Viewer, command: str) -> bool:
        """Tell whether a viewer may leave a command; a broken glass lets nobody do more."""
        return viewer.scoped("act", command) and command in self.policy.acts(viewer.role)

    def commands(self, viewer: Viewer) -> tuple[str, ...]:
        """Give the commands that a viewer may leave, sorted."""
        return tuple(sorted(one for one in self.policy.acts(viewer.role) if self.may(viewer, one)))

    def page(self, viewer: Viewer, name: str, now: Instant) -> str:
        """Give the ground on which a viewer reads a page that is no row of a store; "" none."""
        row = self.policy.page(name)
        scoped = viewer.scoped("read", name)
        role = self._seen_as(viewer, now)[0]
        allowed = row is not None and scoped and (viewer.role in row.roles or role in row.roles)
        return row.basis if row is not None and allowed else ""

    def broken(self, viewer: Viewer, now: Instant) -> bool:
        """Tell whether a viewer sees through broken glass now."""
        row = self.policy.glass(viewer.role)
        left = viewer.broke_glass - now
        return (
            row is not None
            and bool(viewer.glass_reason.strip())
            and 0 < left <= self.policy.longest_glass
        )

    def seen_as(self, viewer: Viewer, now: Instant) -> Role:
        """Give the role whose sight a viewer has now: its own but through broken glass."""
        return self._seen_as(viewer, now)[0]

    def whose(self, viewer: Viewer, now: Instant) -> tuple[ObjectRecord, ...]:
        """Give the records of today that a viewer sees any of, by id."""
        sight = self.sight(viewer, OBJECTS, now)
        if sight is None:
            return ()
        ids = sight.objects
        return tuple(one for one in self.registry.objects(now) if ids is None or one.id in ids)

    def record(self, record: ObjectRecord, now: Instant) -> Json:
        """Give a record as the document that the kind ``objects`` is made of."""
        own: Json = record.model_dump(mode="json", exclude_defaults=True)
        said: Json = {
            "id": record.id,
            "branch": record.branch,
            "stage": record.stage,
            "trial": record.trial,
            "flags": sorted(record.flags(now)),
            "standing": standing(record, now).value,
        }
        return {**own, **said}

    def _seen_as(self, viewer: Viewer, now: Instant) -> tuple[Role, Withheld | None]:
        row = self.policy.glass(viewer.role) if self.broken(viewer, now) else None
        if row is None:
            return viewer.role, None
        left = Withheld(stub=row.withheld, hold=row.withheld) if row.withheld else None
        return row.sees_as or viewer.role, left

    def _fresh(self, now: Instant) -> _Known:
        known = self._held.known
        if not known.since <= now < known.open.until:
            known = self._held.known = _Known(open_objects(self.registry, now), now)
        return known


@dataclass(frozen=True, slots=True)
class _Making:
    """Makes a sight of a grant."""

    access: Access
    viewer: Viewer
    open_ids: frozenset[str]
    now: Instant

    def __call__(self, grant: Grant, seen: Withheld | None) -> Sight:
        row, left = self.access.policy.kind(grant.kind), seen or grant.withheld
        standing, whole = _standing(row, left, self.open_ids)
        given = _groups(row, grant, self.viewer)
        barred = _patterns(row, tuple(name for name in row.groups if name not in given))
        unasked = tuple(name for name in row.groups if name not in given or row.groups[name].own)
        anytime = grant.rows.model_copy(update={"told": False, "routed": ()})
        where = joined(self._rows(row, grant.rows), standing)
        back = joined(self._rows(row, anytime), standing) if grant.rows.told else NOTHING
        return Sight(
            row=row,
            where=where,
            taken_back=back,
            objects=_ids(Either((where, back)), row.object),
            whole=whole,
            given=Cut(_patterns(row, given), barred),
            left=Cut(tuple(map(pattern, row.stub))),
            asked=Cut(_patterns(row, given), _patterns(row, unasked)),
            withheld=left,
            open_ids=self.open_ids,
            basis=grant.basis,
            all_rows=grant.rows.all,
        )

    def _rows(self, row: KindRow, rows: Rows) -> Condition:
        fields, registry, viewer = (row.object, row.time), self.access.registry, self.viewer
        parts: list[Condition] = []
        if rows.own:
            parts.append(within(registry, Owned(viewer.parties), fields, now=self.now))
        if rows.mandate and viewer.sectors:
            parts.append(within(registry, Mandated(viewer.sectors), fields))
        if rows.flags or rows.commissioned:
            flagged = Flagged(frozenset(rows.flags), commissioned=rows.commissioned)
            parts.append(within(registry, flagged, fields))
        if rows.routed:
            parts.append(Among("assessment.route.role", rows.routed))
        if rows.told:
            parts.append(Among("assessment.is_incident", ("yes",)))
            parts.append(Not(Among("state", ("candidate",))))
        if rows.to or rows.addressed:
            parts.append(Among("recipient.role", rows.to or rows.addressed))
        if rows.addressed:
            parts.append(Among("state", LEFT))
        if rows.party:
            parts.append(Among("recipient.party_id", tuple(sorted(viewer.parties))))
        if rows.within:
            parts.append(Either())  # never by themselves: the desk shows them with their incident
        return joined(*parts)


def _groups(row: KindRow, grant: Grant, viewer: Viewer) -> tuple[str, ...]:
    """Give the groups of a grant; personal data after several factors only (418-V 36(1))."""
    return tuple(
        name for name in grant.groups if viewer.multi_factor or not row.groups[name].personal
    )


def _patterns(row: KindRow, groups: Sequence[str]) -> tuple[Pattern, ...]:
    return tuple(pattern(one) for name in groups for one in row.groups[name].fields)


def _standing(
    row: KindRow, left: Withheld, open_ids: frozenset[str]
) -> tuple[Condition, Condition]:
    """Give which rows there are at all, and which of them are whole."""
    named: Condition = Among(row.object, tuple(sorted(open_ids)))
    marked: Condition = Either()
    clean: Condition = EVERYTHING
    if row.guard:
        marked, clean = Among(row.guard, ("stub",)), Among(row.guard, (OPEN,))
    elif row.withheld:
        said = All((Present(row.withheld), Not(Among(row.withheld, ("",)))))
        marked, clean = said, Not(said)
    else:
        left = Withheld(stub=left.hold, hold=left.hold)  # no mark can stand in such a row
    open_rows, stub_rows = joined(named, clean), joined(named, marked)
    held = Not(Either((open_rows, stub_rows)))
    by = {"stub": stub_rows, "hold": held}
    there = [by[name] for name in by if getattr(left, name) != "absent"]
    full = [by[name] for name in by if getattr(left, name) == "full"]
    where = EVERYTHING if len(there) == len(by) else either(open_rows, *there)
    return where, EVERYTHING if there == full else either(open_rows, *full)


def _ids(condition: Condition, field: str) -> frozenset[str] | None:
    """Give the objects beside which nothing fits a condition; None: that does not follow."""
    match condition:
        case Among(name, values) if name == field:
            return frozenset(values)
        case All(of):
            sets = [one for one in (_ids(part, field) for part in of) if one is not None]
            return frozenset.intersection(*sets) if sets else None
        case Either(of):
            parts = [_ids(part, field) for part in of]
            known = [one for one in parts if one is not None]
            return frozenset().union(*known) if len(known) == len(parts) else None
        case _:
            return None
