"""`saqshy incidents export`: incidents as documents of others, and as a card for people."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

from pipeline.assess import pack_from_bundle
from pipeline.assess.explain import Explainer
from pipeline.assess.reason_texts import LANGUAGES, ReasonTexts, reason_texts
from pipeline.errors import ConfigurationError, Problem, StoreError
from pipeline.model import Finding, Incident, IncidentState, Tri, instant
from pipeline.notify.exports import Exported, Subject, Tlp, card_texts, exported, titles
from pipeline.ports import Stores
from pipeline.registry import Registry, decide, load_registry
from pipeline.runtime.cli.incidents_why import texts_folder
from pipeline.runtime.cli.options import Config, Store
from pipeline.runtime.cli.output import FOUND, say, stop, told_errors
from pipeline.runtime.cli.reads import Basis, ReadAs, note_read
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.reading import reading

Form: TypeAlias = Literal["iodef", "iodef-json", "stix", "ocsf", "csv", "pdf"]
CARD: Form = "pdf"
WRITERS: Mapping[str, str] = {
    "iodef": "pipeline.notify.exports.iodef_xml",
    "iodef-json": "pipeline.notify.exports.iodef_json",
    "stix": "pipeline.notify.exports.stix",
    "ocsf": "pipeline.notify.exports.ocsf",
    "csv": "pipeline.notify.exports.csv_table",
}
"""The module of each format, imported when it is asked for."""


def export(
    incident_id: Annotated[
        str | None, typer.Argument(help="The id, or its beginning; or --all.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every incident.")] = False,
    candidates: Annotated[
        bool, typer.Option("--candidates", help="With --all: also what a person has yet to decide.")
    ] = False,
    form: Annotated[
        Form, typer.Option("--format", help="iodef, iodef-json, stix, ocsf, csv or pdf.")
    ] = "iodef",
    language: Annotated[
        str, typer.Option("--language", help="Of titles and the card: kk, ru or en.")
    ] = "kk",
    tlp: Annotated[
        Tlp, typer.Option("--tlp", help="TLP 2.0: clear, green, amber, amber+strict or red.")
    ] = "amber",
    out: Annotated[
        Path | None, typer.Option("--out", help="File; default: standard output.")
    ] = None,
    font: Annotated[
        Path | None, typer.Option("--font", help="TrueType font of the card; default: DejaVu Sans.")
    ] = None,
    written_at: Annotated[
        str | None,
        typer.Option("--written-at", help="RFC 3339, printed in the export; default: now."),
    ] = None,
    config: Config = None,
    store: Store = None,
    whom: ReadAs = None,
    basis: Basis = None,
) -> None:
    """Export incidents for other programs and for people.

    What the secrecy guard does not hold open leaves as a stub; names of users and e-mail addresses
    are masked, always; notices are told by role, without parties. A candidate is marked TLP:RED.

    Example: saqshy incidents export 3f0a --format pdf --language ru --out card.pdf
    """
    with told_errors():
        asked = _Asked(incident_id, every, candidates, form, language, tlp, out, font, written_at)
        read, data = _written(asked, config, store)
        one = read[0] if not every else ""
        of = f"{len(read)} as {form}"
        note_read(config, store, whom, basis, what="incidents export", incident=one, of=of)
        if out is None:
            sys.stdout.buffer.write(data)
        else:
            out.write_bytes(data)
            say(f"wrote {len(read)} incident(s) to {out}")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked for; ConfigurationError with everything wrong in it."""

    incident_id: str | None
    every: bool
    candidates: bool
    form: str
    language: str
    tlp: Tlp
    out: Path | None
    font: Path | None
    written_at: str | None

    def __post_init__(self) -> None:
        problems = []
        if (self.incident_id is None) != self.every:
            problems.append(Problem("ID", 0, "one incident or --all", "give one of them"))
        if self.candidates and not self.every:
            problems.append(Problem("--candidates", 0, "without --all it says nothing"))
        if self.language not in LANGUAGES:
            way_out = f"one of: {', '.join(LANGUAGES)}"
            problems.append(Problem("--language", 0, f"no language {self.language!r}", way_out))
        if self.font is not None and self.form != CARD:
            problems.append(Problem("--font", 0, "only a card has letters", "--format pdf"))
        if self.form == CARD and self.out is None and sys.stdout.isatty():
            problems.append(Problem("--out", 0, "a card is no text for a terminal", "name a file"))
        if problems:
            raise ConfigurationError(problems)

    def printed(self, now: int) -> int:
        """Give the instant that is printed in the export, nanoseconds."""
        if self.written_at is None:
            return now
        try:
            return instant(self.written_at)
        except ValueError as error:
            problem = Problem("--written-at", 0, str(error), "2026-01-31T10:00:00Z")
            raise ConfigurationError([problem]) from error

    def chosen(self, stores: Stores) -> Sequence[Incident]:
        """Give the incidents' last revisions by opening; the command ends where there is none."""
        held = list(stores.incidents.latest())
        if self.every:
            return [
                one for one in held if self.candidates or one.state is not IncidentState.CANDIDATE
            ]
        found = [one for one in held if one.id.startswith(self.incident_id or "")]
        if len(found) != 1:
            stop(FOUND, f"{len(found)} incidents begin with {self.incident_id!r}")
        return found


def _written(asked: _Asked, config: Path | None, store: Path | None) -> tuple[Sequence[str], bytes]:
    """Give the ids of the incidents that are written, and their document."""
    settings = read_settings(config)
    registry = load_registry(settings.registry)
    now = time.time_ns()  # the guard's: what is printed must not open what has ended
    printed = asked.printed(now)
    with reading(config, store) as stores:
        found = asked.chosen(stores)
        names = [one.id for one in found]
        records = [
            exported(_subject(stores, registry, one, now), settings.centre, printed, asked.tlp)
            for one in found
        ]
        if asked.form == CARD:
            texts = reason_texts(texts_folder(settings.law.pack))
            speech = _Speech(stores, asked.language, texts)
            return names, _cards(records, speech, asked.font, found)
    write = import_module(WRITERS[asked.form]).write
    return names, write(records, titles(records, card_texts(), asked.language))


def _subject(stores: Stores, registry: Registry, incident: Incident, now: int) -> Subject:
    """Gather an incident with its history, and ask the guard again: an attestation may have ended.

    The marks behind its records were read when they came; the revision's own decision has them.
    """
    guard = decide(registry.object(incident.object_id, now), now, marked=Tri.NO, suspected=Tri.NO)
    return Subject(
        history=stores.incidents.history(incident.id),
        findings=_findings(stores, incident),
        notices=list(stores.outbox.list(incident.id)),
        record=registry.object(incident.object_id, incident.opened_at),
        guard=guard.decision,
    )


def _findings(stores: Stores, incident: Incident) -> Sequence[Finding]:
    known = (stores.incidents.finding(one) for one in incident.finding_ids)
    return [one for one in known if one is not None]


@dataclass(frozen=True, slots=True)
class _Speech:
    """The words of the law packs that judged incidents, in one language."""

    stores: Stores
    language: str
    texts: ReasonTexts
    packs: dict[tuple[str, int], Explainer] = field(default_factory=dict)

    def words(self, incident: Incident) -> Callable[[str, str], str]:
        """Give the words for one incident; StoreError where the store has its pack no more."""
        revision = incident.assessment.versions.get("pack", "")
        key = (revision, incident.opened_at)
        if key not in self.packs:
            data = self.stores.content.bundle("pack", revision)
            if data is None:
                raise StoreError(
                    f"the store has no pack {revision or '(none is named)'}: restore it"
                )
            view = pack_from_bundle(data).at(incident.opened_at)
            self.packs[key] = Explainer(view, self.language, self.texts)
        return card_words(self.packs[key])


def card_words(explainer: Explainer) -> Callable[[str, str], str]:
    """Give a card's words from the pack and the program; a name without a word stands as it is."""

    def named(section: str, name: str) -> str:
        names = explainer.view.names_of(section, name)
        return name if names is None else str(getattr(names, explainer.language))

    own: dict[str, Callable[[str], str]] = {
        "answer": lambda name: explainer.answer(Tri(name)),
        "severity": explainer.severity,
        "roles": explainer.role,
        "legs": explainer.leg,
        "occurrence": lambda name: named("glossary", f"occurrence.{name}"),
        "word": explainer.word,
    }

    def word(section: str, name: str) -> str:
        if section in own:
            return own[section](name)
        return named(section, name.rpartition(".")[2])

    return word


def _cards(
    records: Sequence[Exported], speech: _Speech, font: Path | None, found: Sequence[Incident]
) -> bytes:
    """Write cards; the library behind them takes a second to import, so here alone."""
    card = import_module("pipeline.notify.exports.card")
    fonts = import_module("pipeline.notify.exports.font")
    words = {one.id: speech.words(one) for one in found}
    written: bytes = card.Card(card_texts(), speech.language, fonts.find_font(font))(records, words)
    return written
