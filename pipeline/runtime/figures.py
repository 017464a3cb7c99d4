"""The statistics of a store: what it knew, put to the counts; for inside, and for the public."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from pipeline.assess import regimes
from pipeline.incidents.statistics import (
    AtOnce,
    Edition,
    Frame,
    Partial,
    Period,
    Questions,
    Statistics,
    coverage,
    files,
    open_reasons,
    partials,
    public_tables,
    publishable,
    statistics,
)
from pipeline.incidents.statistics.package import Word
from pipeline.registry.enumerations import Sector
from pipeline.runtime.archive import CLASSES, Archive
from pipeline.runtime.compliance import watched
from pipeline.settings import Settings

BRANCHES: tuple[str, ...] = get_args(Sector)[:12]  # those of 1(24), in its order
_ROLES = ("ncc", "holder", "owner", "sectoral_centre", "hosted_owner", "hosted_holder")
# The Reference Security Incident Taxonomy's classes, version 1003.
_RSIT = (
    "abusive-content", "malicious-code", "information-gathering", "intrusion-attempts",
    "intrusions", "availability", "information-content-security", "fraud", "vulnerable", "other",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figures:
    """Statistics of one store as known at an instant."""

    archive: Archive
    settings: Settings

    def report(self, period: Period) -> Statistics:
        """Give the whole report, for those inside."""
        archive = self.archive
        objects = watched(archive.stores, archive.registry, period, archive.known_at)
        frame = Frame(self._partial(period), coverage(objects, BRANCHES))
        histories = archive.histories(period)
        return statistics(histories, period, archive.known_at, self._asks(), frame)

    def published(self, period: Period, word: Word) -> dict[str, bytes]:
        """Give the files of the open data of a period that is over."""
        archive = self.archive
        histories = publishable(archive.histories(period), archive.known_at)
        frame = Frame(self._partial(period))
        report = statistics(histories, period, archive.known_at, self._asks(), frame)
        vocabulary = self.vocabulary()
        own = self.settings.statistics
        edition = Edition(
            name=f"security-incidents-{period.name}",
            centre=self.settings.centre,
            begin=period.begin,
            end=period.end,
            known_at=archive.known_at,
            least=own.least_count,
            partial=open_reasons(report),
            licence=own.licence,
        )
        tables = public_tables(report, vocabulary, own.least_count)
        return files(tables, edition, {**vocabulary, **_MEASURES}, word)

    def vocabulary(self) -> Mapping[str, Sequence[str]]:
        """Give for each public dimension the values that may be named: closed lists and the pack's.

        A value of a rule or a record is none of them, whatever it says.
        """
        pack = self.archive.pack
        view = pack.at(self.archive.known_at)
        graded = [view.levels[grade].severity for grade in sorted(view.levels)]
        attributes = {name: row.values for name, row in view.attributes.items()}
        return {
            "regime": regimes(pack),
            "severity": (*graded, "unknown"),
            "sector": (*get_args(Sector), "unknown"),
            "reach": ("object", "territory", "region", "country", "unknown"),
            "rsit_class": _RSIT,
            "occurrence": ("single", "serial", "none", "unknown"),
            **{name: attributes.get(name, ()) for name in ("intent", "origin", "reality")},
            "act": tuple(row.id for row in view.acts),
            "harm": tuple(limb.id for limb in view.limbs if limb.group),
            "object_class": (*CLASSES, "ordinary"),
            "role": _ROLES,
        }

    def _partial(self, period: Period) -> tuple[Partial, ...]:
        archive = self.archive
        return partials(period, archive.known_at, archive.records(), archive.watched())

    def _asks(self) -> Questions:
        own = self.settings.statistics
        return Questions(
            subject=self.archive.subject,
            clocks=self.archive.clocks,
            at_once=AtOnce(own.at_once_seconds, own.author, own.since),
            held=self.archive.held(),
        )


_MEASURES: Mapping[str, Sequence[str]] = {
    "measure": ("detect", "notify", "acknowledge", "contain", "restore", "close"),
    "outcome": ("on_time", "late", "missed", "waiting"),
    "any": ("total", "other"),
}
