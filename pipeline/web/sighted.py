"""What every question of a viewer passes: its sight, its rows, the record of the read."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import orjson

from pipeline.access import Access, NotAskable, Sight, Viewer
from pipeline.model import Instant, Json
from pipeline.model.conditions import EVERYTHING, NOTHING, All, Among, Condition, Either, Not
from pipeline.ports.searching import Ask, Kind, Search
from pipeline.web.asked import Asked, BadQuestion, GroundMissing, Means
from pipeline.web.recorded import SHORTEST_GROUND, Read, Recorded

MOST_ROWS = 500
MOST_TAKEN_BACK = 500
MOST_PARTS = 500  # findings, notices, entries, links of one incident


@dataclass(frozen=True, slots=True)
class Sighted:
    """A store as viewers see it. ``access`` gives the policy over the registry in force now."""

    search: Search
    access: Callable[[], Access]
    recorded: Recorded
    means: Means

    def now(self) -> Instant:
        """Give the time, nanoseconds."""
        return self.means.clock()

    def sight(self, viewer: Viewer, kind: str) -> Sight | None:
        """Give what a viewer sees of a kind now; None: nothing."""
        return self.access().sight(viewer, str(kind), self.now())

    def asking(
        self, viewer: Viewer, asked: Asked, what: str, counted: Sequence[str] = ()
    ) -> tuple[Sight, Ask] | None:
        """Narrow a question to what the viewer may see, and record it; None: no such kind."""
        if not 1 <= asked.limit <= MOST_ROWS:
            raise BadQuestion(f"limit is a number from 1 to {MOST_ROWS}")
        sight = self.sight(viewer, asked.kind)
        if sight is None:
            return None
        fields = (*counted, *((asked.sort,) if asked.sort else ()))
        where = sight.narrowed(asked.where)
        rows = self.rows(viewer, asked.kind, sight)
        parts = tuple(one for one in (rows, where, sight.by(fields)) if one != EVERYTHING)
        self.note(viewer, sight.basis, Read(f"{asked.kind.value} {what}", query=_told(asked)))
        return sight, Ask(
            kind=asked.kind,
            where=parts[0] if len(parts) == 1 else All(parts),
            begin=asked.begin,
            end=asked.end,
            sort=asked.sort,
            descending=asked.descending,
            after=asked.after,
            limit=asked.limit,
        )

    def rows(self, viewer: Viewer, kind: Kind, sight: Sight) -> Condition:
        """Give the viewer's rows: with what it was told of and what then was taken back."""
        if sight.taken_back == NOTHING or kind is not Kind.INCIDENTS:
            return sight.where
        notices = self.sight(viewer, Kind.NOTICES)
        if notices is None:
            return sight.where
        told = All((notices.where, Among("kind", ("correction",))))
        page = self.search.page(Ask(Kind.NOTICES, told, limit=MOST_TAKEN_BACK))
        ids = sorted({str(orjson.loads(row)["incident_id"]) for row in page.rows})
        if not ids:
            return sight.where
        back = All((sight.taken_back, Among("id", tuple(ids)), Not(Among("state", ("candidate",)))))
        return Either((sight.where, back))

    def found(self, viewer: Viewer, sight: Sight, kind: Kind, row_id: str) -> Json | None:
        """Give a document that the viewer may see something of, as the store has it."""
        data = self.search.one(kind, row_id, self.rows(viewer, kind, sight))
        document: Json | None = None if data is None else orjson.loads(data)
        return document

    def shown(self, sight: Sight, ask: Ask) -> list[Json]:
        """Give the rows of a page as they may be seen."""
        rows = (sight.shown(orjson.loads(row)) for row in self.search.page(ask).rows)
        return [row for row in rows if row is not None]

    def incident(
        self, viewer: Viewer, incident_id: str, what: str, *, whole: bool = False
    ) -> tuple[Sight, Json, Json] | None:
        """Give an incident as stored and as shown, ``whole``: not as a stub; the read is recorded.

        None where there is none that the viewer may see.
        """
        sight = self.sight(viewer, Kind.INCIDENTS)
        if sight is None:
            return None
        document = self.found(viewer, sight, Kind.INCIDENTS, incident_id)
        shown = sight.shown(document) if document is not None else None
        named = {"of": incident_id} if shown is None else {"incident": incident_id}
        self.note(viewer, sight.basis, Read(f"incident {what}".strip(), **named))
        if document is None or shown is None or (whole and "details_available" in shown):
            return None
        return sight, document, shown

    def paged(self, viewer: Viewer, name: str, query: str = "") -> bool:
        """Tell whether a page that is no row of a store is the viewer's, and record its read."""
        basis = self.access().page(viewer, name, self.now())
        if basis:
            self.note(viewer, basis, Read(name, query=query))
        return bool(basis)

    def note(self, viewer: Viewer, basis: str, read: Read) -> None:
        """Record a read on the ground that the viewer says, else on the policy's."""
        said = viewer.basis.strip()
        if self.access().policy.needs_ground(viewer.role) and len(said) < SHORTEST_GROUND:
            raise GroundMissing
        ground = said if len(said) >= SHORTEST_GROUND else f"{basis}, {viewer.role.value}"
        self.recorded.note(viewer, ground[:500], read, self.now())


@contextmanager
def well_asked() -> Iterator[None]:
    """Turn what a store says against a question into BadQuestion."""
    try:
        yield
    except (BadQuestion, NotAskable):
        raise
    except ValueError as error:
        raise BadQuestion(str(error)) from error


def _told(asked: Asked) -> str:
    """Tell a question in one line, without its page, for the record."""
    parts = [asked.query] if asked.query else []
    parts += [f"from {asked.begin}"] if asked.begin is not None else []
    parts += [f"until {asked.end}"] if asked.end is not None else []
    parts += [f"by {asked.sort}"] if asked.sort else []
    return "; ".join(parts)
