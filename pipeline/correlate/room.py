"""How much correlation may keep of one object, and what goes first when it is too much.

Of windows it is an object's entries that are bounded: events kept in groups, of one rule and of all
its rules. A group of a rule with one entry takes about half a kilobyte, so an object never takes
more than a gigabyte, however many values somebody makes up. Where there is no room, groups go that
have the fewest entries and the oldest, so that noise made of single events makes room at its own
expense; groups of findings that stand go last. What goes is counted. It follows from the rows
alone: a row that nothing can reach any more is removed first, and is no row.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pipeline.correlate.plan import Plan
from pipeline.correlate.window_row import TallyRow, WindowRow

FREED = 8  # of what it may keep, the eighth part is freed at once


@dataclass(frozen=True, slots=True)
class Limits:
    """How many entries may be kept in a group, of a rule, and of an object; how many repeats.

    ``repeats`` are pairs of rule and host whose further events would amend a finding.
    """

    group: int = 20_000
    rule: int = 500_000
    object: int = 2_000_000
    repeats: int = 100_000


@dataclass(frozen=True, slots=True)
class Kept:
    """One group that could go."""

    key: str
    row: WindowRow

    @property
    def worth(self) -> tuple[bool, int, int, str]:
        """Order groups by what would be lost with them."""
        entries = self.row.entries
        return bool(self.row.chains), len(entries), entries[-1][0] if entries else 0, self.key


@dataclass(frozen=True, slots=True)
class Room:
    """Makes room among the rows of an object's plans.

    ``groups`` gives a plan's rows as they are once what nothing can reach is removed, and
    ``remove`` takes one away and brings the tally down.
    """

    limits: Limits
    groups: Callable[[Plan], Iterable[Kept]]
    remove: Callable[[Plan, str, WindowRow], None]

    def of_rule(self, plan: Plan, tally: TallyRow, most: int | None = None) -> int:
        """Let groups of one rule go until there is room; give how many entries went."""
        most = self.limits.rule if most is None else most
        groups = list(self.groups(plan))
        if tally.entries <= most:
            return 0
        gone = 0
        for kept in sorted(groups, key=lambda kept: kept.worth):
            if tally.entries <= most - most // FREED:
                break
            gone += len(kept.row.entries)
            self.remove(plan, kept.key, kept.row)
        tally.evicted += gone
        return gone

    def of_object(self, plans: Iterable[Plan], tallies: list[TallyRow]) -> int:
        """Let groups of the rules that keep most go until there is room for the object."""
        chosen = list(plans)
        for plan in chosen:
            for _ in self.groups(plan):
                pass
        gone = 0
        while sum(tally.entries for tally in tallies) > self.limits.object:
            largest = max(range(len(tallies)), key=lambda at: (tallies[at].entries, -at))
            gone += self.of_rule(
                chosen[largest], tallies[largest], tallies[largest].entries * 3 // 4
            )
        return gone
