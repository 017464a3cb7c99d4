"""Parse a regular expression of the portable flavour: RE2 text of equal meaning, and literals."""

import re
import unicodedata
from dataclasses import dataclass, field, replace
from functools import cache

_SPACE = (
    r"\t-\r\x{1c}-\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}"
    r"\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
)
_NO_SPACE = (
    r"\x{0}-\x{8}\x{e}-\x{1b}\x{21}-\x{84}\x{86}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}"
    r"\x{200b}-\x{2027}\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{10ffff}"
)
_SETS = {
    "d": r"\p{Nd}",
    "D": r"\P{Nd}",
    "s": _SPACE,
    "S": _NO_SPACE,
    "w": r"\p{L}\p{N}_",
}
_CONTROLS = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_HEX = {"x": 2, "u": 4, "U": 8}
_COUNT = re.compile(r"\{(\d*)(,?)(\d*)\}")
_GROUP = re.compile(r"\(\?(?:P<[^\W\d]\w*>|([ims]*)(?:-([ims]+))?([:)]))")
_EVERYTHING = "(?s:.)"
_MOST_DEPTH = 60
_MOST_NEEDS = 8


_ASCII = {
    _SPACE: r"\t-\r\x{1c}-\x{20}",
    _NO_SPACE: r"\x{0}-\x{8}\x{e}-\x{1b}\x{21}-\x{7f}",
    r"\p{L}\p{N}_": "A-Za-z0-9_",
    r"\p{Nd}": "0-9",
    r"\P{Nd}": r"\x{0}-\x{2f}\x{3a}-\x{7f}",
}
_BEYOND = re.compile(r"[^\x00-\x7f]|\\[pP]\{|\\x\{[0-9a-f]{3,}\}|\\x\{[89a-f][0-9a-f]\}")


class NotPortable(ValueError):
    """The pattern has something that the portable flavour lacks."""


@dataclass(frozen=True, slots=True)
class Syntax:
    """A pattern or a part of one, in RE2's words.

    ``exact`` is the one text, case aside, that it matches; None where there are several, of which
    each begins with ``head`` and ends with ``tail``. ``needs`` are sets of texts: every match
    contains one of each set. ``ends`` tells that it ends with ``$``, after which RE2's words have
    consumed a last newline.
    """

    re2: str
    exact: str | None = None
    needs: tuple[tuple[str, ...], ...] = ()
    ends: bool = False
    head: str = ""
    tail: str = ""

    @property
    def demands(self) -> tuple[tuple[str, ...], ...]:
        """Give ``needs``, or the exact text as the one that is needed."""
        return ((self.exact,),) if self.exact else self.needs


_EMPTY = Syntax("", "")


def parse_regex(pattern: str, flags: str) -> Syntax:
    """Parse a pattern under flags of i, m, s; NotPortable where RE2 would mean something else."""
    reader = _Reader(pattern)
    leading = _GROUP.match(pattern)
    if leading and leading[3] == ")" and leading[1] and not leading[2]:
        flags += leading[1]
        reader.at = leading.end()
    parsed = reader.alternatives(frozenset(flags))
    if reader.at != len(pattern):
        raise NotPortable(f"a bracket too many at {reader.at}")
    text = f"(?i){parsed.re2}" if "i" in flags else parsed.re2
    folded = (tuple(dict.fromkeys(map(str.casefold, need))) for need in parsed.demands)
    needs = sorted(dict.fromkeys(folded), key=_worth, reverse=True)
    return replace(parsed, re2=text, needs=tuple(needs[:_MOST_NEEDS]))


def within_ascii(pattern: str) -> str | None:
    """Write a pattern of RE2 for texts of ASCII alone; None where it names more than that."""
    for wide, narrow in _ASCII.items():
        pattern = pattern.replace(wide, narrow)
    return None if _BEYOND.search(pattern) else pattern


@dataclass(slots=True)
class _Reader:
    """Recursive descent over a pattern; ``at`` is where it stands."""

    pattern: str
    at: int = 0
    depth: int = field(default=0)

    def peek(self, length: int = 1) -> str:
        return self.pattern[self.at : self.at + length]

    def take(self) -> str:
        if self.at >= len(self.pattern):
            raise NotPortable("ends too early")
        self.at += 1
        return self.pattern[self.at - 1]

    def alternatives(self, flags: frozenset[str]) -> Syntax:
        branches = [self.sequence(flags)]
        while self.peek() == "|":
            self.at += 1
            branches.append(self.sequence(flags))
        if len(branches) == 1:
            return branches[0]
        demands = [max(branch.demands, key=_worth, default=()) for branch in branches]
        needs = (tuple(text for need in demands for text in need),) if all(demands) else ()
        text = "|".join(branch.re2 for branch in branches)
        return Syntax(f"(?:{text})", None, needs, any(branch.ends for branch in branches))

    def sequence(self, flags: frozenset[str]) -> Syntax:
        items: list[Syntax] = []
        while self.at < len(self.pattern) and self.peek() not in "|)":
            item = self.repeated(self.atom(flags))
            if items and items[-1].ends and item.exact != "":
                raise NotPortable("something follows $")
            items.append(item)
        return _joined(items)

    def repeated(self, item: Syntax) -> Syntax:
        sign = self.peek()
        if sign and sign in "*+?":
            self.at += 1
            least = 1 if sign == "+" else 0
            return self._repeat(item, least, None, sign)
        count = _COUNT.match(self.pattern, self.at)
        if count is None or not (count[1] or count[3]):
            return item
        self.at = count.end()
        least = int(count[1] or 0)
        most = count[3] if count[2] else count[1]
        return self._repeat(item, least, most, f"{{{least}{count[2]}{count[3]}}}")

    def _repeat(self, item: Syntax, least: int, most: str | None, sign: str) -> Syntax:
        lazy = ""
        if self.peek() == "?":
            self.at += 1
            lazy = "?"
        if item.ends or self.peek() in ("*", "+", "?") or _COUNT.match(self.pattern, self.at):
            raise NotPortable("a repeat of $, or of a repeat")
        exact = item.exact if most == "1" == str(least) else None
        text = f"(?:{item.re2}){sign}{lazy}"
        if not least:
            return Syntax(text)
        head, tail = item.exact or item.head, item.exact or item.tail
        return Syntax(text, exact, item.demands, head=head, tail=tail)

    def atom(self, flags: frozenset[str]) -> Syntax:
        if self.peek() == "(":
            return self.group(flags)
        char = self.take()
        if char == "[":
            return self.char_set()
        if char == "\\":
            return self.escape()
        if char in "*+?":
            raise NotPortable("nothing to repeat")
        return _sign(char, flags)

    def group(self, flags: frozenset[str]) -> Syntax:
        wrap = "(?:"
        if self.peek(2) == "(?":
            head = _GROUP.match(self.pattern, self.at)
            if head is None or head[3] == ")":
                raise NotPortable("a group that is not plain")
            on, off = head[1] or "", head[2] or ""
            flags = (flags | set(on)) - set(off)
            self.at = head.end()
            if "i" in on + off:
                wrap = "(?i:" if "i" in on else "(?-i:"
        else:
            self.at += 1
        self.depth += 1
        if self.depth > _MOST_DEPTH:
            raise NotPortable("too many groups inside one another")
        inner = self.alternatives(flags)
        if self.take() != ")":
            raise NotPortable("a group is not closed")
        self.depth -= 1
        return replace(inner, re2=f"{wrap}{inner.re2})")

    def escape(self) -> Syntax:
        char = self.take()
        if char in _SETS:
            return Syntax(f"[{_SETS[char]}]")
        if char == "W":
            return Syntax(f"[^{_SETS['w']}]")
        if char in "bB":
            return Syntax(f"\\{char}", "")
        if char == "A":
            return Syntax(r"\A", "")
        if char == "Z":
            return Syntax(r"\z", "")
        literal = self.escaped(char)
        return Syntax(_quoted(literal), literal)

    def escaped(self, char: str) -> str:
        """Give the character that an escape stands for."""
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char in _HEX:
            digits = self.peek(_HEX[char])
            self.at += len(digits)
            if not re.fullmatch(f"[0-9a-fA-F]{{{_HEX[char]}}}", digits):
                raise NotPortable(f"\\{char} without its digits")
            if int(digits, 16) > 0x10FFFF:
                raise NotPortable(f"\\{char}{digits} is no character")
            return chr(int(digits, 16))
        if char.isascii() and char.isalnum():
            raise NotPortable(f"the escape \\{char}")
        return char

    def char_set(self) -> Syntax:
        negated = self.peek() == "^"
        self.at += negated
        members: list[str] = []
        named: set[str] = set()
        exact: list[str] = []
        first = True
        while first or self.peek() != "]":
            first = False
            low = self._member(named)
            if low is None:
                continue
            if self.peek() == "-" and self.peek(2) not in ("-]", "-"):
                self.at += 1
                high = self._member(set())
                if high is None or high < low:
                    raise NotPortable("a range that is none")
                members.append(f"{_quoted(low)}-{_quoted(high)}")
                exact += [low, high, ""]
            else:
                members.append(_quoted(low))
                exact.append(low)
        self.at += 1
        if any({name, name.swapcase()} <= named for name in named):
            if negated:
                raise NotPortable("a set that nothing is in")
            return Syntax(_EVERYTHING)
        text = "".join([*members, *map(_named_set, sorted(named))])
        folded = {char.casefold() for char in exact}
        only = exact[0] if len(folded) == 1 and not named and not negated else None
        return Syntax(f"[{'^' if negated else ''}{text}]", only)

    def _member(self, named: set[str]) -> str | None:
        """Read one member of a set; None for a named set, which is noted."""
        char = self.take()
        if char != "\\":
            return char
        char = self.take()
        if char in "dDsSwW":
            named.add(char)
            return None
        return "\b" if char == "b" else self.escaped(char)


def _named_set(name: str) -> str:
    return _no_word() if name == "W" else _SETS[name]


@cache
def _no_word() -> str:
    r"""Write what \W holds as ranges: RE2's sets cannot hold the opposite of several classes."""
    ranges: list[str] = []
    begin = -1
    for code in range(0x110000):
        if 0xD800 <= code <= 0xDFFF or unicodedata.category(chr(code))[0] in "LN" or code == 0x5F:
            if begin >= 0:
                ranges.append(f"\\x{{{begin:x}}}-\\x{{{code - 1:x}}}")
            begin = -1
        elif begin < 0:
            begin = code
    ranges.append(f"\\x{{{begin:x}}}-\\x{{10ffff}}")
    return "".join(ranges)


def _sign(char: str, flags: frozenset[str]) -> Syntax:
    """Read a character that stands for itself, or for more than that."""
    if char == ".":
        return Syntax(_EVERYTHING if "s" in flags else r"[^\n]")
    if char == "^":
        return Syntax("(?m:^)" if "m" in flags else r"\A", "")
    if char == "$":
        if "m" in flags:
            return Syntax("(?m:$)", "")
        return Syntax(r"(?:\n?\z)", "", (), ends=True)
    return Syntax(_quoted(char), char)


def _joined(items: list[Syntax]) -> Syntax:
    """Put items one after another; texts that stand together are one need."""
    if not items:
        return _EMPTY
    needs: list[tuple[str, ...]] = []
    runs = [""]
    for item in items:
        if item.exact is None:
            runs[-1] += item.head
            needs += item.needs
            runs.append(item.tail)
        else:
            runs[-1] += item.exact
    needs += [(run,) for run in runs if run]
    text = "".join(item.re2 for item in items)
    if len(runs) == 1:
        return Syntax(text, runs[0])
    return Syntax(text, None, tuple(needs), items[-1].ends, runs[0], runs[-1])


def _worth(needs: tuple[str, ...]) -> tuple[int, int]:
    return (min(map(len, needs)), -len(needs)) if needs else (0, 0)


def _quoted(char: str) -> str:
    return char if char.isascii() and char.isalnum() else f"\\x{{{ord(char):x}}}"
