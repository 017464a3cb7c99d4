"""`saqshy incidents show --why`: norm, fact and rule behind a revision, for any day in the past.

A revision is explained by the law pack that judged it, from the store by its revision, and not by
today's: what an inspector asks of a day is what was in force on it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.assess import Due, Moments, Pack, object_flags, pack_from_bundle, terms_due
from pipeline.assess.explain import Explained, Explainer
from pipeline.assess.reason_texts import ReasonTexts
from pipeline.errors import StoreError
from pipeline.model import (
    Finding,
    Incident,
    IncidentState,
    Json,
    Notice,
    NoticeState,
    Receipt,
    as_document,
    rfc3339,
)
from pipeline.ports import Stores
from pipeline.registry import Registry, registry_from_bundle
from pipeline.runtime.cli.output import say, show_table, to_the_second

_SECTIONS = (
    "verdict", "limb", "act", "attribute", "axis", "resource", "consequence", "floor", "weight",
    "aim", "guard", "route", "version",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Why:
    """One revision with all that explains it.

    ``at`` is the instant that is asked about (nanoseconds), None for as much as is known today:
    notices that were made later are left out, and later receipts too.
    """

    incident: Incident
    history: Sequence[Incident]
    findings: Sequence[Finding]
    notices: Sequence[Notice]
    owed: Sequence[Due]
    explainer: Explainer
    at: int | None = None

    def document(self) -> Json:
        """Give the explanation as JSON, one document a revision."""
        return {
            "incident": as_document(self.incident),
            **self.explainer.document(self.incident.assessment),
            "facts": [self._fact(one) for one in self.findings],
            "findings": self.incident.finding_count or len(self.findings),
            "notices": [self._notice(one) for one in self.notices],
            "terms": [one.document() for one in self.explainer.due(self.owed)],
            "revisions": [
                {
                    "revision": one.revision,
                    "at": rfc3339(one.changed_at),
                    "state": one.state.value,
                    "is_incident": one.assessment.is_incident.value,
                    "severity": one.assessment.severity,
                    "hash": one.hash,
                }
                for one in self.history
            ],
        }

    def show(self) -> None:
        """Print the explanation as tables."""
        word, incident = self.explainer.word, self.incident
        self._show_history()
        columns = (word("element"), word("is"), word("because"), word("ground"))
        explained = replace(self.explainer, brief=True)(incident.assessment)
        for section in _SECTIONS:
            rows = [cells(one, word) for one in explained if one.section == section]
            if rows:
                show_table(word(section), columns, rows)
        self._show_facts()
        self._show_notices()
        rows = [cells(one, word) for one in self.explainer.due(self.owed)]
        show_table(word("term"), columns, rows)

    def _show_history(self) -> None:
        word = self.explainer.word
        rows = [
            (
                f"{'→ ' if one.revision == self.incident.revision else ''}{one.revision}",
                to_the_second(one.changed_at),
                word(one.state.value),
                self.explainer.answer(one.assessment.is_incident),
                self.explainer.severity(one.assessment.severity),
                str(one.event_count),
            )
            for one in self.history
        ]
        columns = ("revision", "at", "state", "verdict", "severity", "events")
        show_table(self.incident.id, [word(one) for one in columns], rows)

    def _show_facts(self) -> None:
        word = self.explainer.word
        rows = [
            (
                one.id[:12],
                f"{one.rule.title} ({one.rule.id})",
                to_the_second(one.first_event_at),
                to_the_second(one.last_event_at),
                str(one.event_count),
                self.explainer.evidence(one) + (f" ({word('retracted')})" if one.retracted else ""),
            )
            for one in self.findings
        ]
        columns = ("finding", "rule", "begins", "ends", "events", "evidence")
        show_table(word("facts"), [word(one) for one in columns], rows)
        beyond = self.incident.finding_count - len(self.incident.finding_ids)
        if beyond > 0:
            say(f"{word('beyond')}: {beyond}")

    def _show_notices(self) -> None:
        word = self.explainer.word
        rows = [
            (
                self.explainer.leg(one.leg),
                f"{self.explainer.role(one.recipient.role)} {one.recipient.party_id or '-'}",
                to_the_second(one.created_at),
                to_the_second(one.due_at),
                word(self._state(one).value),
                to_the_second(receipt.received_at) if (receipt := self._received(one)) else "",
                f"{one.basis} ({word(one.set_by)})",
            )
            for one in self.notices
        ]
        columns = ("leg", "to", "made", "due_at", "state", "receipt", "ground")
        names = [word("pending") if one == "due_at" else word(one) for one in columns]
        show_table(word("notices"), names, rows)

    def _received(self, notice: Notice) -> Receipt | None:
        """Give the receipt that was there at the instant asked about."""
        receipt = notice.receipt
        if receipt is None or (self.at is not None and receipt.received_at > self.at):
            return None
        return receipt

    def _state(self, notice: Notice) -> NoticeState:
        """Give where a notice stood; before its receipt it was due."""
        late = notice.receipt is not None and self._received(notice) is None
        return NoticeState.PENDING if late else notice.state

    def _fact(self, finding: Finding) -> Json:
        return {
            "finding": finding.id,
            "kind": finding.kind,
            "rule": as_document(finding.rule),
            "first_event_at": rfc3339(finding.first_event_at),
            "last_event_at": rfc3339(finding.last_event_at),
            "event_count": finding.event_count,
            "event_ids": list(finding.event_ids),
            "labels": as_document(finding.labels),
            "evidence": self.explainer.evidence(finding),
            "content": finding.content,
            "retracted": finding.retracted,
        }

    def _notice(self, notice: Notice) -> Json:
        return {
            "notice": notice.id,
            "revision": notice.revision,
            "leg": notice.leg,
            "role": notice.recipient.role,
            "party": notice.recipient.party_id,
            "channel": notice.channel,
            "language": notice.language,
            "created_at": rfc3339(notice.created_at),
            "due_at": rfc3339(notice.due_at),
            "state": self._state(notice).value,
            "guard": as_document(notice.guard),
            "receipt": as_document(receipt) if (receipt := self._received(notice)) else None,
            "basis": notice.basis,
            "set_by": notice.set_by,
        }


def why(
    stores: Stores,
    history: Sequence[Incident],
    chosen: Incident,
    language: str,
    texts: ReasonTexts,
    at: int | None = None,
) -> Why:
    """Gather what explains one revision of an incident's history.

    StoreError where the store no longer has the pack or the registry that the revision names.
    """
    versions = chosen.assessment.versions
    pack = _pack(stores, versions.get("pack", ""))
    registry = _registry(stores, versions.get("registry", ""))
    known = [stores.incidents.finding(one) for one in chosen.finding_ids]
    notices = [
        one
        for one in stores.outbox.list(chosen.id)
        if one.revision <= chosen.revision and (at is None or one.created_at <= at)
    ]
    moments = Moments(
        opened=chosen.opened_at,
        closed=chosen.changed_at if chosen.state is IncidentState.CLOSED else 0,
    )
    flags = _flags(registry, chosen)
    return Why(
        incident=chosen,
        history=[one for one in history if at is None or one.changed_at <= at],
        findings=[one for one in known if one is not None],
        notices=notices,
        owed=terms_due(pack, chosen.assessment, moments, flags),
        explainer=Explainer(pack.at(chosen.opened_at), language, texts),
        at=at,
    )


def _pack(stores: Stores, revision: str) -> Pack:
    return pack_from_bundle(_bundle(stores, "pack", revision))


def _registry(stores: Stores, revision: str) -> Registry:
    return registry_from_bundle(_bundle(stores, "registry", revision))


def _bundle(stores: Stores, kind: str, revision: str) -> bytes:
    data = stores.content.bundle(kind, revision)
    if data is None:
        message = (
            f"the store has no {kind} {revision or '(none is named)'}, which the revision names"
        )
        raise StoreError(f"{message}: restore a backup")
    return data


def _flags(registry: Registry, incident: Incident) -> frozenset[str]:
    at = incident.opened_at
    return object_flags(registry, registry.object(incident.object_id, at), at)


def texts_folder(pack: Path) -> Path:
    """Give the folder whose catalogs tell a pack's reasons; a pack may be one file."""
    return pack if pack.is_dir() else pack.parent


def cells(one: Explained, word: Callable[[str], str]) -> tuple[str, ...]:
    """Give an element as a row of a table: what, is, because, ground."""
    ground = f"{one.basis} ({word(one.set_by)})" if one.set_by else one.basis
    return one.subject, one.value, one.reason, ground
