"""The line by which people know an incident, and the texts of the card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.model import IncidentState, Tri
from pipeline.notify.exports.record import Exported
from pipeline.notify.texts import Texts, read_texts

LOCALE = Path(__file__).parent / "locale"
CARD = "card"
NO_INCIDENT = ("benign", "false")  # closing verdicts


def card_texts() -> Texts:
    """Read the card's own catalogs; ConfigurationError with everything wrong in them."""
    return read_texts(LOCALE)


@dataclass(frozen=True, slots=True)
class Titles:
    """A line for people for each incident, by its id, in one language."""

    language: str
    lines: Mapping[str, str]

    def of(self, record: Exported) -> str:
        """Give an incident's line; "" where it has none."""
        return self.lines.get(record.incident_id, "")


def titles(records: Sequence[Exported], texts: Texts, language: str) -> Titles:
    """Give the incidents' titles in a language."""
    return Titles(language, {one.incident_id: title(one, texts, language) for one in records})


def title(record: Exported, texts: Texts, language: str) -> str:
    """Give an incident's title: what is not decided, or may not be told, is not called one."""
    details = record.details
    if details is None:
        name = "title.stub"
    elif details.law.verdict is Tri.NO or details.closing_verdict in NO_INCIDENT:
        name = "title.no_incident"
    elif details.state == IncidentState.CANDIDATE or details.law.verdict is Tri.UNKNOWN:
        name = "title.candidate"
    else:
        name = "title.incident"
    return texts.say(language, CARD, name, object=record.object)
