"""What pages are made of: tables, facts, charts, forms. Templates draw them, pages fill them.

A string is somebody's text and is escaped; ``Html`` was made by this program.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from pipeline.web.markup import Html, element

Cell: TypeAlias = str  # text, or Html


@dataclass(frozen=True, slots=True)
class Row:
    """One row; its first cell is its heading. ``tone``: a severity, for the mark at the side."""

    cells: Sequence[Cell]
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns; ``nothing`` is said where there are none, ``way_on`` (href, text) then.

    ``numbers`` are the places of columns that hold numbers; ``headed``: the caption is shown.
    """

    kind: ClassVar[str] = "table"
    caption: str
    columns: Sequence[str]
    rows: Sequence[Row]
    nothing: str
    way_on: tuple[str, str] = ("", "")
    numbers: frozenset[int] = frozenset()
    headed: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values; what has no value is left out."""

    kind: ClassVar[str] = "facts"
    pairs: Sequence[tuple[str, Cell]]


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture, a line below it, and its numbers as a table to be opened."""

    kind: ClassVar[str] = "chart"
    picture: Html
    caption: str
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph; ``lines``: its line ends are kept. ``tone``: aside for what is less."""

    kind: ClassVar[str] = "prose"
    text: Cell
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Ways:
    """Links as buttons: (href, text); the first one is what most people want if ``main``."""

    kind: ClassVar[str] = "ways"
    links: Sequence[tuple[str, str]]
    main: bool = False


@dataclass(frozen=True, slots=True)
class Facet:
    """Values of a field with their numbers: (value, href, number)."""

    kind: ClassVar[str] = "facet"
    name: str
    values: Sequence[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a field's values, and its words."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a form.

    ``sort``: line, text, choice, many, time, number, search, hidden, file. ``value`` is what stands
    in it, of ``many`` their list; ``wrong`` says what is wrong with it.
    """

    name: str
    label: str
    sort: str = "line"
    value: str | tuple[str, ...] = ""
    choices: Sequence[Choice] = ()
    hint: str = ""
    needed: bool = False
    wrong: str = ""
    longest: int = 500


@dataclass(frozen=True, slots=True)
class Form:
    """Questions with a button; ``method`` get or post. What posts carries the session's token."""

    kind: ClassVar[str] = "form"
    action: str
    fields: Sequence[Field]
    button: str
    method: str = "post"
    back: tuple[str, str] = ("", "")
    inline: bool = False

    @property
    def uploads(self) -> bool:
        """Tell whether a file may go with it."""
        return any(one.sort == "file" for one in self.fields)


@dataclass(frozen=True, slots=True)
class Fold:
    """What few people want to see at first: opened by its title; on paper it is open."""

    kind: ClassVar[str] = "fold"
    title: str
    bodies: "Sequence[Body]"


Body: TypeAlias = Table | Facts | Chart | Prose | Ways | Facet | Form | Fold


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a page under its heading; ``name`` is its anchor."""

    title: str
    bodies: Sequence[Body]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """Something to be told above all else: good, bad or plain; lines of it."""

    lines: Sequence[Cell]
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Turning:
    """To the first and next page, "" where none is; ``complete``: the search went to its end."""

    first: str = ""
    next: str = ""
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """One page. ``figures`` are (name, value, tone); ``inside`` (anchor, text) a way about in it.

    ``live`` is the address of the stream that says when ``main`` is to be asked for again;
    ``ways`` are links beside the title.
    """

    title: str
    lead: Cell = ""
    badges: Sequence[Html] = ()
    ways: Sequence[tuple[str, str]] = ()
    messages: Sequence[Message] = ()
    ask: Form | None = None
    inside: Sequence[tuple[str, str]] = ()
    figures: Sequence[tuple[str, Cell, str]] = ()
    main: Sequence[Part] = ()
    aside: Sequence[Part] = ()
    turning: Turning = field(default_factory=Turning)
    live: str = ""


def link(href: str, text: str, kind: str = "") -> Html:
    """Make a link within this site."""
    return element("a", text, href=href, class_=kind) if kind else element("a", text, href=href)


def code(text: str) -> Html:
    """Write an id, a path, a name of a machine."""
    return element("span", text, class_="code")


def badge(text: str, tone: str = "") -> Html:
    """Write a word on a ground of its tone."""
    return element("span", text, class_=f"badge {tone}".strip())


def together(*cells: Cell) -> Html:
    """Put cells one under another; empty ones are left out."""
    held = [cell for cell in cells if cell]
    return Html("".join(element("div", cell) for cell in held))
