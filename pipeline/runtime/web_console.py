"""What the console is told beside the desk: words of the law pack, duties, terms, history, sources.

Made from the store beside its writer, by what is in force there. Whether a viewer may see any of it
the pages decide by the policy, through the desk.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.assess import Pack, pack_from_bundle, pack_words
from pipeline.errors import StoreError
from pipeline.model import NANOSECONDS, Instant, Json, as_document, rfc3339
from pipeline.notify import Channels, read_texts
from pipeline.ports import Stores
from pipeline.registry import Registry
from pipeline.registry.differences import record_differences
from pipeline.registry.duties import duties
from pipeline.registry.duty_rows import rows_with
from pipeline.registry.moments import zone_named
from pipeline.runtime.cli.statistics_words import catalogs
from pipeline.runtime.term_answers import TermAnswers, term_answers
from pipeline.runtime.term_rows import TermRows, WatchRow
from pipeline.runtime.terms_tick import clocks_held
from pipeline.runtime.web_contents import Contents
from pipeline.runtime.web_ground import Ground
from pipeline.runtime.web_health import Health
from pipeline.runtime.web_in_force import in_force
from pipeline.runtime.written import WrittenGuard
from pipeline.settings import Settings
from pipeline.web.console import Beside
from pipeline.web.desk import Desk

AGAIN = 10 * NANOSECONDS
Messages = Mapping[str, Mapping[tuple[str, str], str]]


@dataclass(slots=True)
class PackWords:
    """Gives the words that the console has not itself: of the pack in force, and of statistics.

    Which pack that is, is looked at again every ten seconds; the same words are the same object.
    """

    desk: Desk
    stores: Stores
    clock: Callable[[], Instant]
    _found: tuple[str, Messages] | None = None
    _looked_at: Instant = 0
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> Messages:
        """Give them; while the store does not answer those of before."""
        with self._turn:
            now, found = self.clock(), self._found
            if found is None or not 0 <= now - self._looked_at < AGAIN:
                self._looked_at = now
                self._found = found = self._looked(found)
            return found[1]

    def _looked(self, found: tuple[str, Messages] | None) -> tuple[str, Messages]:
        try:
            revision = in_force(self.desk.search, "pack")
            if found is not None and found[0] == revision:
                return found
            pack = _pack_in_force(self.desk, self.stores)
        except (StoreError, OSError):
            return found if found is not None else ("", catalogs().messages)
        texts = catalogs()
        return revision, texts.beside(pack_words(pack)).messages if pack else texts.messages


def console_beside(
    desk: Desk, ground: Ground, settings: Settings, clock: Callable[[], Instant]
) -> Beside:
    """Give what the console is told beside the desk; ``clock`` gives nanoseconds."""
    told = _Told(desk, ground.stores, settings, clock)
    health = Health(ground, desk.access, clock)
    return Beside(
        duties=lambda name: list(told.duties(name)),
        clocks=lambda name: list(told.clocks(name)),
        changes=lambda name: list(told.changes(name)),
        health=health,
        contents=Contents(ground.search, ground.stores.content, settings.content.cache),
        marked=lambda data: WrittenGuard(told.registry.marks).file(data),
        at_once=int(settings.statistics.at_once_seconds * 1_000_000_000),
        zone=zone_named(settings.statistics.zone),
    )


@dataclass(slots=True)
class _Told:
    desk: Desk
    stores: Stores
    settings: Settings
    clock: Callable[[], Instant]
    _answers: dict[str, TermAnswers] = field(default_factory=dict)

    @property
    def registry(self) -> Registry:
        """Give the registry in force."""
        return self.desk.access().registry

    def duties(self, name: str) -> Iterator[Json]:
        """Give the countdowns of an object by the rows of the law and the registry's own."""
        now, registry = self.clock(), self.registry
        record = registry.object(name, now)
        if record is None:
            return
        for one in duties(record, now, rows_with(registry.duty_rows)):
            document: Json = as_document(one)
            yield {**document, **_times(one.due_at, one.met_at)}

    def clocks(self, name: str) -> Iterator[Json]:
        """Give the terms that run for an incident, those of others too."""
        answers = self._term_answers()
        if answers is None:
            return
        row = TermRows(self.stores.state).watch(name) or WatchRow(name, "")
        for one in clocks_held(self.stores, answers, row) if self._known(name) else ():
            yield as_document(one)

    def changes(self, name: str) -> Iterator[Json]:
        """Give the revisions of an object's record, the newest first, each with what it changed."""
        history = self.registry.histories.get(name)
        revisions = history.revisions if history is not None else ()
        for before, one in reversed([*zip((None, *revisions), revisions, strict=False)]):
            said = one.change
            yield {
                "recorded_at": said.recorded_at if said is not None else 0,
                "valid_from": one.valid_from,
                "actor": said.author if said is not None else "",
                "reason": said.reason if said is not None else "",
                "fields": [as_document(each) for each in record_differences(before, one)],
            }

    def _known(self, name: str) -> bool:
        return bool(self.stores.incidents.history(name))

    def _term_answers(self) -> TermAnswers | None:
        revision = in_force(self.desk.search, "pack")
        if revision not in self._answers:
            pack = _pack_in_force(self.desk, self.stores)
            if pack is None:
                return None
            texts = read_texts().beside(pack_words(pack))
            made = term_answers(pack, self.registry, self.settings.centre, texts, Channels())
            self._answers = {revision: made}
        return self._answers[revision]


def _pack_in_force(desk: Desk, stores: Stores) -> Pack | None:
    revision = in_force(desk.search, "pack")
    data = stores.content.bundle("pack", revision) if revision else None
    return pack_from_bundle(data) if data is not None else None


def _times(due: int | None, met: int | None) -> Json:
    return {
        "due_at": rfc3339(due) if due is not None else None,
        "met_at": rfc3339(met) if met is not None else None,
    }
