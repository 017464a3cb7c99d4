"""What viewers do: commands that are left for the running system, and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from pipeline.access import Role, Viewer
from pipeline.model import Command, Json
from pipeline.model.conditions import All, Among
from pipeline.ports.searching import Ask, Kind
from pipeline.web.asked import ActRefused
from pipeline.web.sighted import Sighted

STEP = "incident_"  # the names of the steps of an incident's life cycle begin so
REPORT, HOLDER, RECEIVE = "report", "holder", "notices_receive"
MOST_RECEIVED = 100  # notices of one act
TWO = (f"{STEP}merge", f"{STEP}link")


def answers_named(command_id: str, parts: int) -> tuple[str, ...]:
    """Give the ids that entries of a command have: of the whole system, or of ``parts`` of it."""
    own = f"command:{command_id}"
    among = ("nobody", *map(str, range(parts))) if parts else ()
    return (own, *(f"{own}:{one}" for one in among))


@dataclass(frozen=True, slots=True)
class Acts:
    """Leaves commands as their viewers may."""

    sighted: Sighted

    def act(self, viewer: Viewer, name: str, detail: Json, reason: str, key: str) -> Json | None:
        """Leave a command; see ``Desk.act``."""
        sighted = self.sighted
        if not sighted.access().may(viewer, name):
            return None
        whole = self._whole(viewer, name, detail)
        if whole is None:
            return None
        now = sighted.now()
        command = Command(name, viewer.role.value, viewer.subject, reason, now, whole)
        if problems := list(sighted.means.check(command)):
            raise ActRefused(problems)
        stands = sighted.means.leave(command, f"{viewer.actor} {key}" if key else "")
        if (stands.name, stands.detail) != (command.name, command.detail):
            raise ActRefused(["this key was given with another act: take a new one"])
        return {"command": stands.id, "state": "waiting", "incident": whole.get("incident", "")}

    def outcome(self, viewer: Viewer, command_id: str, incident_id: str) -> Json:
        """Tell what became of a command of the viewer's own; see ``Desk.outcome``."""
        search = self.sighted.search
        for data in reversed(search.revisions(Kind.INCIDENTS, incident_id) if incident_id else ()):
            revision = orjson.loads(data)
            if revision.get("command") == command_id and revision["actor"] == viewer.actor:
                said = {"revision": revision["revision"], "incident": incident_id}
                return {"command": command_id, "state": "accepted", **said}
        named = answers_named(command_id, self.sighted.means.parts())
        own = (Among("entry_id", named), Among("actor", (viewer.actor,)))
        rows = search.page(Ask(Kind.AUDIT, All(own), limit=1)).rows
        if not rows:
            return {"command": command_id, "state": "waiting"}
        entry = orjson.loads(rows[0])
        problems = [str(one) for one in entry["detail"].get("problems") or ()]
        refused = entry["kind"] == "command_refused" or entry["detail"].get("outcome") == "refused"
        state = "refused" if refused else "accepted"
        return {"command": command_id, "state": state, "problems": problems, "at": entry["at"]}

    def _whole(self, viewer: Viewer, name: str, detail: Json) -> Json | None:
        """Fill in the objects of the incidents that a command names; None: one is not visible."""
        step = name.startswith(STEP)
        if name == REPORT:
            if not self._own(viewer, detail.get("object")):
                return None
            if viewer.role is Role.OWNER and detail.get("kind") != HOLDER:
                raise ActRefused([f"an owner's own report is of the kind {HOLDER}"])
        if name == RECEIVE:
            return self._received(viewer, detail)
        if "incident" not in detail:
            if step:
                raise ActRefused(["it names no incident"])
            return detail
        keys = ("incident", "into", "to") if name in TWO else ("incident",)
        found = self._sees(viewer, [detail[key] for key in keys if key in detail])
        if found is None or not step:
            return None if found is None else detail
        whole = {**detail, "object_id": found[str(detail["incident"])]}
        if name == f"{STEP}link":
            whole["to_object"] = found.get(str(detail.get("to")), "")
        return whole

    def _received(self, viewer: Viewer, detail: Json) -> Json | None:
        """Fill in the party to which notices went; None: one of them is not the viewer's to see."""
        ids = detail.get("notices")
        if not isinstance(ids, list) or not 1 <= len(ids) <= MOST_RECEIVED or len(detail) != 1:
            raise ActRefused([f"it names notices: a list of 1 to {MOST_RECEIVED}, nothing else"])
        sight = self.sighted.sight(viewer, Kind.NOTICES)
        parties: set[str] = set()
        for one in map(str, ids):
            found = sight and self.sighted.found(viewer, sight, Kind.NOTICES, one)
            if not found:
                return None
            parties.add(str(found["recipient"]["party_id"]))
        if len(parties) != 1 or not parties <= viewer.parties:
            raise ActRefused(["they went not to one party of yours: acknowledge each by itself"])
        return {"notices": list(map(str, ids)), "party": parties.pop()}

    def _own(self, viewer: Viewer, object_id: object) -> bool:
        """Tell whether an object is the viewer's to see, and with it to report of."""
        whose = self.sighted.access().whose(viewer, self.sighted.now())
        return object_id in {record.id for record in whose}

    def _sees(self, viewer: Viewer, ids: Sequence[object]) -> dict[str, str] | None:
        """Give the objects of incidents; None where one of them is not the viewer's to see."""
        sight = self.sighted.sight(viewer, Kind.INCIDENTS)
        found: dict[str, str] = {}
        for one in map(str, ids):
            document = sight and self.sighted.found(viewer, sight, Kind.INCIDENTS, one)
            if not document:
                return None
            found[one] = str(document["object_id"])
        return found
