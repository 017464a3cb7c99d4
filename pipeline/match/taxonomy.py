"""Vocabularies as data: which log sources an event is of, and under which names its fields stand.

One YAML file a vocabulary (``Event.taxonomy``). ``sources`` say which Sigma products, categories
and services an event has: an entry adds its labels where each field of one of its ``when`` has one
of the values (case aside; a ``*`` at the end stands for any rest). ``fields`` say where a Sigma
field is found: the names are tried in their order, after the field's own name; ``within`` names
objects that may hold a field when nothing else does. ``fields`` of an entry hold for rules of its
category or service only, and come before the field's own name. ``named`` are fields whose text
itself names a product and a service, such as a dataset ``zeek.dns`` or a program. ``includes``
adds what other vocabularies say, and what these include.

An edit of a mapping changes verdicts, so that a taxonomy has a revision, which follows what the
files say (not their names, comments or order), and a bundle that gives the same revision again.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import zstandard
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from pipeline.documents import Document, parse_yaml, validated
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import identity

_FORM = "saqshy taxonomy 1"
_MOST_BUNDLE = 64 * 1024 * 1024


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
    """One taxonomy with what it includes. ``key`` are the fields that log sources depend on.

    ``places`` are file and line of each source entry, ``origins`` of each field's names.
    """

    name: str
    key: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]]
    within: tuple[str, ...]
    sources: tuple[SourceEntry, ...]
    named: tuple[NamingField, ...]
    places: tuple[str, ...] = ()
    origins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Every vocabulary by name; an event of an unknown one is read by ``generic``."""

    vocabularies: Mapping[str, Vocabulary]
    revision: str = ""
    packed: bytes = field(default=b"", repr=False)

    def of(self, name: str) -> Vocabulary:
        """Give the vocabulary of that name, or the generic one."""
        return self.vocabularies.get(name) or self.vocabularies["generic"]

    def bundle(self) -> bytes:
        """Give the files that this came from, as ``taxonomy_from_bundle`` reads them."""
        return self.packed


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A file's vocabulary and the document that it stands in."""

    said: VocabularyDocument
    document: Document


def load_taxonomy(folder: Path) -> Taxonomy:
    """Read every ``.yml`` of a folder; ConfigurationError with all problems at once."""
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yml")):
        try:
            texts[path.name] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            problems.append(Problem(str(path), 0, f"cannot be read: {error}"))
    return _taxonomy(texts, f"{folder}/", problems)


def taxonomy_from_bundle(data: bytes) -> Taxonomy:
    """Read what ``Taxonomy.bundle`` gave: the same revision; ValueError where it is none."""
    try:
        whole = zstandard.ZstdDecompressor().decompress(data, max_output_size=_MOST_BUNDLE)
    except zstandard.ZstdError as error:
        raise ValueError(f"the bundle does not decompress: {error}") from error
    found = json.loads(whole)
    if not isinstance(found, dict) or found.get("form") != _FORM:
        raise ValueError(f"the bundle is not of the form {_FORM!r}")
    return _taxonomy(found["files"], "", [])


def _taxonomy(texts: Mapping[str, str], shown: str, problems: list[Problem]) -> Taxonomy:
    """Read vocabularies from texts by file name; ``shown`` stands before names in messages."""
    found: dict[str, _Loaded] = {}
    for name, text in texts.items():
        try:
            document = parse_yaml(text, f"{shown}{name}")
            said = validated(VocabularyDocument, document)
        except ConfigurationError as error:
            problems += error.problems
            continue
        if said.taxonomy in found:
            message = f"the taxonomy {said.taxonomy!r} is told twice"
            problems.append(document.problem(("taxonomy",), message, "keep one file"))
        found[said.taxonomy] = _Loaded(said, document)
    problems += [problem for one in found.values() for problem in _unmet(one, found)]
    if "generic" not in found and not problems:
        message = "holds no taxonomy 'generic'"
        problems.append(Problem(shown.rstrip("/"), 0, message, "name its folder"))
    if problems:
        raise ConfigurationError(problems)
    return Taxonomy(
        {name: _assembled(name, found) for name in sorted(found)}, _revision(found), _pack(texts)
    )


def _unmet(loaded: _Loaded, found: Mapping[str, _Loaded]) -> Iterator[Problem]:
    for name in loaded.said.includes:
        if name not in found:
            message = f"the taxonomy {name!r} is not there"
            yield loaded.document.problem(("includes",), message)


def _revision(found: Mapping[str, _Loaded]) -> str:
    said = {name: one.said.model_dump(mode="json") for name, one in found.items()}
    return identity("taxonomy", json.dumps(said, ensure_ascii=False, sort_keys=True))


def _pack(texts: Mapping[str, str]) -> bytes:
    whole = json.dumps({"form": _FORM, "files": dict(texts)}, ensure_ascii=False, sort_keys=True)
    return zstandard.ZstdCompressor(level=3).compress(whole.encode())


def _assembled(name: str, found: Mapping[str, _Loaded]) -> Vocabulary:
    whole = [found[one] for one in _with_included(name, found)]
    fields: dict[str, tuple[str, ...]] = {}
    origins: dict[str, tuple[str, ...]] = {}
    for part in whole:
        for one, names in part.said.fields.items():
            fields[one] = tuple(dict.fromkeys((*fields.get(one, (one,)), *names)))
            place = f"{part.document.file}:{part.document.line(('fields', one))}"
            origins[one] = (*origins.get(one, ()), place)
    sources = tuple(entry for part in whole for entry in part.said.sources)
    named = tuple(dict.fromkeys(each for part in whole for each in part.said.named))
    return Vocabulary(
        name=name,
        key=_key(sources, named),
        fields=fields,
        within=tuple(dict.fromkeys(place for part in whole for place in part.said.within)),
        sources=sources,
        named=named,
        places=tuple(place for part in whole for place in _places(part)),
        origins=origins,
    )


def _with_included(name: str, found: Mapping[str, _Loaded]) -> list[str]:
    """Give a vocabulary and what it includes, each once, nearer ones first."""
    names = [name]
    for one in names:
        names += [other for other in found[one].said.includes if other not in names]
    return names


def _places(part: _Loaded) -> Iterator[str]:
    for index in range(len(part.said.sources)):
        yield f"{part.document.file}:{part.document.line(('sources', index))}"


def _key(sources: Iterable[SourceEntry], named: Iterable[NamingField]) -> tuple[str, ...]:
    names = dict.fromkeys(one for entry in sources for when in entry.when for one in when)
    names.update(dict.fromkeys(each.field for each in named))
    return tuple(names)
