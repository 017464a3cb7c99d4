"""What the desk is asked, what it answers, and what it is given by the wiring."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.model import Command, Instant, Json
from pipeline.model.conditions import EVERYTHING, Condition
from pipeline.ports.searching import Kind
from pipeline.web.mandate import Mandate


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as a viewer puts it; ``query`` is what a person typed, for the record of the read.

    ``where`` is its condition (``pipeline.query`` reads the text). Times are nanoseconds, [begin,
    end). ``after`` is ``Listed.after`` of the page before. ``sort`` "" is the kind's own time.
    """

    kind: Kind
    where: Condition = EVERYTHING
    query: str = ""
    begin: Instant | None = None
    end: Instant | None = None
    sort: str = ""
    descending: bool = True
    after: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """A page as the viewer may see it. ``after`` is "" where nothing follows.

    A row of which only a stub is shown has ``details_available: false``. ``complete`` is False
    where the search's budget ended before the page was full.
    """

    rows: Sequence[Json]
    after: str = ""
    complete: bool = True


class BadQuestion(ValueError):
    """A question that no store answers: a wrong cursor, sort, bound or period."""


class GroundMissing(Exception):
    """The viewer's role must say on which ground it reads (418-V 35(4)): ``Viewer.basis``."""


class ActRefused(Exception):
    """A command cannot be left; ``problems`` say why, in English."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problems))


@dataclass(frozen=True, slots=True)
class Means:
    """What the desk is given by the wiring, beside the search.

    ``leave`` keeps a command durably and gives the one that stands: of the same ``key`` always the
    first. ``check`` gives what is wrong with a command by itself. ``why`` explains a revision (0
    the last) of an incident in a language, ``statistics`` reports a period (its name and bounds as
    the API has them) over what a viewer sees, ``compliance`` what the law asks of objects (None:
    all), ``verify`` checks the audit trail, ``versions`` tells what is in force. ``parts`` gives
    how many partitions of a cluster obey a command side by side; 0 on one machine.
    """

    leave: Callable[[Command, str], Command]
    check: Callable[[Command], Sequence[str]]
    why: Callable[[str, int, str], Json | None]
    statistics: Callable[[Mapping[str, str], Mandate], Json]
    compliance: Callable[[frozenset[str] | None], Sequence[Json]]
    verify: Callable[[], Json]
    versions: Callable[[], Json]
    clock: Callable[[], Instant]
    parts: Callable[[], int] = int
