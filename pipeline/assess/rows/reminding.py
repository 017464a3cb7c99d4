"""The rows of a law pack that say who is reminded of a term, how long before or after it.

The law gives no such number: every row is policy, with its author. A row whose ``to`` is a level of
the duty roster is a step of an escalation chain, which a person's acknowledgement stops.
"""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, model_validator

from pipeline.assess.durations import PLAIN, Duration
from pipeline.assess.rows.row import Name, Row, When
from pipeline.assess.rows.telling import CENTRE
from pipeline.model.calendar import Calendar


class ReminderRow(Row):
    """A reminder so long ``before`` or ``after`` the due times of some clocks.

    ``legs``, ``recipients`` and ``duty_of`` choose the clocks; all legs and recipients where they
    are empty. ``to`` is a role of the route, or a level of the duty roster. With ``every`` it comes
    ``times`` times, so far apart.
    """

    id: Name
    legs: tuple[Name, ...] = ()
    recipients: tuple[Name, ...] = ()
    duty_of: Name = CENTRE
    before: Duration | None = None
    after: Duration | None = None
    every: Duration | None = None
    times: Annotated[int, Field(ge=1, le=100)] = 1
    to: Name
    when: When = When()

    @model_validator(mode="after")
    def _one_side(self) -> "ReminderRow":
        if (self.before is None) == (self.after is None):
            raise ValueError("a reminder names either before or after")
        if (self.every is None) != (self.times == 1):
            raise ValueError("every and times belong together: every: PT1H, times: 3")
        return self

    def instants(self, due_at: int, calendar: Calendar = PLAIN) -> Iterator[int]:
        """Give when it is due for a term (nanoseconds), one after the other."""
        if self.before is not None:
            at = self.before.before(due_at, calendar)
        elif self.after is not None:
            at = self.after.after(due_at, calendar)
        for _ in range(self.times):
            yield at
            if self.every is not None:
                at = self.every.after(at, calendar)


REMINDING_SECTIONS: dict[str, type[Row]] = {"reminders": ReminderRow}
"""The section of a pack that reminds."""
