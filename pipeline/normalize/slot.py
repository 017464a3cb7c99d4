"""One field of ECS as values are put into it: its place, and how a value is made to fit."""

from functools import cache
from typing import Any

from pipeline.model import Json
from pipeline.normalize.ecs_schema import address, fields, fitting, number

# Shapes whose values fit every field of a type as they are.
_FITTING = {
    "date": frozenset({"date", "utc"}),
    "long": frozenset({"seconds", "milliseconds", "microseconds", "port"}),
}
_TEXTS = frozenset({"after_slash", "basename", "before_slash", "hash", "ip_type", "lower", "word"})


class Slot:
    """A field of ECS; ``most`` is the greatest of its whole numbers, -1 where it takes none."""

    __slots__ = ("ip", "leaf", "many", "most", "parents", "path", "plain")

    def __init__(self, path: str) -> None:
        parts = path.split(".")
        self.leaf: str = parts[-1]
        self.path: str = path
        self.parents: list[str] = parts[:-1]
        field = fields().get(path)
        self.plain: bool = field is not None and field.plain
        self.many: bool = field is not None and field.many
        self.ip: bool = path.endswith(".ip") and not self.many
        whole = field is not None and field.type == "long" and not self.many
        self.most: int = (65_535 if self.leaf == "port" else 2**63 - 1) if whole else -1

    def put(self, ecs: Json, value: Any) -> bool:
        """Set a value that fits where nothing stands yet; False where something is in the way."""
        at = ecs
        for step in self.parents:
            inner = at.get(step)
            if inner is None:
                inner = at[step] = {}
            elif type(inner) is not dict:
                return False
            at = inner
        if self.leaf in at:
            return False
        at[self.leaf] = value
        return True

    def fit(self, ecs: Json, value: Any) -> None:
        """Set what a value is in this field, where it fits."""
        if value is None:
            return
        fitted = self.fitted(value)
        if fitted is not None:
            self.put(ecs, fitted)

    def fitted(self, value: Any) -> Any:
        """Give a value as the field takes it; None where it cannot."""
        found = self.quick(value)
        return fitting(self.path, value) if found is None else found

    def quick(self, value: Any) -> Any:
        """Give a value that fits as it is, or an address in its usual form; else None."""
        if type(value) is str:
            if self.plain:
                return value
            if self.ip:
                return address(value)
            if self.most < 0:
                return None
            whole = number(value)
            return whole if whole is not None and 0 <= whole <= self.most else None
        return value if type(value) is int and 0 <= value <= self.most else None

    def takes(self, shape: str) -> bool:
        """Tell whether all values of a shape fit as they are."""
        field = fields().get(self.path)
        if field is None or field.many:
            return False
        return shape in _FITTING.get(field.type, ()) or (field.plain and shape in _TEXTS)


@cache
def slot_of(path: str) -> Slot:
    """Give the slot of a dotted name."""
    return Slot(path)
