"""The one way of API and console to what the store knows: asked as a viewer, answered as allowed.

Everything goes one way: the policy (``pipeline.access``) narrows the question before a store
counts, the read is recorded before anything is shown, and fields are cut on the way out. What is
denied answers as what does not exist: None, an empty page, a zero.

Made once a process; every method may be called from any thread and blocks while a store is read.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import orjson

from pipeline.access import Access, NotAskable, Role, Sight, Viewer
from pipeline.access.sight import AVAILABLE
from pipeline.model import Instant, Json, rfc3339
from pipeline.model.conditions import EVERYTHING, All, Among, Condition
from pipeline.ports.searching import Ask, Count, Facets, Histogram, Kind, Search
from pipeline.web.acts import Acts
from pipeline.web.asked import ActRefused, Asked, BadQuestion, GroundMissing, Listed, Means
from pipeline.web.explained import explained
from pipeline.web.mandate import Mandate
from pipeline.web.recorded import Read, Recorded
from pipeline.web.row_ids import with_id
from pipeline.web.sighted import MOST_PARTS, Sighted, well_asked

CAMPAIGN, CANDIDATE = "campaign", "candidate"


@dataclass(frozen=True, slots=True)
class Desk:
    """Answers viewers. ``access`` gives the policy over the registry in force now."""

    search: Search
    access: Callable[[], Access]
    recorded: Recorded
    means: Means

    @property
    def _sighted(self) -> Sighted:
        return Sighted(self.search, self.access, self.recorded, self.means)

    # -- lists ---------------------------------------------------------------------------------

    def page(self, viewer: Viewer, asked: Asked) -> Listed:
        """Give a page of what the viewer may see; empty where the kind is not the viewer's.

        NotAskable where it is sorted by a field that is not there for the viewer; BadQuestion for a
        wrong cursor, sort or limit; GroundMissing; StoreError. A question about a field that is
        not there for the viewer finds nothing.
        """
        found = self._sighted.asking(viewer, asked, "page")
        return Listed(()) if found is None else self._listed(*found)

    def count(self, viewer: Viewer, asked: Asked) -> Count:
        """Count what the viewer may see of a question; errors as ``page``."""
        found = self._sighted.asking(viewer, asked, "count")
        if found is None:
            return Count(0)
        with well_asked():
            return self.search.count(found[1])

    def facets(self, viewer: Viewer, asked: Asked, fields: Sequence[str], most: int = 20) -> Facets:
        """Count values of fields over the rows that show these fields; errors as ``page``."""
        found = self._sighted.asking(viewer, asked, f"facets {' '.join(fields)}", fields)
        if found is None:
            return Facets(dict.fromkeys(fields, ()))
        with well_asked():
            return self.search.facets(found[1], fields, most)

    def histogram(self, viewer: Viewer, asked: Asked, step: Instant) -> Histogram:
        """Count by time in buckets of ``step`` nanoseconds; errors as ``page``."""
        found = self._sighted.asking(viewer, asked, "histogram")
        if found is None:
            return Histogram(())
        with well_asked():
            return self.search.histogram(found[1], step)

    def export(self, viewer: Viewer, asked: Asked) -> Iterator[Json]:
        """Give every row of a question, one after another; recorded by itself, errors at once."""
        found = self._sighted.asking(viewer, asked, "export")
        if found is None:
            return iter(())
        with well_asked():
            self.search.page(replace(found[1], limit=1))  # what is wrong in it is told at once
            return self._exported(asked.kind, found[0], self.search.every(found[1]))

    def live(self, viewer: Viewer, asked: Asked, seen: str = "") -> tuple[str, Listed] | None:
        """Give the first page with its digest; None while it is the one of the digest ``seen``.

        Ask again when ``mark()`` changes: a change that the viewer may not see changes nothing.
        """
        listed = self.page(viewer, asked)
        data = orjson.dumps([listed.rows, listed.complete], option=orjson.OPT_SORT_KEYS)
        digest = hashlib.sha256(data).hexdigest()[:32]
        return None if digest == seen else (digest, listed)

    def mark(self) -> str:
        """Give a value that changes when the store does; never shown to anybody."""
        return self.search.mark()

    def askable(self, viewer: Viewer, kind: Kind, fields: Sequence[str]) -> tuple[str, ...]:
        """Give which of some fields a viewer may search, sort and count by, in their order."""
        sight = self._sighted.sight(viewer, kind)
        return tuple(one for one in fields if sight is not None and sight.may_ask(one))

    # -- one thing -----------------------------------------------------------------------------

    def one(self, viewer: Viewer, kind: Kind, row_id: str) -> Json | None:
        """Give one document as the viewer may see it; None where it may see none of that id."""
        if kind is Kind.INCIDENTS:
            found = self._sighted.incident(viewer, row_id, "")
            return None if found is None else self._linked(viewer, *found)
        sight = self._sighted.sight(viewer, kind)
        if sight is None:
            return None
        self._sighted.note(viewer, sight.basis, Read(f"{kind.value} one", of=row_id))
        document = self._sighted.found(viewer, sight, kind, row_id)
        shown = None if document is None else sight.shown(document)
        return None if shown is None else with_id(kind, shown)

    def sees(self, viewer: Viewer, incident_id: str) -> bool:
        """Tell whether the viewer sees anything of an incident; no read of it."""
        sight = self._sighted.sight(viewer, Kind.INCIDENTS)
        document = sight and self._sighted.found(viewer, sight, Kind.INCIDENTS, incident_id)
        return bool(sight and document and sight.shown(document))

    def history(self, viewer: Viewer, incident_id: str) -> Sequence[Json]:
        """Give the revisions of an incident that the viewer may see, oldest first; else nothing."""
        found = self._sighted.incident(viewer, incident_id, "history")
        if found is None:
            return ()
        sight = found[0]
        revisions = map(orjson.loads, self.search.revisions(Kind.INCIDENTS, incident_id))
        # Before an incident was told of it was a candidate, and nobody's to know outside.
        told = (one for one in revisions if sight.knows_all or one["state"] != CANDIDATE)
        shown = (sight.shown(one) for one in told)
        return [one for one in shown if one is not None]

    def findings_of(self, viewer: Viewer, incident_id: str) -> Sequence[Json]:
        """Give what a visible incident is made of, as far as the viewer may see it."""
        sight = self._sighted.sight(viewer, Kind.FINDINGS)
        found = sight and self._sighted.incident(viewer, incident_id, "findings", whole=True)
        if not found or sight is None:
            return ()
        _, document, _ = found
        ids = tuple(map(str, (document.get("finding_ids") or ())[:MOST_PARTS]))
        where = All((Among("id", ids), Among("object_id", (str(document["object_id"]),))))
        ask = Ask(Kind.FINDINGS, where, descending=False, limit=MOST_PARTS)
        return self._sighted.shown(sight, ask) if ids else ()

    def notices_of(self, viewer: Viewer, incident_id: str) -> Sequence[Json]:
        """Give the notices of a visible incident that the viewer may see, oldest first."""
        sight = self._sighted.sight(viewer, Kind.NOTICES)
        if sight is None or self._sighted.incident(viewer, incident_id, "notices") is None:
            return ()
        where = All((sight.where, Among("incident_id", (incident_id,))))
        ask = Ask(Kind.NOTICES, where, descending=False, limit=MOST_PARTS)
        return self._sighted.shown(sight, ask)

    def audit_of(self, viewer: Viewer, incident_id: str) -> Sequence[Json]:
        """Give the audit trail's entries about an incident whose details the viewer may see."""
        access, now = self.access(), self._sighted.now()
        if not access.page(viewer, "incident_audit", now):
            return ()
        found = self._sighted.incident(viewer, incident_id, "audit", whole=True)
        if found is None:
            return ()
        chain = Among("chain", (str(found[1]["object_id"]),))
        where = All((Among("subject", (incident_id,)), chain))
        ask = Ask(Kind.AUDIT, where, descending=False, limit=MOST_PARTS)
        sight = access.sight(viewer, Kind.AUDIT.value, now)
        if sight is not None:
            return self._sighted.shown(sight, ask)
        head = access.policy.kind(Kind.AUDIT.value).groups["head"].fields
        rows = map(orjson.loads, self.search.page(ask).rows)
        return [{name: row[name] for name in head if name in row} for row in rows]

    def why(
        self, viewer: Viewer, incident_id: str, revision: int = 0, language: str = "en"
    ) -> Json | None:
        """Explain an incident, limb by limb and norm by norm; None where it is not the viewer's.

        The explanation quotes evidence: it is shown after several factors only (418-V 36(1)).
        """
        if not viewer.multi_factor or not self._sighted.paged(viewer, "why"):
            return None
        seen = self._sighted.incident(viewer, incident_id, "why", whole=True)
        found = self.means.why(incident_id, revision, language) if seen is not None else None
        if seen is None or found is None:
            return None
        sight, document = seen[0], found["incident"]
        if (shown := sight.shown(document)) is None or AVAILABLE in shown:
            return None  # a revision of which less may be seen than of the last
        told = self._sighted.sight(viewer, Kind.NOTICES)
        return explained(
            found,
            self._linked(viewer, sight, document, shown),
            self._sighted.sight(viewer, Kind.FINDINGS),
            {str(one["id"]): one for one in self.notices_of(viewer, incident_id)},
            told,
        )

    # -- what is no row of a store -------------------------------------------------------------

    def objects(self, viewer: Viewer) -> Sequence[Json]:
        """Give the objects that the viewer sees, by id, as their records of today."""
        return self._objects(viewer, Read("objects"))

    def object(self, viewer: Viewer, object_id: str) -> Json | None:
        """Give one object's record of today; None where it is not the viewer's to see."""
        found = self._objects(viewer, Read("object", of=object_id), object_id)
        return found[0] if found else None

    def statistics(self, viewer: Viewer, period: Mapping[str, str]) -> Json | None:
        """Report a period: ``month``, ``year``, or ``from`` and ``to``; None: not the viewer's.

        What the viewer does not see is not counted; what it sees as a stub stands in ``withheld``
        alone. BadQuestion where it names no period.
        """
        query = " ".join(f"{name}={text}" for name, text in sorted(period.items()))
        if not self._sighted.paged(viewer, "statistics", query):
            return None
        with well_asked():
            return self.means.statistics(period, self._mandate(viewer))

    def compliance(self, viewer: Viewer) -> Sequence[Json]:
        """Give what the law asks of each object of the viewer's, and how it stands."""
        if not self._sighted.paged(viewer, "compliance"):
            return ()
        return self.means.compliance(self._objects_of(viewer))

    def versions(self, viewer: Viewer) -> Json | None:
        """Tell which rules, law pack and registry are in force, and which were.

        Who changed them is told to those alone who read the trail.
        """
        if not self._sighted.paged(viewer, "versions"):
            return None
        found = self.means.versions()
        if self._sighted.sight(viewer, Kind.AUDIT) is not None:
            return found
        changes = [{k: v for k, v in one.items() if k != "actor"} for one in found["changes"]]
        return {**found, "changes": changes}

    def verify(self, viewer: Viewer) -> Json | None:
        """Verify the audit trail and its checkpoints.

        Numbers and places of entries are told to those who read all of it, to others whether it is
        whole: a number would count what they may not see.
        """
        if not self._sighted.paged(viewer, "verify"):
            return None
        found, sight = self.means.verify(), self._sighted.sight(viewer, Kind.AUDIT)
        if sight is not None and sight.where == EVERYTHING:
            return found
        return {"at": found["at"], "whole": found["whole"]}

    def me(self, viewer: Viewer) -> Json:
        """Tell who the viewer is to us, and what there is for it; no read of anything."""
        access, now = self.access(), self._sighted.now()
        table = access.policy.file
        return {
            "subject": viewer.subject,
            "role": viewer.role.value,
            "parties": sorted(viewer.parties),
            "sectors": sorted(viewer.sectors),
            "multi_factor": viewer.multi_factor,
            "language": viewer.language,
            "kinds": [name for name in table.kinds if access.sight(viewer, name, now)],
            "pages": [one.name for one in table.pages if access.page(viewer, one.name, now)],
            "commands": list(access.commands(viewer)),
            "ground_needed": access.policy.needs_ground(viewer.role),
            "broken_glass": access.broken(viewer, now),
            "seen_as": access.seen_as(viewer, now).value,
            "glass_until": rfc3339(viewer.broke_glass) if access.broken(viewer, now) else "",
        }

    def seen_as(self, viewer: Viewer) -> Role:
        """Give the role whose sight a viewer has now: its own but through broken glass."""
        return self.access().seen_as(viewer, self._sighted.now())

    # -- what a viewer does --------------------------------------------------------------------

    def act(
        self, viewer: Viewer, name: str, detail: Json, reason: str, key: str = ""
    ) -> Json | None:
        """Leave a command for the running system; None where what it is about is not visible.

        ``name`` is a command's (``incident_acknowledge``), ``detail`` its own; of an incident the
        object is filled in here. With a ``key`` the same act asked again is the first one. Answers
        ``{"command": id, "state": "waiting", "incident": id}``; ActRefused where the command by
        itself can be none, or where the key was given with another.
        """
        return Acts(self._sighted).act(viewer, name, detail, reason, key)

    def outcome(self, viewer: Viewer, command_id: str, incident_id: str = "") -> Json:
        """Tell what became of a command of the viewer's own: ``state`` waiting, accepted, refused.

        ``problems`` say why it was refused; of a step on an incident name that incident.
        """
        return Acts(self._sighted).outcome(viewer, command_id, incident_id)

    # -- inside --------------------------------------------------------------------------------

    def _listed(self, sight: Sight, ask: Ask) -> Listed:
        with well_asked():
            page = self.search.page(ask)
        shown = (sight.shown(orjson.loads(row)) for row in page.rows)
        rows = [with_id(ask.kind, one) for one in shown if one is not None]
        return Listed(rows, page.after, page.complete)

    def _exported(self, kind: Kind, sight: Sight, rows: Iterator[bytes]) -> Iterator[Json]:
        for row in rows:
            shown = sight.shown(orjson.loads(row))
            if shown is not None:
                yield with_id(kind, shown)

    def _linked(self, viewer: Viewer, sight: Sight, document: Json, shown: Json) -> Json:
        """Name those linked incidents that the viewer sees as well."""
        links = document.get("links") or []
        if sight.all_rows or not links or not sight.given.gives("links"):
            return shown
        if AVAILABLE in shown:
            return shown
        others = tuple(str(one["to"]) for one in links if one["kind"] != CAMPAIGN)
        rows = self._sighted.rows(viewer, Kind.INCIDENTS, sight)
        ask = Ask(Kind.INCIDENTS, All((rows, Among("id", others))), limit=MOST_PARTS)
        page = self.search.page(ask).rows if others else ()
        seen = {str(orjson.loads(row)["id"]) for row in page}
        kept = [one for one in links if one["kind"] == CAMPAIGN or one["to"] in seen]
        return {**shown, "links": kept}

    def _objects(self, viewer: Viewer, read: Read, only: str = "") -> list[Json]:
        sight = self._sighted.sight(viewer, "objects")
        if sight is None:
            return []
        self._sighted.note(viewer, sight.basis, read)
        access, now = self.access(), self._sighted.now()
        records = (one for one in access.whose(viewer, now) if only in ("", one.id))
        shown = (sight.shown(access.record(one, now)) for one in records)
        return [one for one in shown if one is not None]

    def _mandate(self, viewer: Viewer) -> Mandate:
        """Give what a viewer's figures are made of: also a token's that may read these alone."""
        viewer = replace(viewer, scopes=frozenset())

        def rows(kind: Kind) -> tuple[Sight, Condition] | None:
            sight = self._sighted.sight(viewer, kind)
            return None if sight is None else (sight, self._sighted.rows(viewer, kind, sight))

        return Mandate(self._objects_of(viewer), rows(Kind.INCIDENTS), rows(Kind.NOTICES))

    def _objects_of(self, viewer: Viewer) -> frozenset[str] | None:
        """Give the objects whose records a viewer sees; None: all."""
        viewer = replace(viewer, scopes=frozenset())
        sight = self._sighted.sight(viewer, "objects")
        if sight is None:
            return frozenset()
        if sight.all_rows:
            return None
        return frozenset(one.id for one in self.access().whose(viewer, self._sighted.now()))


__all__ = [
    "ActRefused",
    "Asked",
    "BadQuestion",
    "Desk",
    "GroundMissing",
    "Listed",
    "Means",
    "NotAskable",
]
