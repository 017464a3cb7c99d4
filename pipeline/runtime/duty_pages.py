"""Pages about the duty itself: a turn that nobody took over, a roster that ends."""

from collections.abc import Callable, Iterator

from pipeline.model import GuardDecision, Json, Notice, Recipient, identity
from pipeline.notify.duty import FORESIGHT, Taken, above, overdue
from pipeline.registry import LEVELS, Roster
from pipeline.runtime.paging import DUTY
from pipeline.runtime.term_answers import TermAnswers

PAGE = "page"
"""The leg, and the kind, of pages that are of no incident."""
HANDOVER, GAP = "handover", "gap"


def duty_pages(
    answers: TermAnswers, taken: Callable[[str], Taken | None], now: int
) -> Iterator[Notice]:
    """Give what must be paged about the duty by an instant; each has one id for one trouble."""
    roster = answers.roster
    if roster is None:
        return
    for level in LEVELS:
        late = overdue(roster, level, now, taken(level))
        if late is not None:
            yield _page(answers, HANDOVER, level, late.begins, now)
        ends = _ends(roster, level, now)
        if ends is not None:
            yield _page(answers, GAP, level, ends, now)


def _ends(roster: Roster, level: str, now: int) -> int | None:
    ends = roster.until(level, now)
    return ends if ends is not None and ends - now < FORESIGHT else None


def _page(answers: TermAnswers, what: str, level: str, at: int, now: int) -> Notice:
    name = identity(what, level, at)
    payload: Json = answers.pages.of_duty(what, level, at, name)
    return Notice(
        id=name,
        incident_id=name,
        revision=1,
        leg=PAGE,
        ordinal=0,
        recipient=Recipient(above(level), ""),
        channel=DUTY,
        language=payload["text"][0]["language"],
        created_at=now,
        due_at=at,
        basis="policy",
        set_by="policy",
        guard=GuardDecision("open", ""),
        payload=payload,
        kind=PAGE,
    )
