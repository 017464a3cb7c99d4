"""The life cycle of an object: its stage and the acts that lead from one to the next."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from pipeline.registry.enumerations import GuardExemption, Stage
from pipeline.registry.moments import Begin, End
from pipeline.registry.part import Part, Text


class Act(Part):
    """An act about a trial or a test (39(4), 49): its number, date and outcome.

    ``laboratory`` is who tested (49(4)). A bare text in a file is the number.
    """

    number: Text
    at: Begin | None = None
    result: Literal["positive", "negative"] | None = None
    laboratory: str = ""


def _act(value: Any) -> Any:
    return {"number": value} if isinstance(value, str) and value else value or None


NamedAct = Annotated[Act | None, BeforeValidator(_act)]


class Exemption(Part):
    """Why no acts of trial and test are asked of the object (39-1, 49(1))."""

    ground: GuardExemption
    reason: Text


class Lifecycle(Part):
    """The stage of 1(6-1)-(6-7) and the facts that its guards look at (39(4), 40, 41, 41-1).

    ``stopped_at`` is the day on which a terminating object stops, ``archive`` where its resource
    went (41(3)), ``written_off_by`` who decided (41-1).
    """

    stage: Stage
    trial_started_at: Begin | None = None
    trial_act: NamedAct = None
    test_act: NamedAct = None
    commissioned_at: Begin | None = None
    warranty_until: End | None = None
    stopped_at: Begin | None = None
    archive: str = ""
    written_off_by: str = ""
    exemption: Exemption | None = None
