"""An object's record in plain words: names for fields, times as times, parts as tables.

Times are written in the reader's zone with its offset: a day of the registry begins at midnight
there, and not in UTC. What holds from the beginning or without an end says so, since no clock shows
either.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from pipeline.model import NANOSECONDS, Json
from pipeline.web.console.parts import Cell, Facts, Row, Table, code, together
from pipeline.web.console.words import Words
from pipeline.web.markup import Html, element

EARLIEST, LATEST = -(1 << 62), (1 << 62) - 1  # how the registry writes neither begin nor end
MOST_VALUES, MOST_ROWS = 20, 50
_NO_PLAIN_NUMBER = 10**16  # no count, bound or number of seconds in a record is as great
_TIMES = ("at", "since", "begin", "end", "valid_from", "valid_to")
_TIMELY = ("_at", "_until")
_WORDS = {
    "sector": "sector", "branch": "sector", "stage": "stage", "ownership": "ownership",
    "financial_subject": "financial", "standing": "standing", "flags": "flag",
}  # fmt: skip
_FLAGS = {
    "financial": "financial", "sector": "sector", "critical": "sector", "stage": "stage",
    "ownership": "ownership", "reach": "record_value",
}  # fmt: skip


def flag_word(words: Words, flag: str) -> str:
    """Give the word for a flag, with that for its value: ``financial:bank``."""
    head, _, tail = flag.partition(":")
    said = words.word("flag", head)
    return f"{said}: {words.word(_FLAGS.get(head, 'record_value'), tail)}" if tail else said


@dataclass(frozen=True, slots=True)
class Record:
    """Writes records in one language and zone."""

    words: Words
    zone: tzinfo

    def bodies(self, document: Json) -> Iterator[Facts | Table]:
        """Give what a record says: single facts first, then a table of each list of parts."""
        facts, lists = self._sorted(document, "")
        if facts:
            yield Facts(facts)
        for path, members in lists:
            yield self._table(path, members)

    def label(self, path: str) -> str:
        """Give the name of a field, with those of the parts that it stands in."""
        steps = [one for one in path.split(".") if not one.isdecimal()]
        said = " – ".join(self.words.word("record", one) for one in steps)
        return said[:1].upper() + said[1:]

    def time(self, instant: int) -> Html:
        """Write an instant in the zone, to the minute, with its offset."""
        if instant <= EARLIEST:
            return element("span", self.words("record.from_the_beginning"))
        if instant >= LATEST:
            return element("span", self.words("record.without_end"))
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=instant // NANOSECONDS)
        local = moment.astimezone(self.zone)
        offset = local.strftime("%z")
        text = f"{local:%Y-%m-%d %H:%M} {offset[:3]}:{offset[3:]}"
        return element("time", text, datetime=moment.strftime("%Y-%m-%dT%H:%M:%SZ"))

    def value(self, path: str, held: Any) -> Cell:
        """Write a value as its field asks."""
        name = path.rpartition(".")[2]
        if isinstance(held, bool):
            return self.words.word("answer", "yes" if held else "no")
        if isinstance(held, int):
            timely = name in _TIMES or name.endswith(_TIMELY) or abs(held) >= _NO_PLAIN_NUMBER
            return self.time(held) if timely else self.words.number(held)
        if isinstance(held, list):
            cells = [self.value(path, one) for one in held[:MOST_VALUES]]
            return together(*cells, self.more(len(held) - MOST_VALUES))
        if isinstance(held, dict):
            return together(*(
                Html(f"{element('span', self.label(one), class_='aside')} {_marked(said)}")
                for one, said in self._facts(held, "")
            ))  # fmt: skip
        return self._text(name, str(held))

    def more(self, count: int) -> Cell:
        """Say how many more there are than a page shows; nothing where it shows all."""
        return self.words("record.more", count=self.words.number(count)) if count > 0 else ""

    def _text(self, name: str, said: str) -> Cell:
        if name == "flags":
            return flag_word(self.words, said)
        word = self.words.word(_WORDS.get(name, "record_value"), said)
        return word if word != said else code(said)

    def _sorted(
        self, document: Json, before: str
    ) -> tuple[list[tuple[str, Cell]], list[tuple[str, Sequence[Json]]]]:
        """Tell facts from lists of parts, wherever they stand."""
        facts: list[tuple[str, Cell]] = []
        lists: list[tuple[str, Sequence[Json]]] = []
        for name, held in document.items():
            path = f"{before}{name}"
            if isinstance(held, dict):
                more, further = self._sorted(held, f"{path}.")
                facts += more
                lists += further
            elif isinstance(held, list) and any(isinstance(one, dict) for one in held):
                lists.append((path, [one for one in held if isinstance(one, dict)]))
            elif held is not None and held not in ("", []):
                facts.append((self.label(path), self.value(path, held)))
        return facts, lists

    def _facts(self, document: Json, before: str) -> Iterator[tuple[str, Cell]]:
        for name, held in document.items():
            if isinstance(held, dict) and held:
                yield from self._facts(held, f"{before}{name}.")
            elif held is not None and held not in ("", [], {}):
                yield f"{before}{name}", self.value(f"{before}{name}", held)

    def _table(self, path: str, members: Sequence[Json]) -> Table:
        names = list(dict.fromkeys(name for one in members for name in one))
        rows = [
            Row([self.value(name, one[name]) if name in one else "" for name in names])
            for one in members[:MOST_ROWS]
        ]
        if left := self.more(len(members) - MOST_ROWS):
            rows.append(Row([left, *("" for _ in names[1:])]))
        title = self.label(path)
        return Table(title, [self.label(name) for name in names], rows, "", headed=True)


def _marked(said: Cell) -> Html:
    return said if isinstance(said, Html) else element("span", said)
