"""Yes, no and unknown: how packs and case files write them, and Kleene's arithmetic on them.

Inside the assessment an answer is a number, so that *and* is the smaller of two, *or* the greater:
0 no, 1 unknown, 2 yes.
"""

from typing import Annotated, Any

from pydantic import BeforeValidator

from pipeline.model import Tri

NO, UNKNOWN, YES = 0, 1, 2
TRI = (Tri.NO, Tri.UNKNOWN, Tri.YES)
RANK = {Tri.NO: NO, Tri.UNKNOWN: UNKNOWN, Tri.YES: YES}


def _read(value: Any) -> Any:
    # YAML 1.1 reads a bare yes as true and a bare no as false; an empty value is unknown.
    if value is True:
        return Tri.YES
    if value is False:
        return Tri.NO
    if value is None:
        return Tri.UNKNOWN
    return value


def _read_many(value: Any) -> Any:
    if isinstance(value, list | tuple):  # a bare list names those that hold
        return dict.fromkeys(value, Tri.YES)
    return {} if value is None else value


Answer = Annotated[Tri, BeforeValidator(_read)]
Answers = Annotated[dict[str, Answer], BeforeValidator(_read_many)]
