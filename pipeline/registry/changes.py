"""Who recorded something, when and why."""

from pipeline.registry.moments import EARLIEST, Begin
from pipeline.registry.part import Part, Text


class Change(Part):
    """The word behind a revision.

    ``recorded_at`` is when it became known here, as ``valid_from`` is since when it holds. A record
    that does not say is known since ever.
    """

    recorded_at: Begin = EARLIEST
    author: Text = ""
    reason: Text = ""
