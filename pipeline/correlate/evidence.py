"""What the fold asks of content, pack and registry, narrowed to four questions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.correlate.presence import SourceTiming
from pipeline.model import Labels


@dataclass(frozen=True, slots=True)
class Evidence:
    """Answers for one set of revisions.

    ``labels`` gives what a rule or detector is evidence for, by its id; ``timing`` a source's
    lateness and longest silence, by object and source; ``expected`` the sources of an object;
    ``trial`` whether an object is in trial operation at an instant.
    """

    labels: Callable[[str], Labels]
    timing: Callable[[str, str], SourceTiming]
    expected: Callable[[str], Sequence[str]]
    trial: Callable[[str, int], bool]
