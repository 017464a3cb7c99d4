"""Incidents as documents of others: IODEF v2, STIX 2.1, OCSF, CSV, and a card for people."""

from pipeline.notify.exports.gathering import Subject, exported
from pipeline.notify.exports.record import Details, Exported, Tlp
from pipeline.notify.exports.titles import Titles, card_texts, titles

__all__ = ["Details", "Exported", "Subject", "Titles", "Tlp", "card_texts", "exported", "titles"]
