"""Reads which norms and marks the digests of the law name, by the forms in which they cite.

A digest cites ``7-4(1)(7-2)``, ``17(2-1)(4)``, ``54(2)(1)-(5)``, ``22, L2050``, ``arts. 25-27``,
``KZ 3(5) / EN 3(6)``, ``Inf. 37(6)``, and a lone ``(7)`` that goes on from the norm before it. What
a lone bracket means is not always certain: then every norm that it may be is a candidate, and one
of them is enough.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.runtime.norms import Steps, articles, written

LAW = Path(__file__).parents[3] / "shared/law"
INFORMATIZATION, SECURITY, SECRETS = "kz-418-V", "kz-527-IV", "kz-349-I"
DIGESTS = {
    "informatization.md": INFORMATIZATION,
    "national_security.md": SECURITY,
    "state_secrets.md": SECRETS,
    "information_law.md": INFORMATIZATION,
}
SPEC = "SPEC.md"
MOST_BODIES = 9  # beyond it a lone number of the National Security Law is an article
LONE = frozenset({"informatization.md", "national_security.md", "state_secrets.md"})

_NUMBER = r"\d{1,3}(?:-\d)?(?![\d-])"
_PIECE = r"\(\d+(?:-\d+)?\)"
_CITED = re.compile(
    rf"(?<![\w.])(?P<full>{_NUMBER})(?={_PIECE})"  # 7-2(1)(2)
    rf"|(?<![\w.(])(?P<lined>\d{{1,3}}(?:-\d{{1,2}})?)(?=, L\d)"  # 22, L2050
    rf"|\*\*(?:KZ |EN |KZ/EN )?(?P<bold>{_NUMBER})(?=\*\*)"  # **27**
    rf"|(?<![\w.(])(?P<same>{_NUMBER})(?= K=E)"  # 11 K=E
    rf"|^- (?P<led>{_NUMBER})(?=[:,] )"  # - 35: protection means
    rf"|\b[Aa]rts?\.? (?P<listed>{_NUMBER})(?![(\d])"  # art. 27
    rf"|\b[Aa]rts?\.? (?P<range>\d{{1,2}}-\d{{1,2}})\b"  # arts. 25-27
    rf"|(?P<lone>{_PIECE})"
)
_BEFORE = re.compile(r"(Inf\.(?:-style)?|KZ/EN|KZ|EN)(?: arts?\.)? $")
_PURE = re.compile(rf"(?<![\d)])\((?:{_NUMBER}(?:{_PIECE})*(?:, |; |,|-)?)+\)")
_MARKS = {
    "national_security.md": re.compile(r"\bNS-\d\d\b"),
    "information_law.md": re.compile(r"^- (?:\[(IL-\d\d) [MSC]\]|(T-\d+b?)\b)", re.MULTILINE),
    "state_secrets.md": re.compile(r"^- (?:\*\*)?([TR]\d+)\b", re.MULTILINE),
}


@dataclass(frozen=True)
class Citation:
    """A norm that a digest names, or the norms of which it names one; ``line`` counts from 1."""

    digest: str
    line: int
    text: str
    candidates: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.digest}:{self.line}: {self.text} ({' or '.join(self.candidates)})"


def citations(digest: str, folder: Path = LAW) -> list[Citation]:
    """Give every norm that a digest, or SPEC.md, names."""
    found: list[Citation] = []
    header: list[str] = []
    for line, block in blocks((folder / digest).read_text(encoding="utf-8")):
        if block.startswith("|"):
            cells = [cell.strip() for cell in block.strip("|").split("|")]
            if not header:
                header = cells
            for name, cell in zip(header, cells, strict=False):
                found += _cell(digest, line, name, cell)
        else:
            header = []
            found += _block(digest, line, block)
    return found


def blocks(text: str) -> Iterator[tuple[int, str]]:
    """Give paragraphs, bullets and rows, each joined to one line, with where it begins."""
    begin, gathered = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        opens = re.match(r"[-|#]|\d+\. ", line) is not None or not line.strip()
        if opens and gathered:
            yield begin, gathered
            gathered = ""
        if line.strip():
            begin, gathered = (begin, f"{gathered} {line.strip()}") if gathered else (number, line)
    if gathered:
        yield begin, gathered


def marks(digest: str, folder: Path = LAW) -> set[str]:
    """Give the marks under which a digest lists what it asks for."""
    text = (folder / digest).read_text(encoding="utf-8")
    if digest == "informatization.md":
        tasks = text.partition("\n## E. ")[2]
        return {f"E{number}" for number in re.findall(r"^(\d+)\. ", tasks, re.MULTILINE)}
    return {
        mark
        for match in _MARKS[digest].finditer(text)
        for mark in (match.groups() or (match[0],))
        if mark and mark != "IL-58"
    }


def headings(digest: str, folder: Path = LAW) -> set[str]:
    """Give the headings of a digest."""
    text = (folder / digest).read_text(encoding="utf-8")
    return set(re.findall(r"^## (.+)$", text, re.MULTILINE))


def _cell(digest: str, line: int, name: str, cell: str) -> Iterator[Citation]:
    under = re.search(rf"under ({_NUMBER}(?:{_PIECE})*)", name)
    if under is not None:
        for piece in re.findall(r"\((\d+)\)", cell):
            yield Citation(digest, line, f"({piece})", (f"{DIGESTS[digest]}/{under[1]}({piece})",))
        return
    yield from _block(digest, line, cell)
    if name in ("Article", "Norm") and cell != name:
        yield from _numbers(digest, line, cell)


def _numbers(digest: str, line: int, text: str) -> Iterator[Citation]:
    """Give bare numbers of articles: ``32, 37``, ``39-41-1``."""
    for match in re.finditer(r"(?<![\w(.-])(\d{1,2}(?:-\d{1,2})*)(?![\w(.)*-])", text):
        for article in _spread(match[1]):
            laws = [DIGESTS.get(digest, INFORMATIZATION)]
            yield _citation(digest, line, match[1], [(article,)], laws)


def _spread(text: str) -> list[str]:
    """Give the articles of ``45-1``, ``64-65``, ``39-41-1``."""
    first, _, rest = text.partition("-")
    last = rest.partition("-")[0]
    if not rest or int(last) <= int(first):
        return [text]
    return [*(str(one) for one in range(int(first), int(last) + 1)), *_inserted(rest)]


def _inserted(text: str) -> list[str]:
    return [text] if "-" in text else []


@dataclass
class _Reading:
    """Reads a block from left to right; ``last`` is the norm from which a lone bracket goes on."""

    digest: str
    line: int
    block: str
    last: tuple[str, ...] = ()
    ended: int = -1
    own: str = ""  # whose the norm is, where the digest of another law says so
    whole: bool = False  # the block is about a whole article: "- 4, L539: …"

    def __call__(self) -> Iterator[Citation]:
        position = 0
        while (match := _CITED.search(self.block, position)) is not None:
            kind, position = match.lastgroup or "", match.end()
            if kind == "lone":
                if self.digest in LONE and self.last:
                    yield self._citation(match[0], self._lone(match))
                continue
            begin = match.start(kind)
            self._see_whose(begin)
            paths: list[Steps] = [(one,) for one in _spread(match[kind])]
            if kind == "full":
                paths, position = articles(self.block, begin)
            yield from self._named(kind, begin, paths)
            self.ended = position

    def _see_whose(self, begin: int) -> None:
        before = _BEFORE.search(self.block[:begin])
        if before is not None:
            self.own = before[1]
        elif self.block[self.ended : begin] not in (", ", " and "):
            self.own = ""

    def _named(self, kind: str, begin: int, paths: list[Steps]) -> Iterator[Citation]:
        """Give norms; ``- 1(3), L29; 3-1, L33`` may be 1(3-1), ``- 4, L539: (2(2))`` 4(2)(2)."""
        self.whole = self.whole or (kind in ("lined", "led") and not self.last)
        bracketed = self.block[begin - 1 : begin] == "("
        may_be_inner = kind == "lined" or (kind == "full" and (self.whole or bracketed))
        inner = bool(self.last) and may_be_inner and self.last[0] != paths[-1][0]
        for path in paths:
            more = [(self.last[0], *path)] if inner else []
            yield self._citation(written(path), [path, *more])
        self.last = self.last if inner else paths[-1]

    def _lone(self, match: re.Match[str]) -> list[Steps]:
        """Give what a lone bracket may be: a part of the norm before it, or an article itself."""
        piece = match[0][1:-1]
        paths: list[Steps] = [(*self.last[:depth], piece) for depth in range(1, len(self.last) + 1)]
        if self.block[: match.start()].endswith("body "):
            paths.append(("15", "1", piece))  # the bodies of National Security Law 15(1)
        inserted = "-" in piece
        high = self.digest == "national_security.md" and not inserted and int(piece) > MOST_BODIES
        if self.digest == "state_secrets.md" or inserted or high:
            paths.append((piece,))
        return paths

    def _citation(self, text: str, paths: list[Steps]) -> Citation:
        return _citation(self.digest, self.line, text, paths, _within(self))


def _block(digest: str, line: int, block: str) -> Iterator[Citation]:
    yield from _Reading(digest, line, block)()
    if re.match(r"\d+\. ", block) or digest == SPEC:
        for pure in _PURE.finditer(block):
            yield from _numbers(digest, line, pure[0][1:-1])


def _citation(digest: str, line: int, text: str, paths: list[Steps], laws: list[str]) -> Citation:
    names = [f"{law}/{written(path)}" for path in paths for law in laws]
    return Citation(digest, line, text, tuple(dict.fromkeys(names)))


def _within(reading: _Reading) -> list[str]:
    """Give the instruments of which a norm may be: most often one."""
    if reading.own.startswith("Inf"):
        return [INFORMATIZATION]
    if reading.own == "KZ":
        return [f"{SECURITY}-kk"]
    if reading.own:
        return [SECURITY]
    if reading.digest != SPEC:
        return [DIGESTS[reading.digest]]
    named = {"National Security Law": SECURITY, "State Secrets Law": SECRETS}
    return [INFORMATIZATION, *(law for name, law in named.items() if name in reading.block)]
