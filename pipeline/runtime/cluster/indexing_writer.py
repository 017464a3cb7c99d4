"""Actions to the store until the fate of every one is known; nothing is given up, nothing twice.

Create-only documents and events go first, the latest of each incident and finding after them: a
revision that contradicts a known one raises an alarm and takes no place among the latest.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson
import structlog

from connectors.stores.elasticsearch.bulk import Action, Bulk, Fate, Item
from connectors.stores.elasticsearch.comparing import clashes
from connectors.stores.elasticsearch.documents import Documents, plain
from pipeline.errors import StoreError
from pipeline.model import Failure, FailureCode, Json, instant
from pipeline.runtime.cluster.indexing_figures import IndexingFigures

log = structlog.get_logger("saqshy.indexer")


class Stopped(Exception):
    """The process is to end before everything was written: nothing of it counts as done."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes actions. ``pause`` waits so many seconds and tells whether the process is to end."""

    bulk: Bulk
    documents: Documents
    figures: IndexingFigures
    pause: Callable[[float], bool]
    retry: float = 0.5
    longest: float = 30.0

    def __call__(self, actions: Sequence[Action]) -> None:
        """Write all; Stopped where the process is to end first."""
        with self.figures.batches.time():
            first = [one for one in actions if one.version is None]
            later = [one for one in actions if one.version is not None]
            clashed = self._settled(first)
            if clashed:
                refused = {one.body for one in clashed}
                later = [one for one in later if one.body not in refused]
            self._settled(later)

    def _settled(self, actions: Sequence[Action]) -> list[Action]:
        """Write until nothing is left; give those that contradict what is known."""
        known, refused = self._sent(actions)
        self.figures.items("known", len(known))
        creates = [one for one in known if one.verb == "create" and not self._made(one)]
        clashed = self._compared(creates) if creates else []
        for one in clashed:
            log.error("index.clash", index=one.index, id=one.id)
        self.figures.items("clash", len(clashed))
        if refused:
            self._kept([one for one, _ in refused])
        told = [*((one, _CLASH) for one in clashed), *((a, i.reason) for a, i in refused)]
        if told:
            self._sent(list(self.documents.failures(map(self._failure, *zip(*told, strict=True)))))
        return clashed

    def _kept(self, actions: Sequence[Action]) -> None:
        """Keep documents that the store refuses in the form that every index takes."""
        _, refused = self._sent([plain(one) for one in actions])
        for one, item in refused:
            log.error("index.refused", index=one.index, id=one.id, reason=item.reason)
        self.figures.items("refused", len(refused))
        self.figures.items("plain", len(actions) - len(refused))

    def _sent(self, actions: Sequence[Action]) -> tuple[list[Action], list[tuple[Action, Item]]]:
        """Send again what the store was too busy for; give what it knew, and what it refused."""
        known: list[Action] = []
        refused: list[tuple[Action, Item]] = []
        left, wait = list(actions), self.retry
        while left:
            items = self._answers(left)
            again: list[Action] = []
            written = 0
            for one, item in zip(left, items, strict=True):
                if item.fate is Fate.WRITTEN:
                    written += 1
                elif item.fate is Fate.KNOWN:
                    known.append(one)
                elif item.fate is Fate.REFUSED:
                    refused.append((one, item))
                else:
                    again.append(one)
            self.figures.items("written", written)
            if again:
                busy = next(item for item in items if item.fate is Fate.BUSY)
                self._wait(wait, busy.reason, len(again))
                wait = self.retry if written else min(2 * wait, self.longest)
            left = again
        self.figures.waiting(waits=False)
        return known, refused

    def _answers(self, actions: Sequence[Action]) -> list[Item]:
        """Ask until the store answers at all."""
        wait = self.retry
        while True:
            try:
                return self.bulk(actions)
            except StoreError as error:
                self._wait(wait, str(error), len(actions))
                wait = min(2 * wait, self.longest)

    def _compared(self, actions: Sequence[Action]) -> list[Action]:
        wait = self.retry
        while True:
            try:
                return clashes(self.bulk.client, actions)
            except StoreError as error:
                self._wait(wait, str(error), len(actions))
                wait = min(2 * wait, self.longest)

    def _wait(self, seconds: float, why: str, items: int) -> None:
        self.figures.waiting(waits=True)
        self.figures.items("busy", items)
        log.warning("index.waits", seconds=seconds, items=items, reason=why)
        if self.pause(seconds):
            raise Stopped

    def _made(self, action: Action) -> bool:
        """Tell whether it is a notice as it was made: where it stands by now is further on."""
        return action.index == self.documents.names.lasting("notices")

    def _failure(self, action: Action, why: str) -> Failure:
        document: Json = orjson.loads(action.body)
        own: Json = document.get("saqshy", document)
        return Failure(
            batch_id=str(own.get("batch", f"{action.index}/{action.id}")),
            index=int(own.get("index", 0)),
            object_id=str(own.get("object_id", own.get("chain", ""))),
            source_id=str(own.get("source_id", "")),
            stage="index",
            code=FailureCode.UNINDEXED,
            detail=f"{action.index}: {why}"[:500],
            received_at=next(instant(str(own[name])) for name in _TIMES if name in own),
        )


# By which of a document's own times its dead letter is kept: a replay makes the same one.
_TIMES = ("received_at", "changed_at", "at", "created_at", "first_event_at")
_CLASH = "its name is known with another content, which is kept as it was"
