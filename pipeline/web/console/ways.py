"""Which pages each role has, in which order: the way about at the side of every page.

Who looks through broken glass has beside its own pages those of the role that it sees as. This is a
way about and no guard: what a page shows is decided by the policy, behind the desk. But a page that
a role has no use for does not exist for it.
"""

from dataclasses import dataclass

from pipeline.access import Role

STAFF = frozenset({Role.ANALYST, Role.DUTY_LEAD})
OVERSEERS = frozenset({Role.NCC, Role.REGULATOR, Role.PROSECUTOR})
WATCHERS = OVERSEERS | {Role.SECTORAL_CENTRE}
_LEAD, _OWNER, _ADMIN = Role.DUTY_LEAD, Role.OWNER, Role.ADMINISTRATOR


@dataclass(frozen=True, slots=True)
class Way:
    """One page: its path, the name of its text, the key behind ``g``, and whose it is.

    On one that ``acts`` nothing is shown: a broken glass lets nobody do more.
    """

    path: str
    text: str
    key: str
    roles: frozenset[Role]
    acts: bool = False

    def of(self, role: Role, seen_as: Role | None = None) -> bool:
        """Tell whether it is a role's, or is seen through glass as another's."""
        return role in self.roles or (seen_as in self.roles and not self.acts)


WAYS = (
    Way("/queue", "way.queue", "q", STAFF),
    Way("/own", "way.own", "o", frozenset({_OWNER})),
    Way("/incidents", "way.incidents", "i", STAFF | WATCHERS | {_OWNER}),
    Way("/search", "way.search", "s", STAFF | {Role.NCC, Role.SECTORAL_CENTRE}),
    Way("/unknown", "way.unknown", "u", STAFF),
    Way("/notices", "way.notices", "n", STAFF | WATCHERS | {_OWNER}),
    Way("/objects", "way.objects", "b", frozenset(Role) - {Role.PROSECUTOR}),
    Way("/dead-letters", "way.dead_letters", "d", STAFF | {_ADMIN}),
    Way("/statistics", "way.statistics", "t", STAFF | OVERSEERS),
    Way("/proof", "way.proof", "p", STAFF | WATCHERS),
    Way("/versions", "way.versions", "v", STAFF | OVERSEERS | {_ADMIN}),
    Way("/contents", "way.contents", "k", STAFF | {_ADMIN}),
    Way("/audit", "way.audit", "a", OVERSEERS | {_LEAD, _ADMIN}),
    Way("/health", "way.health", "h", STAFF | {_ADMIN}),
    Way("/report", "way.report", "r", STAFF | {_OWNER}, acts=True),
    Way("/login/accounts", "way.accounts", "c", frozenset({_ADMIN})),
)


def ways_of(role: Role, seen_as: Role | None = None) -> tuple[Way, ...]:
    """Give the pages of a role, the first one is where it begins; ``seen_as``: through glass."""
    own = [way for way in WAYS if role in way.roles]
    first = "/health" if role is _ADMIN else own[0].path
    through = [way for way in WAYS if way.of(role, seen_as) and way not in own]
    return tuple(sorted((*own, *through), key=lambda way: way.path != first))


def has_way(path: str, role: Role, seen_as: Role | None = None) -> bool:
    """Tell whether a role has a page; ``seen_as``: through glass."""
    return any(way.path == path and way.of(role, seen_as) for way in WAYS)
