"""Rules and events made up at random: every modifier, odd text, events that are likely to hit.

All choices come from one ``Random``, so that hypothesis can make them (and shrink), or a seed.
"""

import base64
import json
from collections.abc import Sequence
from random import Random
from typing import Any

import yaml

from tests.match.made_events import example_of
from tests.match.material import PRODUCT

FIELDS = ("A", "B", "C", "a.b", "a.c.d", "Ә поле", "b")
# Pairs and triples of characters that fold to one another, in one way or another.
ALIKE = ("kK\u212a", "sSſ", "ßẞ", "σΣς", "åÅ\u212b", "iIİı", "µμ", "ǆǅ", "қҚ", "ﬁ", "ŉ", "éÉ")
LETTERS = "".join(ALIKE) + "aAbB019"
SIGNS = " .,:;-/\\*?'\"%_[](){}$^|&<>#@\n\t\r"
ODD = "\0\x1f\x7f\x85\u2028\u0301\ufffd😀𐐨𐐀"
PLAIN = "aAbBkKsS01 ._"
NUMBERS = (0, 1, -1, 7, 10, 4688, 0.5, 1.0, -2.5, 1e16, 2**31, 2**53)
ADDRESSES = (
    "10.0.0.1", "10.255.255.255", "11.0.0.1", "::1", "fe80::1", "FE80::2", "::ffff:10.0.0.1",
    "10.0.0", "10.0.0.0/8",
)  # fmt: skip
NETWORKS = ("10.0.0.0/8", "10.0.0.0/31", "0.0.0.0/0", "fe80::/10", "::1/128")
DATES = (
    "2026-03-02T10:07:00Z", "2026-03-02 22:07:59.123", "2024-12-30", "2026-02-31T00:00:00Z",
    "2025-01-01T00:00", "yesterday",
)  # fmt: skip
EXPRESSIONS = (
    "a", "^a", "b$", "[a-c]+1", "қ|1", r"\d", "(a|b)+k", ".", "^.{2,3}$", r"\\", r"\.", "k.s",
    "a?b*", "[^a]$", "(?:ab|ba){1,2}", r"^\s*$", "^(a|bk?)s", r"[\\/]a", "σ", "ß", "s+k",
)  # fmt: skip
TEXT_CHAINS = (
    "", "", "", "contains", "contains", "contains", "startswith", "startswith", "endswith",
    "endswith", "cased", "contains|cased", "cased|contains", "startswith|cased", "endswith|cased",
    "neq", "contains|neq", "endswith|neq", "expand", "contains|expand",
)  # fmt: skip
DASH_CHAINS = (
    "windash", "contains|windash", "windash|contains", "startswith|windash|cased",
    "endswith|windash|neq",
)  # fmt: skip
CODE_CHAINS = (
    "base64", "base64|contains", "base64offset|contains", "wide|base64offset|contains",
    "utf16le|base64offset|contains", "utf16be|base64offset|contains",
    "utf16|base64offset|contains", "utf16|base64|contains", "wide|contains", "utf16le",
    "utf16be|endswith", "base64offset|contains|cased", "utf16|startswith", "wide|cased",
)  # fmt: skip
ENCODINGS = {"wide": "utf-16-le", "utf16le": "utf-16-le", "utf16be": "utf-16-be", "utf16": "utf-16"}
RE_CHAINS = ("re", "re", "re|i", "re|s", "re|m", "re|i|m|s", "re|neq", "re|i|s")
DATE_CHAINS = {
    "minute": (0, 7), "hour": (0, 10, 22), "day": (1, 2, 30), "week": (1, 10),
    "month": (1, 3, 12), "year": (2024, 2025, 2026),
}  # fmt: skip
REFERENCE_CHAINS = (
    "fieldref", "fieldref|contains", "fieldref|startswith", "fieldref|endswith", "fieldref|neq",
)  # fmt: skip


def _identity(number: int) -> str:
    return f"{number:08}-0000-4000-8000-000000000000"


class Maker:
    """Makes rules, and events out of what the rules made so far ask for."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.texts: list[str] = ["", "a"]
        self.wishes: dict[str, list[Any]] = {}  # what rules ask of a field

    def one_in(self, number: int) -> bool:
        """Tell yes once in so many times."""
        return self.random.randrange(number) == 0

    def word(self, letters: str = LETTERS, most: int = 6) -> str:
        """Make a word of such letters."""
        return "".join(self.random.choice(letters) for _ in range(self.random.randrange(most + 1)))

    def text(self) -> str:
        """Make a value: mostly letters, at times signs and what is rarely seen."""
        kinds = (LETTERS, LETTERS, PLAIN, LETTERS + SIGNS, SIGNS, LETTERS + ODD)
        return self.word(self.random.choice(kinds))

    def keep(self, text: str) -> str:
        """Remember a rule's text, so that events are made of it."""
        self.texts.append(text)
        return text

    # Rules

    def files(self, count: int) -> list[str]:
        """Make rule files of so many rules, at times in collections, at times with filters."""
        numbers, files = iter(range(count)), []
        for number in numbers:
            documents = [self._document(number, self.detection())]
            if self.one_in(8):
                documents = self._collection(documents[0], next(numbers, None))
            files.append(documents)
        extra = range(count, count + self.random.randrange(count // 4 + 2))
        files.extend([self._filter(number, count)] for number in extra)
        return [yaml.safe_dump_all(file, allow_unicode=True, sort_keys=False) for file in files]

    def _document(self, number: int, detection: dict[str, Any]) -> dict[str, Any]:
        head = {"title": f"Rule {number}", "id": _identity(number)}
        return {**head, "logsource": {"product": PRODUCT}, "detection": detection}

    def _collection(self, first: dict[str, Any], other: int | None) -> list[dict[str, Any]]:
        """Tell a rule's log source and a selection before it, and repeat it with another."""
        shared = {
            "action": "global",
            "logsource": first.pop("logsource"),
            "detection": {"global_1": self.selection()},
        }
        names = [name for name in first["detection"] if name != "condition"]
        first["detection"]["condition"] = self.condition([*names, "global_1"])
        documents = [shared, first]
        if other is not None:
            changed = {names[0]: [self.item_map()], "condition": self.condition(names)}
            head = {"title": f"Rule {other}", "id": _identity(other)}
            documents.append({"action": "repeat", **head, "detection": changed})
        return documents

    def _filter(self, number: int, rules: int) -> dict[str, Any]:
        chosen = [_identity(self.random.randrange(rules)) for _ in range(self.random.randint(1, 4))]
        section = self.detection()
        if isinstance(section["condition"], list):
            section["condition"] = section["condition"][0]
        named = "any" if self.one_in(2 * rules) else sorted(set(chosen))
        if named == "any":  # as it is written it could leave no rule a match
            section["apart"] = {"C|exists": True}
            section["condition"] = f"not (apart and ({section['condition']}))"
        return {
            "title": f"Filter {number}",
            "id": _identity(number),
            "logsource": {"product": PRODUCT},
            "filter": {"rules": named, **section},
        }

    def detection(self) -> dict[str, Any]:
        """Make a detection section of up to four selections and a condition over them."""
        names = self.random.sample(
            ("s1", "s2", "sel_x", "filter_1", "_hidden"), self.random.randint(1, 4)
        )
        section: dict[str, Any] = {name: self.selection() for name in names}
        if self.one_in(5):
            section["condition"] = [self.condition(names) for _ in range(self.random.randint(1, 2))]
        else:
            section["condition"] = self.condition(names)
        return section

    def condition(self, names: Sequence[str], depth: int = 3) -> str:
        """Make a condition, with brackets or without."""
        kind = self.random.randrange(7) if depth else 0
        if kind <= 1:
            return self.random.choice(names)
        if kind == 2:
            return self._quantified(names)
        if kind == 3:
            inner = self.condition(names, depth - 1)
            return f"not {inner}" if " " not in inner else f"not ({inner})"
        if kind == 4:
            return f"({self.condition(names, depth - 1)})"
        link = self.random.choice(("and", "or"))
        return f"{self.condition(names, depth - 1)} {link} {self.condition(names, depth - 1)}"

    def _quantified(self, names: Sequence[str]) -> str:
        patterns = [f"{name[0]}*" for name in names] + [
            f"*{name[-1]}" for name in names if name[0] != "_"
        ]
        if any(name[0] != "_" for name in names):
            patterns.append("them")
        return f"{self.random.choice(('1', 'any', 'all'))} of {self.random.choice(patterns)}"

    def selection(self) -> Any:
        """Make a map, a list of maps, keywords, or a list of both."""
        kind = self.random.randrange(10)
        if kind == 0:
            return [self.keyword() for _ in range(self.random.randint(1, 3))]
        if kind == 1:
            chain = self.random.choice(("|all", "|cased", "|re", "|contains", "|all|cased"))
            if chain == "|re":
                return {chain: self.random.choice(EXPRESSIONS)}
            return {chain: [self.keyword(), self.keyword()]}
        if kind == 2:
            return [self.item_map() for _ in range(self.random.randint(1, 3))]
        if kind == 3:
            return [self.keyword(), self.item_map()]
        return self.item_map()

    def keyword(self) -> str:
        """Make a word that is sought in every value."""
        word = self.text()
        while not word.strip("*?\\"):  # the empty keyword is found everywhere
            word += self.random.choice(LETTERS)
        return self.keep(word)

    def item_map(self) -> dict[str, Any]:
        """Make a map of some fields; keys may ask the same in other words, and all must hold."""
        return dict(self.item() for _ in range(self.random.randint(1, 3)))

    def item(self) -> tuple[str, Any]:
        """Make one field with its modifiers and values."""
        field = self.random.choice(FIELDS)
        makers = {
            self._texts: 12, self._plain: 4, self._dashed: 2, self._coded: 2, self._expression: 3,
            self._compared: 2, self._network: 2, self._dated: 3, self._reference: 1,
            self._exists: 1,
        }  # fmt: skip
        (make,) = self.random.choices(list(makers), list(makers.values()))
        chain, value = make()
        for one in value if isinstance(value, list) else [value]:
            self.wishes.setdefault(field, []).extend(self._granting(chain, one))
        return f"{field}|{chain}" if chain else field, value

    def _granting(self, chain: str, wanted: Any) -> Sequence[Any]:
        """Give values of which some pass and some do not."""
        first = chain.partition("|")[0]
        if first == "cidr":
            return ADDRESSES
        if first in DATE_CHAINS:
            return DATES
        if first == "re":
            return [example_of(wanted)] * 3
        if isinstance(wanted, str) or wanted is None:
            return [wanted]
        if isinstance(wanted, bool):
            return [wanted, not wanted, str(wanted)]
        return [wanted, str(wanted), float(wanted), repr(float(wanted)), wanted + 1, f"{wanted}0"]

    def _texts(self) -> tuple[str, Any]:
        chain = self.random.choice(TEXT_CHAINS)
        values = [self.keep(self.text()) for _ in range(self.random.randint(1, 4))]
        if "expand" in chain:
            values = [value.replace("%", "") for value in values]
        if len(values) == 1:
            return chain, values[0]
        return (f"{chain}|all" if self.one_in(4) else chain).lstrip("|"), values

    def _plain(self) -> tuple[str, Any]:
        """Make values of every type; null stands by itself, as Sigma has it."""

        def one() -> Any:
            return self.random.choice((*NUMBERS, True, False, self.keep(self.text())))

        if self.one_in(2):
            return "", None if self.one_in(8) else one()
        return "", [one() for _ in range(self.random.randint(1, 3))]

    def _dashed(self) -> tuple[str, Any]:
        flag = self.word(PLAIN, 2)
        for _ in range(self.random.choice((1, 1, 1, 1, 2, 2, 3))):
            dash = self.random.choice("-/-/–—―")
            flag += f" {dash}{self.random.choice('kқß')}{self.word(PLAIN + '-/–', 1)}"
        return self.random.choice(DASH_CHAINS), self.keep(flag)

    def _coded(self) -> tuple[str, Any]:
        chain = self.random.choice(CODE_CHAINS)
        letters = self.random.choice(("aAbBkK01 .\\", "aAk қҚßу😀"))
        word = self.word(letters, 6) + "ab"  # of one letter base64offset has nothing to show
        data = word.encode(ENCODINGS.get(chain.partition("|")[0], "utf-8"))
        before = b"x" * self.random.randrange(3)
        self.keep(base64.b64encode(before + data).decode())
        self.keep(data.decode("latin-1"))
        return chain, word

    def _expression(self) -> tuple[str, Any]:
        chain = self.random.choice(RE_CHAINS)
        values = self.random.sample(EXPRESSIONS, self.random.randint(1, 2))
        return chain, values[0] if len(values) == 1 else values

    def _compared(self) -> tuple[str, Any]:
        chain = self.random.choice(("gt", "gte", "lt", "lte", "gt|neq"))
        return chain, self.random.choice(NUMBERS)

    def _network(self) -> tuple[str, Any]:
        return self.random.choice(("cidr", "cidr|neq")), self.random.choice(NETWORKS)

    def _dated(self) -> tuple[str, Any]:
        chain = self.random.choice(tuple(DATE_CHAINS))
        return chain, self.random.choice(DATE_CHAINS[chain])

    def _reference(self) -> tuple[str, Any]:
        return self.random.choice(REFERENCE_CHAINS), self.random.choice(FIELDS)

    def _exists(self) -> tuple[str, Any]:
        return "exists", self.one_in(2)

    # Events

    def event(self) -> dict[str, Any]:
        """Make an event of some fields, mostly holding what a rule asks for."""
        fields = self.random.sample(FIELDS, self.random.randrange(1, len(FIELDS)))
        event: dict[str, Any] = {"Z": "z"}  # an event without any field of its own has no keywords
        for field in fields:
            value = self.value(field)
            if self.one_in(10):  # the same in two fields
                value = self.random.choice(
                    [one for one in event.values() if not isinstance(one, dict)]
                )
            if "." in field and self.one_in(2):
                self._nest(event, field, value)
            else:
                event[field] = value
        return event

    def _nest(self, event: dict[str, Any], field: str, value: Any) -> None:
        first, rest = field.split(".", 1)
        inner = event.setdefault(first, {})
        inner[rest] = value

    def value(self, field: str) -> Any:
        """Make a field's value: mostly what some rule asks for."""
        kind = self.random.randrange(12)
        if kind == 0:
            return self.random.choice((*NUMBERS, *map(str, NUMBERS), "TRUE", "+1", "1e1", None))
        if kind == 1:
            return [self.value(field) for _ in range(self.random.randrange(4))]
        if kind == 2:
            return self.text() + ("\ud83d" if self.one_in(3) else "")
        if kind == 3 or field not in self.wishes:
            return self.likely(self.random.choice(self.texts))
        wish = self.random.choice(self.wishes[field])
        return self.likely(wish) if isinstance(wish, str) and self.one_in(2) else wish

    def likely(self, text: str) -> str:
        """Make a text that a rule may ask for: wildcards filled, case changed, text around it."""
        filled = "".join(
            self.word(LETTERS + SIGNS, 2) if char in "*?" and self.one_in(2) else char
            for char in text
        )
        if self.one_in(2):
            filled = filled.replace("\\\\", "\\").replace("\\*", "*").replace("\\?", "?")
        if self.one_in(3):
            filled = "".join(map(self._alike, filled))
        if self.one_in(4):
            filled = self.word() + filled
        if self.one_in(4):
            filled += self.word()
        if self.one_in(6):
            filled += self.random.choice(self.texts)
        return filled + "\n" if self.one_in(12) else filled

    def _alike(self, char: str) -> str:
        for group in ALIKE:
            if char in group:
                return self.random.choice(group)
        return {"ß": "ss"}.get(char, char.swapcase())

    # Raw records

    def raw(self, event: dict[str, Any]) -> bytes:
        """Write an event as JSON: names in any order, any white space, any escapes."""
        return self._json(event).encode("utf-8")

    def _json(self, value: Any) -> str:
        if isinstance(value, dict):
            items = list(value.items())
            self.random.shuffle(items)
            inner = (
                f"{self._string(name)}{self._space()}:{self._json(one)}" for name, one in items
            )
            return self._space() + "{" + ",".join(inner) + "}"
        if isinstance(value, list):
            return self._space() + "[" + ",".join(map(self._json, value)) + self._space() + "]"
        text = self._string(value) if isinstance(value, str) else json.dumps(value)
        return self._space() + text + self._space()

    def _space(self) -> str:
        return self.random.choice(("", "", "", " ", "\t", "\n "))

    def _string(self, text: str) -> str:
        short = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "/": "\\/"}
        escape = self.random.choice((1, 4, 50))
        written = ""
        for char in text:
            must = char in '"\\' or char < " " or "\ud800" <= char <= "\udfff"
            if not must and not self.one_in(escape):
                written += char
            elif char in short and self.one_in(2):
                written += short[char]
            else:
                units = char.encode("utf-16-be", "surrogatepass").hex()
                units = units.upper() if self.one_in(2) else units
                written += "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
        return f'"{written}"'
