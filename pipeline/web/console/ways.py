"""Which pages each role has, in which order: the way about at the side of every page.

This is a way about and no guard: what a page shows is decided by the policy, behind the desk. But a
page that a role has no use for does not exist for it.
"""

from dataclasses import dataclass

from pipeline.access import Role

STAFF = frozenset({Role.ANALYST, Role.DUTY_LEAD})
WATCHERS = frozenset({Role.NCC, Role.SECTORAL_CENTRE, Role.REGULATOR, Role.PROSECUTOR})
_LEAD, _OWNER, _ADMIN = Role.DUTY_LEAD, Role.OWNER, Role.ADMINISTRATOR


@dataclass(frozen=True, slots=True)
class Way:
    """One page: its path, the name of its text, the key behind ``g``, and whose it is."""

    path: str
    text: str
    key: str
    roles: frozenset[Role]


WAYS = (
    Way("/queue", "way.queue", "q", STAFF),
    Way("/own", "way.own", "o", frozenset({_OWNER})),
    Way("/incidents", "way.incidents", "i", STAFF | WATCHERS | {_OWNER}),
    Way("/search", "way.search", "s", STAFF | {Role.NCC, Role.SECTORAL_CENTRE}),
    Way("/unknown", "way.unknown", "u", STAFF),
    Way("/notices", "way.notices", "n", STAFF | WATCHERS | {_OWNER}),
    Way("/objects", "way.objects", "b", frozenset(Role) - {Role.PROSECUTOR}),
    Way("/dead-letters", "way.dead_letters", "d", STAFF | {_ADMIN}),
    Way("/statistics", "way.statistics", "t", STAFF | {Role.REGULATOR}),
    Way("/proof", "way.proof", "p", STAFF | WATCHERS),
    Way("/versions", "way.versions", "v", STAFF | {Role.REGULATOR, Role.PROSECUTOR, _ADMIN}),
    Way("/audit", "way.audit", "a", frozenset({_LEAD, Role.PROSECUTOR, _ADMIN})),
    Way("/health", "way.health", "h", STAFF | {_ADMIN}),
    Way("/report", "way.report", "r", STAFF | {_OWNER}),
    Way("/login/accounts", "way.accounts", "c", frozenset({_ADMIN})),
)


def ways_of(role: Role) -> tuple[Way, ...]:
    """Give the pages of a role, the first one is where it begins."""
    own = [way for way in WAYS if role in way.roles]
    first = "/health" if role is _ADMIN else own[0].path
    return tuple(sorted(own, key=lambda way: way.path != first))


def has_way(role: Role, path: str) -> bool:
    """Tell whether a role has a page."""
    return any(way.path == path and role in way.roles for way in WAYS)
