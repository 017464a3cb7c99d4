"""What one knowledge answers about terms: dues, reminders, their words, who is on duty."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.assess import CentreTerms, Pack, object_flags, terms_due
from pipeline.assess.rows import ReminderRow
from pipeline.assess.terms import Due, Moments
from pipeline.assess.view import fits
from pipeline.model import Incident, Notice
from pipeline.notify.reminders import Chains, Reminder
from pipeline.notify.reminding import PageWriter, ReminderWriter
from pipeline.notify.routing import Channels
from pipeline.notify.texts import Texts
from pipeline.registry import LEVELS, Registry, Roster


@dataclass(frozen=True, slots=True)
class TermAnswers:
    """The narrow questions of the clocks, answered by the rows in force when an incident opened."""

    pack: Pack
    registry: Registry
    writer: ReminderWriter
    pages: PageWriter

    @property
    def roster(self) -> Roster | None:
        """Give who is on duty; None where no roster is kept."""
        return self.registry.roster

    def dues(self, incident: Incident, sent: Mapping[str, int]) -> Sequence[Due]:
        """Give what is due of an incident; ``sent`` is when which leg left."""
        moments = Moments(
            incident.opened_at, closed=incident.closed_at, requested=incident.asked, sent=sent
        )
        return terms_due(self.pack, incident.assessment, moments, self._flags(incident))

    def chains(self, incident: Incident, acknowledged: Mapping[str, int]) -> Chains:
        """Give what reminds of an incident."""
        flags = self._flags(incident)
        rows = self.pack.at(incident.opened_at).of("reminders", ReminderRow)
        fitting = tuple(row for row in rows if fits(row.when, flags))
        route = incident.assessment.route
        return Chains(fitting, self.pack.calendar, route, acknowledged)

    def write(self, reminder: Reminder, incident: Incident, made_at: int) -> Notice:
        """Make the notice of a reminder."""
        role = reminder.recipient.role
        if role in LEVELS:
            return self.writer(reminder, incident, made_at)
        guests = CentreTerms(self.pack, incident.opened_at).guest_paths(role)
        return self.writer(reminder, incident, made_at, guests)

    def _flags(self, incident: Incident) -> frozenset[str]:
        at = incident.opened_at
        return object_flags(self.registry, self.registry.object(incident.object_id, at), at)


def term_answers(
    pack: Pack, registry: Registry, centre: str, texts: Texts, channels: Channels
) -> TermAnswers:
    """Make the answers of one pack and registry."""
    return TermAnswers(
        pack,
        registry,
        ReminderWriter(centre, texts, channels, registry),
        PageWriter(centre, texts),
    )
