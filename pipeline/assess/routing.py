"""Who is told: the union of what each flag of the object demands (SPEC 4)."""

from collections.abc import Sequence

from pipeline.assess.reasons import NOBODY, NOT_REGISTERED, joined
from pipeline.assess.view import STRENGTH, Demand, joined_text
from pipeline.model import Leg
from pipeline.registry import ObjectRecord, Registry

DUTY_OFFICER = "duty_officer"  # the centre's own, of our protocol: whom it pages is no law's
_NOBODY = ("",)


def route(
    demands: Sequence[Demand], record: ObjectRecord | None, registry: Registry, at: int
) -> tuple[Leg, ...]:
    """Give one leg for each role and party that is demanded, with all its grounds joined.

    A party that the registry does not name keeps its leg, with an empty ``party_id``: the duty is
    there, and ``unreached`` makes a page to the duty officer of it.
    """
    legs: dict[tuple[str, str], Leg] = {}
    for demand in demands:
        for party_id in _parties(demand, record, registry, at):
            key = (demand.role, party_id)
            held = legs.get(key)
            legs[key] = _leg(demand, party_id) if held is None else _joined(held, demand)
    return tuple(legs.values())


def unreached(legs: Sequence[Leg]) -> str:
    """Say for which roles the registry names nobody; "" where all are known."""
    roles = ", ".join(sorted({leg.role for leg in legs if not leg.party_id}))
    return NOBODY.format(roles=roles) if roles else ""


def page(registry: Registry, reason: str, basis: str = "policy") -> tuple[Leg, ...]:
    """Give the legs that page the centre's own duty officer: our own policy, never a statute's."""
    parties = registry.in_role(DUTY_OFFICER) or _NOBODY
    return tuple(Leg(DUTY_OFFICER, party, basis, "policy", reason) for party in parties)


def _parties(
    demand: Demand, record: ObjectRecord | None, registry: Registry, at: int
) -> Sequence[str]:
    found: dict[str, None] = {}
    records: Sequence[ObjectRecord] = ()
    if record is not None:
        records = registry.hosted_on(record.id, at) if demand.of == "guests" else (record,)
    for source in demand.parties:
        if source.startswith("role:"):
            found.update(dict.fromkeys(registry.in_role(source[5:])))
            continue
        for one in records:
            party = one.party_at(source)
            if party is not None:
                found[party] = None
    return tuple(found) or _NOBODY


def _leg(demand: Demand, party_id: str) -> Leg:
    reason = demand.reason
    if not party_id:
        reason = joined(reason, NOT_REGISTERED)
    return Leg(demand.role, party_id, demand.basis, demand.set_by, reason)


def _joined(held: Leg, demand: Demand) -> Leg:
    return Leg(
        held.role,
        held.party_id,
        joined_text(held.basis, demand.basis),
        min(held.set_by, demand.set_by, key=STRENGTH.__getitem__),
        joined_text(held.reason, demand.reason),
    )
