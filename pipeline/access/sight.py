"""What one viewer sees of one kind now: rows, fields, stubs; and what may be asked of them.

A row is *open*; or only its *stub* is left, because a record behind it bore a secrecy mark or may
have; or it is *held*, because its object is not attested open now. What is asked about a field that
a row does not show never holds for that row, so that no question, sort or count tells more than the
rows themselves do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.access.paths import Cut
from pipeline.access.policy import KindRow, Left, Withheld
from pipeline.model import Json
from pipeline.model.conditions import EVERYTHING, NOTHING, All, Condition, Either, Not

AVAILABLE = "details_available"  # of a stub: false, and no reason is given (SPEC 5)
LINKS = "links"
OPEN = "open"


class NotAskable(ValueError):
    """A field that does not exist for who asks; ``field`` is its name, as it was given."""

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(f"there is no field {field!r} to ask by")


@dataclass(frozen=True, slots=True)
class Sight:
    """A viewer's sight of a kind; ``where`` are its rows, of which ``whole`` show every field.

    ``taken_back`` are rows that it sees too where it was told of them and they were taken back.
    ``given`` are the fields of whole rows, ``left`` those of stubs, ``asked`` those that may be
    asked by. ``objects`` are those of which there can be rows (None: any), ``open_ids`` those that
    are attested open now. ``all_rows`` tells that every object's rows are the viewer's.
    """

    row: KindRow
    where: Condition
    taken_back: Condition
    objects: frozenset[str] | None
    whole: Condition
    given: Cut
    left: Cut
    asked: Cut
    withheld: Withheld
    open_ids: frozenset[str]
    basis: str
    all_rows: bool

    def shown(self, document: Json) -> Json | None:
        """Give what of a row is seen, None where nothing; the row must fit ``where``."""
        standing = self.standing(document)
        if standing == "absent":
            return None
        if standing == "stub":
            return {**self.left(document), AVAILABLE: False}
        shown = self.given(document)
        if not self.all_rows:
            shown.pop(LINKS, None)  # another's incident may not be named: the desk looks at each
        return shown

    def standing(self, document: Json) -> Left:
        """Tell whether a row is seen whole, as a stub or not at all; it must fit ``where``."""
        if self.objects is not None and value_at(document, self.row.object) not in self.objects:
            return "absent"  # a store would have had to answer another question
        return self._standing(document)

    @property
    def knows_all(self) -> bool:
        """Tell whether its rows are not only those that somebody was told of."""
        return self.taken_back == NOTHING

    def may_ask(self, field: str) -> bool:
        """Tell whether a field may be searched, sorted and counted by."""
        return self.asked.gives(field)

    def narrowed(self, condition: Condition) -> Condition:
        """Give a question as it is asked of what this viewer sees.

        A field that is not there for the viewer has no value: nothing is like it, whatever stands
        in the store.
        """
        if isinstance(condition, All):
            return All(tuple(self.narrowed(one) for one in condition.of))
        if isinstance(condition, Either):
            return Either(tuple(self.narrowed(one) for one in condition.of))
        if isinstance(condition, Not):
            return Not(self.narrowed(condition.of))
        if not self.may_ask(condition.field):
            return NOTHING
        if self.whole == EVERYTHING or self.left.gives(condition.field):
            return condition
        return All((self.whole, condition))

    def by(self, fields: Sequence[str]) -> Condition:
        """Give the rows that may be sorted or counted by fields: those that show them all.

        NotAskable names a field that is not there for the viewer.
        """
        for field in fields:
            if not self.may_ask(field):
                raise NotAskable(field)
        return EVERYTHING if all(map(self.left.gives, fields)) else self.whole

    def _standing(self, document: Json) -> Left:
        held = value_at(document, self.row.object) not in self.open_ids
        if held:
            return self.withheld.hold
        if self.row.guard:
            guard = value_at(document, self.row.guard)
            if guard == OPEN:
                return "full"
            return self.withheld.stub if guard == "stub" else self.withheld.hold
        if self.row.withheld and value_at(document, self.row.withheld):
            return self.withheld.stub
        return "full"


def value_at(document: Json, path: str) -> Any:
    """Give what stands at a dotted path; None where nothing does."""
    value: Any = document
    for step in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value
