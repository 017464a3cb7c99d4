"""Chains of windows to findings: what is new of each is told as a revision.

Within one object a chain is one finding. Across objects each affected object has its own, least
disclosure: its own events, their number and their times; the group's values, which its own events
show; how many objects are affected, and an id that the centre joins them by. Nothing of the others.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.correlate.evidence import Evidence
from pipeline.correlate.plan import OBJECT, Plan, group_of
from pipeline.correlate.window_row import KEPT_IDS, Chain, Share, WindowRow
from pipeline.model import Finding, Json, finding_id, identity
from pipeline.model.rows import Rows


@dataclass(slots=True)
class Members:
    """The entries of one object inside a chain: how many, from when to when, the first ids."""

    count: int
    first: int
    last: int
    ids: list[str]


@dataclass(frozen=True, slots=True)
class Telling:
    """Gives the findings of a row whose chains may have changed."""

    evidence: Evidence
    across: bool

    def __call__(
        self,
        state: Rows,
        plan: Plan,
        key: str,
        row: WindowRow,
        met: Sequence[tuple[Chain, Chain]],
    ) -> list[Finding]:
        """Give new and amended findings; those of ``met`` that another took over are retracted."""
        named = group_of(plan, key)
        taken = [pair for met_now in met for pair in _taken_over(*met_now)]
        findings: list[Finding] = []
        for chain in row.chains:
            members = self._members(row, plan, chain)
            if not chain.campaign and self.across:
                opening = next(iter(members.values())).ids[0]
                chain.campaign = identity("campaign", plan.rule.id, *named.values(), opening)
            affected = len(chain.shares.keys() | members.keys())
            for owner in sorted(members):
                mine = members[owner]
                share = chain.shares.get(owner)
                if share is None:
                    opened = finding_id(plan.rule.id, named, mine.ids[0])
                    share = chain.shares[owner] = Share(opened)
                count = share.gone + mine.count
                if count == share.count and affected == share.affected and share.revision:
                    continue
                share.first = min(share.first, mine.first) if share.gone else mine.first
                share.last = max(share.last, mine.last) if share.gone else mine.last
                share.count, share.affected = count, affected
                ids = [*share.gone_ids, *mine.ids][:KEPT_IDS]
                shown = named | self._shown(chain, affected)
                share.revision += 1
                findings.append(self._finding(state, plan, owner, share, ids, (named, shown)))
        for owner, gone, survivor in taken:
            gone.revision, gone.count = gone.revision + 1, 0
            found = self._finding(
                state, plan, owner, gone, [], (named, dict(named)), survivor.finding_id
            )
            findings.append(found)
        return findings

    def _shown(self, chain: Chain, affected: int) -> Json:
        return {"campaign": chain.campaign, "affected_objects": affected} if self.across else {}

    def _members(self, row: WindowRow, plan: Plan, chain: Chain) -> Mapping[str, Members]:
        """Give the members of a chain that are kept as entries, by object."""
        entries = row.entries
        low = bisect_left(entries, (chain.first_end - plan.timespan + 1,))
        high = bisect_left(entries, (chain.last_end + 1,), low)
        if low == high:
            return {}
        if not self.across:
            ids = [entry[1] for entry in entries[low : min(high, low + KEPT_IDS)]]
            return {"": Members(high - low, entries[low][0], entries[high - 1][0], ids)}
        found: dict[str, Members] = {}
        for time, event_id, _, carried in entries[low:high]:
            owner = str((carried or {}).get(OBJECT))
            mine = found.setdefault(owner, Members(0, time, time, []))
            mine.count += 1
            mine.last = time
            if len(mine.ids) < KEPT_IDS:
                mine.ids.append(event_id)
        return found

    def _finding(
        self,
        state: Rows,
        plan: Plan,
        owner: str,
        share: Share,
        ids: Sequence[str],
        told: tuple[dict[str, str], Json],
        into: str = "",
    ) -> Finding:
        object_id = owner or state.object_id
        return Finding(
            id=share.finding_id,
            revision=share.revision,
            kind="correlation",
            rule=plan.ref,
            object_id=object_id,
            first_event_at=share.first,
            last_event_at=share.last,
            event_ids=tuple(ids),
            event_count=share.count,
            group=told[0],
            labels=self.evidence.labels(plan.rule.id),
            fields=told[1],
            trial=self.evidence.trial(object_id, share.first),
            retracted=bool(into),
            merged_into=into,
        )


def _taken_over(kept: Chain, gone: Chain) -> list[tuple[str, Share, Share]]:
    """Bring the shares of a swallowed chain to the other; give (object, ended, survivor)."""
    ended = []
    for owner, share in gone.shares.items():
        mine = kept.shares.get(owner)
        if mine is None:
            kept.shares[owner] = share
            continue
        if share.gone:
            mine.first = min(mine.first, share.first) if mine.gone else share.first
            mine.last = max(mine.last, share.last) if mine.gone else share.last
        mine.gone += share.gone
        mine.gone_ids = [*mine.gone_ids, *share.gone_ids][:50]
        mine.affected = 0  # told anew, whatever the count
        if share.revision:
            ended.append((owner, share, mine))
    kept.campaign = kept.campaign or gone.campaign
    return ended
