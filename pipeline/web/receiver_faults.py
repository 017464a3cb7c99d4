"""Ways in which the receiver can be told to fail, so that senders are tested against each.

What a fault does to the answer is told here; whether anything is kept before it follows from the
fault: what is ``DOWN`` or ``HALF_OPEN`` keeps nothing, everything else keeps first.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from joserfc.jwk import OKPKey
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pipeline.model import Json
from pipeline.web.receiver_answers import endless, problem, receipted

_PAUSE = 0.05  # seconds
Signed = Callable[[Json, OKPKey | None, str], str]
"""Signs a receipt's claims, by another key where one is given, under a key id ("": its own)."""


class Fault(StrEnum):
    """Ways in which the receiver can be told to fail."""

    DOWN = "down"  # 503 at once; nothing is kept
    HALF_OPEN = "half_open"  # nothing is kept and nothing is answered; the connection stays
    SLOW = "slow"  # kept, and answered too late
    ERROR = "error"  # kept, and the receipt is lost behind a 500
    NONSENSE = "nonsense"  # kept, and answered with something that is no receipt
    DUPLICATE = "duplicate"  # taken twice: the first answer is already marked as duplicate
    OTHER = "other"  # a valid receipt, but for another notice
    FORGED = "forged"  # a receipt under our key's id that our key did not sign
    UNKNOWN_KEY = "unknown_key"  # a receipt signed by a key that nobody was given
    REORDER = "reorder"  # of two letters the second is answered first
    HUGE = "huge"  # an answer that does not end


@dataclass(frozen=True, slots=True)
class Taken:
    """What was kept, as its answer says: the claims of its receipt, and the receipt itself."""

    claims: Json
    receipt: str
    duplicate: bool


@dataclass(slots=True)
class Failing:
    """Answers as one fault would have it; ``slow_seconds`` bounds what waits."""

    slow_seconds: float
    forging: OKPKey = field(default_factory=lambda: OKPKey.generate_key("Ed25519"))
    _first: asyncio.Event | None = None

    async def before(self, fault: Fault | None, request: Request) -> Response | None:
        """Fail before anything is kept; None where that is not what was asked for."""
        if fault is Fault.DOWN:
            return problem(503, "told to be down")
        if fault is Fault.HALF_OPEN:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            return problem(503, "told to answer nobody")
        return None

    async def after(self, fault: Fault | None, taken: Taken, signed: Signed) -> Response:
        """Answer what was kept, as the fault would have it."""
        receipt = taken.receipt
        match fault:
            case Fault.SLOW:
                await asyncio.sleep(self.slow_seconds)
            case Fault.REORDER:
                await self._behind_the_next()
            case Fault.ERROR:
                return problem(500, "told to fail")
            case Fault.NONSENSE:
                return Response(b"\xff\x00<html>hello</html>", media_type="application/json")
            case Fault.HUGE:
                return StreamingResponse(endless(), media_type="application/json")
            case Fault.OTHER:
                other = {**taken.claims, "notice_id": "0" * 32, "sha256": "0" * 64}
                receipt = signed(other, None, "")
            case Fault.FORGED:
                receipt = signed(taken.claims, self.forging, "ours")
            case Fault.UNKNOWN_KEY:
                receipt = signed(taken.claims, self.forging, "")
        return receipted(receipt, duplicate=taken.duplicate)

    async def _behind_the_next(self) -> None:
        """Wait until another letter was answered, or as long as a slow answer takes."""
        before, self._first = self._first, None
        if before is not None:
            asyncio.get_running_loop().call_later(_PAUSE, before.set)
            return
        mine = self._first = asyncio.Event()
        try:
            await asyncio.wait_for(mine.wait(), self.slow_seconds)
        except TimeoutError:
            self._first = None if self._first is mine else self._first
