"""From the texts of an event's fields to the rules that they may concern: dictionaries first.

Rules have places 0, 1, ... and sets of them are the bits of whole numbers. Each rule stands on
several levels, one for each of its clauses: what a field's text shows is one number with the bits
of all levels, what the fields show together is their union, and a rule is a candidate where it is
shown on every level on which it has a clause. On one level more stands what refutes a rule.
Beginnings, endings and whole texts are found by dictionaries, words inside by one scan.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.match.edges import Edges
from pipeline.match.scan import WordScan, word_scan
from pipeline.match.view import Scanned
from pipeline.match.witness import Clause, Sign, Witness


class FieldIndex:
    """The witnesses of one field.

    ``memo`` is for whoever asks, to keep what texts gave; ``words`` are witnesses sought inside,
    ``more`` are words that rules seek there beside them.
    """

    __slots__ = (
        "_any",
        "_edges",
        "_long",
        "_masks",
        "_portable",
        "_scan",
        "_words",
        "memo",
        "more",
    )

    def __init__(
        self,
        shown: Mapping[tuple[Sign, str], int],
        more: Iterable[str] = (),
        *,
        portable: bool = False,
    ) -> None:
        self.memo: dict[str, int] = {}
        self._portable = portable
        self._any = 0
        words: dict[str, int] = {}
        edges: dict[tuple[Sign, str], int] = {}
        for (sign, text), mask in shown.items():
            if sign is Sign.ANY or (not text and sign is not Sign.IS):
                self._any |= mask
            elif sign is Sign.HAS:
                words[text] = mask
            else:
                edges[sign, text] = mask
        self._words = list(words)
        self._masks = list(words.values())
        self.more = [word for word in more if word not in words]
        self._edges = Edges(edges) if edges else None
        self._scan = word_scan(self._words, portable=portable) if words else None
        self._long: tuple[WordScan, frozenset[str]] | None = None

    @property
    def words(self) -> tuple[str, ...] | None:
        """Give the witnesses, where all are words inside the text; else None."""
        return None if self._edges is not None or self._any else tuple(self._words)

    def mask(self, text: str) -> int:
        """Give the bits of the rules and levels with a witness in this text."""
        found = self._any
        if self._edges is not None:
            found |= self._edges.mask(text)
        if self._scan is not None:
            masks = self._masks
            for number in self._scan(text):
                found |= masks[number]
        return found

    def scanned(self, text: str) -> tuple[int, Scanned | None]:
        """Give the bits, and the text as one of which all words that rules seek are known."""
        if self._scan is None:
            return self.mask(text), None
        if self._long is None:  # made when a long text comes: most fields never hold one
            every = [*self._words, *self.more]
            self._long = word_scan(every, portable=self._portable), frozenset(every)
        scan, known = self._long
        found = self._any
        if self._edges is not None:
            found |= self._edges.mask(text)
        words, masks, more = self._words, self._masks, self.more
        held = set()
        least = len(words)
        for number in scan(text):
            if number < least:
                found |= masks[number]
                held.add(words[number])
            else:
                held.add(more[number - least])
        return found, Scanned(text, known, held)

    def masks(self, texts: Iterable[str]) -> int:
        """Give the bits that a field's texts show together."""
        found = 0
        for text in texts:
            found |= self.mask(text)
        return found


@dataclass(frozen=True, slots=True)
class Signs:
    """What an event must show for one rule, and what refutes it."""

    clauses: Sequence[Clause]
    refuting: Collection[Witness] = ()


class RuleIndex:
    """The clauses of many rules by field.

    ``signs`` are each rule's; ``more`` are the words that rules seek in each field.
    ``base`` has the bits that need no sign.
    """

    __slots__ = ("_count", "_levels", "_ones", "base", "fields")

    def __init__(
        self,
        signs: Sequence[Signs],
        more: Mapping[str | None, Iterable[str]],
        *,
        portable: bool = False,
    ) -> None:
        self._count = count = len(signs)
        self._levels = max((len(own.clauses) for own in signs), default=0)
        self._ones = (1 << count) - 1
        self.base = 0
        shown: dict[str | None, dict[tuple[Sign, str], int]] = {}
        for place, own in enumerate(signs):
            for level in range(self._levels):
                bit = 1 << (level * count + place)
                if level >= len(own.clauses):
                    self.base |= bit
                    continue
                for field, sign, text in own.clauses[level]:
                    of_field = shown.setdefault(field, {})
                    of_field[sign, text] = of_field.get((sign, text), 0) | bit
            bit = 1 << (self._levels * count + place)
            for field, sign, text in own.refuting:
                of_field = shown.setdefault(field, {})
                of_field[sign, text] = of_field.get((sign, text), 0) | bit
        self.fields: Mapping[str | None, FieldIndex] = {
            field: FieldIndex(of_field, more.get(field, ()), portable=portable)
            for field, of_field in shown.items()
        }

    def narrowed(self, shown: int) -> int:
        """Give the bits of the rules that are shown on every level, and not refuted."""
        count = self._count
        found = self._ones & ~(shown >> (self._levels * count))
        for level in range(self._levels):
            found &= shown >> (level * count)
        return found


def places_in(mask: int) -> Iterator[int]:
    """Give the places of the bits of a mask, the least first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
