"""What an entry of the tables of ``datasets/`` may say (README there), as validated models."""

from functools import cached_property
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, field_validator

from pipeline.model import Json
from pipeline.normalize.dataset_parts import Control, Made, Names, Objects, Part, listed
from pipeline.normalize.members import members
from pipeline.normalize.pattern import Pattern, pattern_of

_MEMORY = 256  # texts of one field whose meaning is remembered: attackers make up more
_LONGEST = 64  # characters of such a text

Values = Annotated[tuple[str | int, ...], BeforeValidator(listed)]
Conditions = Annotated[tuple[dict[str, Values], ...], BeforeValidator(listed)]


class Translation(BaseModel):
    """What a value of the vendor's means for an ECS field.

    ``of``: names of the vendor's field, the first that is there counts; ``values``: its texts, case
    aside, one ``*`` for any text (whole texts count before these, which count in their order);
    ``other``: what any other text means, ``absent`` what the field's absence does. Of several
    values in a list the first that means something counts. ``joined``: the values of all names
    together, ``/`` between them, are one text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: Names
    joined: bool = False
    values: dict[str, str | list[str]] = {}
    other: str | list[str] | None = None
    absent: str | list[str] | None = None

    def __call__(self, native: Json) -> str | list[str] | None:
        """Give what a flat document's value means; None where it means nothing."""
        if self.joined:
            parts = [native.get(name) for name in self.of]
            there = any(part is not None for part in parts)
            return self._meaning("/".join(map(said, parts))) if there else self.absent
        known = self._known
        for name in self.of:
            value = members(native, name) or None if "[" in name else native.get(name)
            if value is None:
                continue
            if type(value) is str and value in known:
                return known[value]
            if type(value) is not list:
                return self._meaning(value)
            meant = (self._meaning(one) for one in value)
            return next((one for one in meant if one is not None), None)
        return self.absent

    def _meaning(self, value: object) -> str | list[str] | None:
        text = value if isinstance(value, str) else said(value)
        known = self._known
        if text in known:
            return known[text]
        folded = text.casefold()
        found = self.values.get(folded)
        if found is None:
            found = next((meant for pattern, meant in self._patterns if pattern.fits(folded)), None)
        if found is None:
            found = self.other
        if len(known) < _MEMORY and len(text) <= _LONGEST:
            known[text] = found
        return found

    @cached_property
    def _known(self) -> dict[str, str | list[str] | None]:
        return {}

    @cached_property
    def _patterns(self) -> tuple[tuple[Pattern, str | list[str]], ...]:
        return tuple(
            (pattern_of(text), meant) for text, meant in self.values.items() if "*" in text
        )

    @field_validator("values")
    @classmethod
    def _fold(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {text.casefold(): meant for text, meant in values.items()}


Controls = Annotated[tuple[Control, ...], BeforeValidator(listed)]
Translations = Annotated[tuple[Translation, ...], BeforeValidator(listed)]


class DatasetEntry(BaseModel):
    """One dataset; its name may hold ``{field:word}``, a value or else the word.

    ``when``: each field of one of them has one of its values (``*``: any text).

    ``time`` are names of its time, ``fields`` and ``set`` what ECS learns from it, ``map`` what it
    learns by the value (of several translations the first that says something), ``whole`` the
    objects that rules ask as a whole, ``taxonomy`` its vocabulary where that is not ``generic``.
    ``made`` are values in another shape, ``sums`` numbers of ECS added, ``objects`` lists of
    objects, ``flags`` the words of fields that are true, ``control`` what changes a controller,
    ``url`` an address or the path of one, ``parts`` parts of texts. ``inside``: an object whose
    members are read as if they stood beside it, as they do in the vendor's other exports. ``utc``:
    its times are UTC by definition, though they do not say so. ``alone``: nothing else of the
    document fills ECS, neither names that ECS happens to have too nor ``synonyms.yml``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str
    when: Conditions
    taxonomy: str = ""
    alone: bool = False
    time: Names = ()
    whole: Names = ()
    fields: dict[str, Names] = {}
    set: dict[str, str | list[str]] = {}
    map: dict[str, Translations] = {}
    parts: dict[str, Part] = {}
    inside: str = ""
    utc: bool = False
    made: dict[str, Made] = {}
    sums: dict[str, Names] = {}
    objects: dict[str, Objects] = {}
    flags: dict[str, dict[str, str]] = {}
    control: Controls = ()
    url: Names = ()


class Table(BaseModel):
    """One file, or all of them in the order in which entries are tried."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    datasets: tuple[DatasetEntry, ...]


def said(value: object) -> str:
    """Give the text of a value: of none an empty one, of a truth "true" or "false"."""
    if value is None:
        return ""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
