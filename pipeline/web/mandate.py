"""What a viewer's figures are made of: the rows that it sees, chosen before anything is counted.

A total is no more than the sum of what its viewer could read row by row (SPEC 6). What is seen as a
stub alone is in no figure: of it there is nothing to count by but that it is there.
"""

from dataclasses import dataclass

from pipeline.access import Sight
from pipeline.model import Json
from pipeline.model.conditions import Condition
from pipeline.model.holding import holds

CANDIDATE = "candidate"
WHOLE, STUB, ABSENT = "full", "stub", "absent"


@dataclass(frozen=True, slots=True)
class Mandate:
    """A viewer's sights, and the conditions of their rows; None: it has none of that kind.

    ``objects`` are those whose records it sees (None: all).
    """

    objects: frozenset[str] | None
    incidents: tuple[Sight, Condition] | None = None
    notices: tuple[Sight, Condition] | None = None

    def incident(self, latest: Json) -> str:
        """Tell how an incident is seen by its latest revision: WHOLE, STUB or ABSENT."""
        return _seen(self.incidents, latest)

    def revision(self, revision: Json) -> bool:
        """Tell whether a revision of a visible incident stands in the history that is shown.

        Before an incident was told of it was a candidate, and nobody's to know outside.
        """
        if self.incidents is None:
            return False
        sight = self.incidents[0]
        told = sight.knows_all or revision["state"] != CANDIDATE
        return told and sight.standing(revision) != ABSENT

    def notice(self, notice: Json) -> bool:
        """Tell whether a notice is seen, if only as a stub: it tells when and to whom."""
        return _seen(self.notices, notice) != ABSENT


def _seen(sighted: tuple[Sight, Condition] | None, document: Json) -> str:
    if sighted is None or not holds(sighted[1], document):
        return ABSENT
    return str(sighted[0].standing(document))
