"""What the console is told beside the desk: words of the law pack, duties, terms, history, sources.

Made from the store beside its writer, by what is in force there. Whether a viewer may see any of it
the pages decide by the policy, through the desk.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.assess import Pack, pack_from_bundle, pack_words
from pipeline.correlate.presence import SourceRow
from pipeline.model import Instant, Json, as_document, rfc3339
from pipeline.model.rows import Rows
from pipeline.notify import Channels, read_texts
from pipeline.ports import Stores
from pipeline.registry import Registry
from pipeline.registry.differences import record_differences
from pipeline.registry.duties import duties
from pipeline.registry.duty_rows import rows_with
from pipeline.runtime.chain import STATE_TYPES
from pipeline.runtime.cli.statistics_words import catalogs
from pipeline.runtime.term_answers import TermAnswers, term_answers
from pipeline.runtime.term_rows import TermRows, WatchRow
from pipeline.runtime.terms_tick import clocks_held
from pipeline.runtime.web_in_force import in_force
from pipeline.settings import Settings
from pipeline.web.console import Beside
from pipeline.web.desk import Desk

_SOURCE = '["source"'
Messages = Mapping[str, Mapping[tuple[str, str], str]]


def console_words(desk: Desk, stores: Stores) -> Messages:
    """Give the words that the console has not itself: of the pack in force, and of statistics."""
    texts = catalogs()
    pack = _pack_in_force(desk, stores)
    return texts.beside(pack_words(pack)).messages if pack is not None else texts.messages


def console_beside(
    desk: Desk, stores: Stores, settings: Settings, clock: Callable[[], Instant]
) -> Beside:
    """Give what the console is told beside the desk; ``clock`` gives nanoseconds."""
    told = _Told(desk, stores, settings, clock)
    return Beside(
        duties=lambda name: list(told.duties(name)),
        clocks=lambda name: list(told.clocks(name)),
        changes=lambda name: list(told.changes(name)),
        health=lambda: {"sources": list(told.sources())},
        at_once=int(settings.statistics.at_once_seconds * 1_000_000_000),
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

    def sources(self) -> Iterator[Json]:
        """Give the registered sources with when each was heard last; nothing of what they said."""
        for record in self.registry.objects(self.clock()):
            kept = self.stores.state.load(record.id)
            only = {key: data for key, data in kept.items() if key.startswith(_SOURCE)}
            rows = Rows(record.id, STATE_TYPES, only).all(SourceRow, "source")
            heard = {parts[0]: row for parts, row in rows}
            for one in record.sources:
                row = heard.get(one.id)
                yield {
                    "source_id": one.id,
                    "object_id": record.id,
                    "kind": one.format,
                    "last_seen": row.heard_at if row is not None else 0,
                    "silent_since": row.silent_since if row is not None else 0,
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
