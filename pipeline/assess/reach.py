"""Whether a pack and a registry fit: everyone whom a route names can be found (SPEC 4)."""

from pipeline.assess.pack import Pack
from pipeline.assess.rows import RouteRow
from pipeline.assess.view import fits
from pipeline.errors import Problem
from pipeline.registry import ObjectRecord, Registry
from pipeline.registry.moments import LATEST


def unreachable(pack: Pack, registry: Registry) -> list[Problem]:
    """Give each object or role for which a route would find nobody; only attested objects count."""
    view = pack.at(LATEST - 1)
    routes = [row for row in view.of("routes", RouteRow) if row.effect == "notice"]
    problems: dict[str, Problem] = {}
    for record in registry.objects():
        if record.attestation is None:
            continue
        flags = record.flags(LATEST - 1)
        for row in routes:
            if row.of == "object" and fits(row.when, flags):
                message = _nobody(row, record, registry)
                if message and message not in problems:
                    way_out = f"the route {row.id} ({row.basis}) needs one"
                    problems[message] = Problem("registry", 0, message, way_out)
    return list(problems.values())


def _nobody(row: RouteRow, record: ObjectRecord, registry: Registry) -> str:
    for source in row.parties:
        if source.startswith("role:"):
            if registry.in_role(source[5:]):
                return ""
        elif record.party_at(source) is not None:
            return ""
    if row.parties[0].startswith("role:"):
        return f"no party has the role {row.parties[0][5:]!r}"
    return f"object {record.id!r} names nobody at {' or '.join(row.parties)}"
