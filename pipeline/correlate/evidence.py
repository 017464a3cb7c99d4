"""What the fold asks of content, pack and registry, narrowed to five questions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.correlate.presence import Attention, SourceTiming
from pipeline.model import Labels


@dataclass(frozen=True, slots=True)
class Evidence:
    """Answers for one set of revisions.

    ``labels`` gives what a rule or detector is evidence for, by its id. The registry answers for an
    instant: ``timing`` a source's lateness and longest silence, by object and source; ``expected``
    the sources of an object that must not fall silent; ``trial`` whether it is in trial operation;
    ``attested`` whether it is attested open, so that its events may be held against others'.
    ``attention`` says of a source whether its silence says anything at an instant.
    ``ended`` is ``labels`` for findings whose events ended in success or failure.
    """

    labels: Callable[[str], Labels]
    timing: Callable[[str, str, int], SourceTiming]
    expected: Callable[[str, int], Sequence[str]]
    trial: Callable[[str, int], bool]
    attested: Callable[[str, int], bool] = lambda _object, _at: True
    ended: Callable[[str, str], Labels] | None = None
    attention: Callable[[str, str, int], Attention] = lambda _object, _source, _at: Attention()

    def labels_of(self, rule_id: str, outcome: str) -> Labels:
        """Give what a rule is evidence for where its events ended so ("": nobody knows)."""
        if outcome and self.ended is not None:
            return self.ended(rule_id, outcome)
        return self.labels(rule_id)
