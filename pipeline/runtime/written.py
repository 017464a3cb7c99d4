"""What people write about incidents, looked at before it is kept: it must bear no secrecy mark.

Free text decides nothing as a rule (SPEC 5), and a word in a sentence is no mark. A line that holds
nothing but a mark is one, as on a document's head; so is a line ``name: value`` whose name is a
mark's field and whose value is not known to be open, or whose name is a doubtful one's and whose
value is a mark. What cannot be read as text is not looked into, and so it is never kept here.
"""

from codecs import getincrementaldecoder
from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.incidents.life_cycle import COMMANDS, texts_of
from pipeline.model import Command
from pipeline.registry.marks import (
    LONGEST_MARK,
    MarkVocabulary,
    Meaning,
    mark_reader,
    skeleton,
)

MARKED = "what is written bears a secrecy mark, or may bear one: nothing of it was kept"
MOST_KEPT = 1_000_000  # bytes of a file that may be kept beside the store
_TRIMMED = " \t\"'“”«»*#_-=.:;()[]{}<>|/,"


@dataclass(frozen=True)
class WrittenGuard:
    """Tells whether a text bears a mark, by one registry's vocabulary."""

    vocabulary: MarkVocabulary
    _listed: frozenset[str] = field(init=False, repr=False, compare=False)
    _open: frozenset[str] = field(init=False, repr=False, compare=False)
    _names: frozenset[str] = field(init=False, repr=False, compare=False)
    _doubtful: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        marks = self.vocabulary
        short = set(map(skeleton, marks.abbreviations))
        meanings = mark_reader(marks).meanings
        listed = {one for one, meaning in meanings.items() if meaning is not Meaning.OPEN} - short
        opened = {one for one, meaning in meanings.items() if meaning is Meaning.OPEN}
        object.__setattr__(self, "_listed", frozenset(listed))
        object.__setattr__(self, "_open", frozenset({*opened, ""}))
        doubtful = frozenset(map(skeleton, marks.doubtful_names)) - {""}
        object.__setattr__(self, "_names", frozenset(map(skeleton, marks.names)) - {""})
        object.__setattr__(self, "_doubtful", doubtful)

    def __call__(self, texts: Iterable[str]) -> bool:
        """Tell whether any line of the texts is a mark, or may be one."""
        return any(self._marked(line) for text in texts for line in text.splitlines())

    def file(self, data: bytes) -> bool | None:
        """Tell of a file's bytes; None where they are no text that could be looked at.

        What is cut off within a character is read as far as it goes.
        """
        encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        reader = getincrementaldecoder(encoding)()
        try:
            text = reader.decode(data)
        except UnicodeDecodeError:
            return None
        return None if "\x00" in text else self([text])

    def _marked(self, line: str) -> bool:
        line = line.strip(_TRIMMED)
        if line and len(line) <= LONGEST_MARK and skeleton(line) in self._listed:
            return True
        name, colon, value = line.replace("=", ":", 1).partition(":")
        named, folded = skeleton(name.strip(_TRIMMED)), skeleton(value.strip(_TRIMMED))
        if not colon:
            return False
        doubtful = named in self._doubtful and folded in self._listed
        return doubtful or (named in self._names and folded not in self._open)


def written_problems(command: Command, vocabulary: MarkVocabulary) -> list[str]:
    """Give what stands against keeping a person's words on an incident; empty where nothing."""
    if command.name not in COMMANDS:
        return []
    return [MARKED] if WrittenGuard(vocabulary)(texts_of(command)) else []
