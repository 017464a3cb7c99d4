"""What an entry of the tables of ``datasets/`` may say (README there), as validated models."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, field_validator

from pipeline.normalize.dataset_parts import Control, Made, Names, Objects, Part, listed

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
