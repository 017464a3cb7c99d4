"""What new content would lose without anybody having said so: the reason to refuse it.

A rule whose document is gone, while nothing new is broken, is a deletion. It is a loss where an
error stands behind it: its file is broken now, or other files are newly broken while it is gone
(renamed and broken). A file that was whole and is broken now is refused as well, since what it
held may be a filter. A file that is new and broken is put aside, as at every start. Most rules at
once look like a folder that was not copied whole.
"""

from typing import TypeAlias

from pipeline.content import Content, Correlation, Rule
from pipeline.content.sources import unpack_files
from pipeline.errors import Problem
from pipeline.ports import CollectorStores
from pipeline.runtime.knowledge import Knowledge, Shelf, last_stamp

MOST_GONE = 0.5  # of what is in force
FEW = 10  # of so few rules any share may go
WAY_OUT = "mend it, or accept it: `saqshy reload --accept-losses`"

_Item: TypeAlias = Rule | Correlation


def losses(old: Content, new: Content) -> list[Problem]:
    """Give what stands against replacing content by new; empty where nothing does."""
    kept = new.rules.keys() | new.correlations.keys()
    before: dict[str, _Item] = {**old.rules, **old.correlations}
    gone = [item for name, item in before.items() if name not in kept]
    known = {(problem.file, problem.message) for problem in old.quarantined}
    fresh = [one for one in new.quarantined if (one.file, one.message) not in known]
    found = []
    if fresh:
        by_file = {problem.file: problem for problem in reversed(fresh)}
        lost = {item.file for item in gone}
        found = [_loss(item, by_file.get(item.file, fresh[0])) for item in gone]
        whole = {file.name for file in unpack_files(old.packed)} - {file for file, _ in known}
        found += [one for name, one in by_file.items() if name in whole and name not in lost]
    if len(before) >= FEW and len(gone) > MOST_GONE * len(before):
        message = f"{len(gone)} of {len(before)} rules in force would go at once"
        found.append(Problem("content", 0, message, WAY_OUT))
    return found


def fit_to_start(
    stores: CollectorStores, shelf: Shelf, new: Knowledge
) -> tuple[Knowledge, list[Problem]]:
    """Give what may start: the new, or what was stamped last where the new would lose of it.

    So a supervisor's restart on broken files blinds nobody; the problems are to be told.
    """
    stamp = last_stamp(stores)
    if stamp is None or stamp.content == new.revisions.content:
        return new, []
    old = shelf(stamp)
    found = losses(old.content, new.content)
    return (old, found) if found else (new, [])


def _loss(item: _Item, problem: Problem) -> Problem:
    message = f"the rule {item.id} in force would be lost: {problem.message}"
    return Problem(problem.file, problem.line, message, WAY_OUT)
