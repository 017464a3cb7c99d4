"""What rules cost in several processes adds up, for the revisions that are held."""

from pipeline.model import Revisions
from pipeline.runtime.chains import CHAINS_HELD
from pipeline.runtime.cores.rule_costs import RuleCosts
from pipeline.runtime.cores.wire import Spent


def test_what_processes_tell_adds_up() -> None:
    """Each rule has the sum of what was told of it, under its own revisions alone."""
    costs, stamp = RuleCosts(), Revisions("new")
    costs.note(stamp, {"a": Spent(2, 0.5), "b": Spent(1, 0.25)})
    costs.note(stamp, {"a": Spent(3, 1.0)})
    costs.note(Revisions("old"), {"a": Spent(7, 7.0)})
    assert costs.of(stamp) == {"a": Spent(5, 1.5), "b": Spent(1, 0.25)}
    assert costs.of(Revisions("unheard")) == {}


def test_only_revisions_in_use_are_held() -> None:
    """What nobody has told of for longest makes room."""
    costs = RuleCosts()
    stamps = [Revisions(str(number)) for number in range(CHAINS_HELD + 1)]
    for stamp in stamps:
        costs.note(stamp, {"a": Spent(1, 1.0)})
    assert [bool(costs.of(stamp)) for stamp in stamps] == [False, *[True] * CHAINS_HELD]
