"""Vocabularies as data: which log sources an event is of, and under which names its fields stand.

One YAML file a vocabulary (``Event.taxonomy``). ``sources`` say which Sigma products, categories
and services an event has: an entry adds its labels where each field of one of its ``when`` has one
of the values (case aside; a ``*`` at the end stands for any rest). ``fields`` say where a Sigma
field is found: the names are tried in their order, after the field's own name; ``within`` names
objects that may hold a field when nothing else does. ``fields`` of an entry hold for rules of its
category or service only, and come before the field's own name. ``named`` are fields whose text
itself names a product and a service, such as a dataset ``zeek.dns`` or a program.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from pipeline.documents import Document, read_yaml, validated
from pipeline.errors import ConfigurationError, Problem


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Values = Annotated[tuple[str | int, ...], BeforeValidator(_listed)]


class _Piece(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceEntry(_Piece):
    """Labels that an event has, always or where one of ``when`` fits."""

    when: Annotated[tuple[dict[str, Values], ...], BeforeValidator(_listed)] = ()
    product: Names = ()
    category: Names = ()
    service: Names = ()
    fields: dict[str, Names] = Field(default_factory=dict)


class NamingField(_Piece):
    """A field whose text names a log source; without separator, product and service alike."""

    field: str
    separator: str = ""


class VocabularyDocument(_Piece):
    """One taxonomy file."""

    taxonomy: str
    includes: tuple[str, ...] = ()
    named: tuple[NamingField, ...] = ()
    within: tuple[str, ...] = ()
    fields: dict[str, Names] = Field(default_factory=dict)
    sources: tuple[SourceEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One taxonomy with what it includes. ``key`` are the fields that log sources depend on."""

    name: str
    key: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]]
    within: tuple[str, ...]
    sources: tuple[SourceEntry, ...]
    named: tuple[NamingField, ...]


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Every vocabulary by name; an event of an unknown one is read by ``generic``."""

    vocabularies: Mapping[str, Vocabulary]

    def of(self, name: str) -> Vocabulary:
        """Give the vocabulary of that name, or the generic one."""
        return self.vocabularies.get(name) or self.vocabularies["generic"]


def load_taxonomy(folder: Path) -> Taxonomy:
    """Read every ``.yml`` of a folder; ConfigurationError with all problems at once."""
    problems: list[Problem] = []
    found: dict[str, tuple[Document, VocabularyDocument]] = {}
    for path in sorted(folder.glob("*.yml")):
        try:
            document = read_yaml(path)
            vocabulary = validated(VocabularyDocument, document)
        except ConfigurationError as error:
            problems += error.problems
            continue
        if vocabulary.taxonomy in found:
            message = f"the taxonomy {vocabulary.taxonomy!r} is told twice"
            problems.append(document.problem(("taxonomy",), message, "keep one file"))
        found[vocabulary.taxonomy] = (document, vocabulary)
    for document, vocabulary in found.values():
        problems += [
            document.problem(("includes",), f"the taxonomy {name!r} is not there")
            for name in vocabulary.includes
            if name not in found
        ]
    if "generic" not in found and not problems:
        problems.append(Problem(str(folder), 0, "holds no taxonomy 'generic'", "name its folder"))
    if problems:
        raise ConfigurationError(problems)
    plain = {name: vocabulary for name, (_, vocabulary) in found.items()}
    return Taxonomy({name: _assembled(name, plain) for name in sorted(plain)})


def _assembled(name: str, documents: Mapping[str, VocabularyDocument]) -> Vocabulary:
    whole = [documents[name], *(documents[other] for other in documents[name].includes)]
    fields: dict[str, tuple[str, ...]] = {}
    for part in whole:
        for field, names in part.fields.items():
            fields[field] = tuple(dict.fromkeys((*fields.get(field, (field,)), *names)))
    sources = tuple(entry for part in whole for entry in part.sources)
    within = tuple(dict.fromkeys(place for part in whole for place in part.within))
    named = tuple(dict.fromkeys(each for part in whole for each in part.named))
    return Vocabulary(name, _key(sources, named), fields, within, sources, named)


def _key(sources: Iterable[SourceEntry], named: Iterable[NamingField]) -> tuple[str, ...]:
    names = dict.fromkeys(field for entry in sources for when in entry.when for field in when)
    names.update(dict.fromkeys(each.field for each in named))
    return tuple(names)
