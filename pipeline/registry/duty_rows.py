"""Rows of the compliance countdowns: which duty, of which objects, from which fact, how long.

The rows of the law stand in ``duties.yml`` beside this file; a registry's own ``duties`` add to
them, or take the place of the one with the same id (a by-law's period, an operator's policy).
"""

from datetime import UTC, date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from pipeline.documents import problems_of, read_yaml
from pipeline.errors import ConfigurationError
from pipeline.registry.moments import EARLIEST, LATEST, Begin, End, ZoneName
from pipeline.registry.part import Code, Part, Text

Fact = Literal[
    "listed", "commissioned", "trial_started", "stage_began", "security_audited", "backed_up",
    "restore_tested", "national_copy_sent", "centre_and_ncc_connected", "ncc_access_given",
    "portal_updated", "reviewed", "attestation_ends", "certificate_ends", "licence_ends",
    "joined", "contract", "personal_data_approval", "centre_licence_ends",
]  # fmt: skip
"""A fact of a record from which a duty counts, or that meets it (``duty_facts``)."""

MISSING = "source missing"
_SINGLE = frozenset({"joined", "contract", "personal_data_approval", "centre_licence_ends"})


class DutyRow(Part):
    """One countdown.

    ``counts_from`` is the fact that starts it, ``met_by`` the one that ends it; ``repeats`` starts
    it anew each time. Its length is ``years``, ``months`` and ``days`` by the calendar of ``zone``,
    or ``period`` from the record itself; an ``expiry`` has its date from the fact. A row without
    any length says what only another act can give (``missing``): it is shown as missing until a
    row with the same id brings it. ``when`` and ``without`` are flags of the object. ``each``: it
    is asked of every joint of an object with a state system, or of every ``centre`` whose roles
    stand in ``when``.
    """

    id: Code
    basis: Text
    set_by: Literal["statute", "by-law", "policy"]
    valid_from: Begin = EARLIEST
    valid_to: End = LATEST
    author: str = ""
    set_at: date | None = None
    reason: Text
    when: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    counts_from: tuple[Fact, ...]
    met_by: Fact | None = None
    each: Literal["joint", "centre"] | None = None
    repeats: bool = False
    expiry: bool = False
    years: Annotated[int, Field(ge=0, le=100)] = 0
    months: Annotated[int, Field(ge=0, le=1200)] = 0
    days: Annotated[int, Field(ge=0, le=36_500)] = 0
    period: Literal["backup"] | None = None
    zone: ZoneName = "UTC"
    missing: str = ""

    @property
    def length_known(self) -> bool:
        """Tell whether the row itself says how long."""
        return bool(self.years or self.months or self.days or self.expiry)

    @model_validator(mode="after")
    def _whole(self) -> "DutyRow":
        if self.set_by == "policy" and not (self.author and self.set_at):
            raise ValueError("a policy row names its author and the date set_at")
        single = [one for one in (*self.counts_from, self.met_by) if one in _SINGLE]
        if single and self.each is None:
            raise ValueError(f"{single[0]} is a fact of each joint or centre: say each")
        if not self.length_known and self.period is None and not self.missing:
            raise ValueError("says neither how long nor, in missing, which act would say it")
        return self


@cache
def rows_of_law() -> tuple[DutyRow, ...]:
    """Give the rows that ship, by id."""
    document = read_yaml(Path(__file__).with_name("duties.yml"), name="duties.yml")
    problems, rows = [], []
    for index, item in enumerate(document.data["duties"]):
        try:
            rows.append(DutyRow.model_validate(item, context={"zone": UTC}))
        except ValidationError as error:
            problems += problems_of(error, document, DutyRow, ("duties", index))
    if problems:
        raise ConfigurationError(problems)
    return tuple(sorted(rows, key=lambda row: row.id))


def rows_with(own: tuple[DutyRow, ...]) -> tuple[DutyRow, ...]:
    """Give the rows of the law, with an operator's rows added or in place of those of their id."""
    rows: dict[str, Any] = {row.id: row for row in rows_of_law()} | {row.id: row for row in own}
    return tuple(rows[name] for name in sorted(rows))
