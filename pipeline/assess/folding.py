"""Which findings make one incident: the pack's families of acts."""

from pipeline.assess.pack import Pack
from pipeline.model import Finding, Tri
from pipeline.registry.moments import LATEST

OTHER = "other"


def fold_key(pack: Pack, finding: Finding, at: int | None = None) -> str:
    """Give the kind of incident that a finding belongs to.

    A fixed class (a withheld record) is a kind of its own; else the first family of the pack that
    has one of the finding's acts, acts that hold before acts that may; else the pack's rest.
    """
    labels = finding.labels
    if labels.fixed_class:
        return labels.fixed_class
    view = pack.at(LATEST - 1 if at is None else at)
    folding = view.folding
    if folding is None:
        return OTHER
    for wanted in (Tri.YES, Tri.UNKNOWN):
        named = {
            key.removeprefix("acts.")
            for label, answer in labels.acts.items()
            if answer is wanted
            for key in view.speech.concerns.get(f"acts.{label}", ())
        }
        for family, acts in folding.families.items():
            if named.intersection(acts):
                return family
    return folding.otherwise


def join_within(pack: Pack) -> int:
    """Give how far apart in event time (nanoseconds) the findings of one incident may lie."""
    folding = pack.at(LATEST - 1).folding
    return folding.join_within.after(0) if folding is not None else 0
