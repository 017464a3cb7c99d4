"""From a field's text to the rules that it may concern: dictionaries first, one automaton last.

Endings that hold a separator (``/cmd.exe``) are found by what follows the text's last separator,
beginnings and the words inside by Aho-Corasick. Values repeat (of process images 1% is new), so
what a short text gave is remembered within a bound.
"""

from collections.abc import Iterable, Mapping

import ahocorasick_rs

from pipeline.match.view import NOTHING, Several, View
from pipeline.match.witness import Sign, Witness

Rules = frozenset[int]
NONE: Rules = frozenset()
_FEW = 8
_MOST_GATED = 64  # beyond, the comparison of many bytes at once gives way to an automaton
_MOST_MEMO = 512
_MOST_MEMO_LENGTH = 256
_MOST_DFA_CHARACTERS = 20_000  # a full automaton is twice as fast on long texts, at 0.5 KB each


class FieldIndex:
    """The witnesses of one field; ``rare`` where hardly a text is expected to show one."""

    __slots__ = ("_any", "_is", "_memo", "_scan", "_tails")

    def __init__(self, signs: Mapping[tuple[Sign, str], Rules], *, rare: bool = False) -> None:
        self._any = NONE
        self._is: dict[str, Rules] = {}
        self._tails: dict[str, list[tuple[str, Rules]]] = {}
        self._memo: dict[str, Rules] = {}
        words: list[tuple[Sign, str, Rules]] = []
        for (sign, text), rules in signs.items():
            if sign is Sign.ANY:
                self._any |= rules
            elif sign is Sign.IS:
                self._is[text] = rules
            elif sign is Sign.ENDS and (cut := _last_part(text)):
                self._tails.setdefault(cut, []).append((text, rules))
            else:
                words.append((sign, text, rules))
        self._scan = WordScan(words, rare=rare) if words else None

    def rules(self, text: str) -> Rules:
        """Give the rules with a witness in this folded text."""
        found = self._memo.get(text)
        if found is None:
            found = self._find(text)
            if len(text) <= _MOST_MEMO_LENGTH:
                if len(self._memo) >= _MOST_MEMO:
                    self._memo.clear()
                self._memo[text] = found
        return found

    def _find(self, text: str) -> Rules:
        found = set(self._any)
        found |= self._is.get(text, NONE)
        if self._tails:
            for tail, rules in self._tails.get(_last_part(text), ()):
                if text.endswith(tail):
                    found |= rules
        if self._scan is not None:
            self._scan.add(text, found)
        return frozenset(found)


class WordScan:
    """Words sought in one pass over a text; each word where its sign wants it.

    Where hits are rare, a first pass that ends at one asks whether there is any: for few words it
    compares many bytes at once, and is three times as fast as the pass that finds them all.
    """

    __slots__ = ("_automaton", "_gate", "_words")

    def __init__(self, words: list[tuple[Sign, str, Rules]], *, rare: bool = False) -> None:
        self._words = words
        self._gate: ahocorasick_rs.AhoCorasick | None = None
        self._automaton: ahocorasick_rs.AhoCorasick | None = None
        if len(words) > _FEW and all(word for _, word, _ in words):
            texts = [word for _, word, _ in words]
            small = sum(map(len, texts)) <= _MOST_DFA_CHARACTERS
            self._automaton = ahocorasick_rs.AhoCorasick(
                texts,
                matchkind=ahocorasick_rs.MatchKind.Standard,
                store_patterns=False,
                implementation=ahocorasick_rs.Implementation.DFA if small else None,
            )
            if rare and len(words) <= _MOST_GATED:
                self._gate = ahocorasick_rs.AhoCorasick(
                    texts, matchkind=ahocorasick_rs.MatchKind.LeftmostFirst, store_patterns=False
                )

    def add(self, text: str, found: set[int]) -> None:
        """Add the rules whose word is in the text."""
        if self._automaton is None:
            for sign, word, rules in self._words:
                if _shows(sign, word, text):
                    found |= rules
            return
        try:
            if self._gate is not None and not self._gate.find_matches_as_indexes(text):
                return
            hits = self._automaton.find_matches_as_indexes(text, overlapping=True)
        except UnicodeEncodeError:  # half of a surrogate pair: no UTF-8 can say it
            text = text.encode("utf-8", "replace").decode()
            hits = self._automaton.find_matches_as_indexes(text, overlapping=True)
        last = len(text)
        for number, start, end in hits:
            sign, _, rules = self._words[number]
            if sign is Sign.HAS or (start == 0 if sign is Sign.STARTS else end == last):
                found |= rules


class RuleIndex:
    """The witnesses of many rules by field; ``always`` are rules without any."""

    __slots__ = ("_fields", "always")

    def __init__(self, witnesses: Mapping[int, Iterable[Witness] | None]) -> None:
        self.always = frozenset(rule for rule, signs in witnesses.items() if signs is None)
        fields: dict[str | None, dict[tuple[Sign, str], Rules]] = {}
        for rule, signs in witnesses.items():
            for field, sign, text in signs or ():
                shown = fields.setdefault(field, {})
                shown[sign, text] = shown.get((sign, text), NONE) | {rule}
        self._fields = [
            (field, FieldIndex(shown, rare=field is None)) for field, shown in fields.items()
        ]

    def candidates(self, view: View) -> set[int]:
        """Give the rules that may match; every rule that matches is among them."""
        found = set(self.always)
        for field, index in self._fields:
            text = view[field]
            if text.__class__ is str:
                found |= index.rules(text)
            elif text is not NOTHING:
                assert isinstance(text, Several)
                for each in text.texts:
                    found |= index.rules(each)
        return found


def _last_part(text: str) -> str:
    """Give a text from its last separator on; nothing where it has none."""
    cut = max(text.rfind("\\"), text.rfind("/"))
    return text[cut:] if cut >= 0 else ""


def _shows(sign: Sign, word: str, text: str) -> bool:
    if sign is Sign.HAS:
        return word in text
    return text.startswith(word) if sign is Sign.STARTS else text.endswith(word)
