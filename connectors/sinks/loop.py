"""An event loop in a thread of its own, so that a whole delivery is bounded in time.

A timeout of reads alone is none: whoever drips a byte a second would hold a delivery for ever.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import CancelledError
from typing import Any, TypeVar

from pipeline.errors import DeliveryDelayed

_Answer = TypeVar("_Answer")
_TURNS = 8  # of the loop, in which transports that were just closed let go of their sockets


class Loop:
    """Runs coroutines for threads; ``name`` is the thread's, ``close`` ends what is under way."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self.thread.start()

    def run(self, work: Coroutine[Any, Any, _Answer], seconds: float, place: str) -> _Answer:
        """Run to the end; TimeoutError when it takes longer, DeliveryDelayed when it is closed."""
        if self._loop.is_closed():
            work.close()
            raise DeliveryDelayed(f"{place}: this channel is closed")
        running = asyncio.run_coroutine_threadsafe(_bounded(work, seconds), self._loop)
        try:
            return running.result()
        except CancelledError as error:
            raise DeliveryDelayed(f"{place}: this channel was closed meanwhile") from error

    def close(self, last: Callable[[], Awaitable[object]]) -> None:
        """End what is under way, then ``last``, then the loop; safe to call twice."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(_let_go(last), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self.thread.join()
        self._loop.close()


async def _bounded(work: Coroutine[Any, Any, _Answer], seconds: float) -> _Answer:
    return await asyncio.wait_for(work, seconds)


async def _let_go(last: Callable[[], Awaitable[object]]) -> None:
    """End deliveries under way, so that nobody waits for a loop that stands still."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await last()
    for _ in range(_TURNS):
        await asyncio.sleep(0)
