"""Bundles of content as an administrator looks after them: what is in force, and what is not."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from pipeline.content import Content, Correlation, Rule, content_from_bundle
from pipeline.errors import StoreError
from pipeline.model import Json
from pipeline.model.conditions import All, Among
from pipeline.ports import ContentStore
from pipeline.ports.searching import Ask, Kind, Search
from pipeline.runtime.web_in_force import ADMINISTRATION

KIND = "content_in_force"


@dataclass(slots=True)
class Contents:
    """Tells of the content in force and of the one before it; no event, and nothing of one.

    ``cache`` is where the parsed forms of rules are kept. What two revisions say is worked out
    once; StoreError where the store lacks what it names.
    """

    search: Search
    kept: ContentStore
    cache: Path
    _told: tuple[tuple[str, str], Json] | None = None
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> Json:
        """Give the revisions in force with their parts, rules left out, and what changed."""
        named = All((Among("kind", (KIND,)), Among("chain", (ADMINISTRATION,))))
        rows = self.search.page(Ask(Kind.AUDIT, named, limit=1)).rows
        if not rows:
            return {}
        entry = orjson.loads(rows[0])
        revision, before = str(entry["subject"]), str(entry["detail"].get("before") or "")
        with self._turn:
            if self._told is None or self._told[0] != (revision, before):
                self._told = (revision, before), self._tell(revision, before)
            told = self._told[1]
        return {**told, "at": entry["at"], "actor": entry["actor"]}

    def _tell(self, revision: str, before: str) -> Json:
        parts, old_parts = self._parts(revision), self._parts(before) if before else {}
        now = self._content(parts)
        told: Json = {
            "content": revision,
            "parts": {name: held for name, held in sorted(parts.items()) if held},
            "rules": len(now.rules),
            "correlations": len(now.correlations),
            "left_out": [
                {
                    "file": f"{one.file}:{one.line}" if one.line else one.file,
                    "reason": one.message,
                    "way_out": one.way_out,
                }
                for one in now.quarantined
            ],
            "before": before,
        }
        return (
            {**told, "changes": list(_changes(self._content(old_parts), now))} if before else told
        )

    def _parts(self, revision: str) -> Mapping[str, str]:
        parts: dict[str, str] = orjson.loads(self._bundle("content", revision))
        return parts

    def _content(self, parts: Mapping[str, str]) -> Content:
        return content_from_bundle(self._bundle("rules", parts["rules"]), self.cache)

    def _bundle(self, kind: str, revision: str) -> bytes:
        data = self.kept.bundle(kind, revision)
        if data is None:
            raise StoreError(f"the store has no {kind} {revision}: restore a backup")
        return data


def _changes(old: Content, new: Content) -> list[Json]:
    """Give what came, went or says something else, by id."""
    one: dict[str, Rule | Correlation] = {**old.rules, **old.correlations}
    other: dict[str, Rule | Correlation] = {**new.rules, **new.correlations}
    found: list[Json] = []
    for name in sorted({*one, *other}):
        before, after = one.get(name), other.get(name)
        item = after or before
        if item is None or (before and after and before.hash == after.hash):
            continue
        what = "added" if before is None else "removed" if after is None else "changed"
        found.append({"what": what, "id": name, "title": item.title})
    return found
