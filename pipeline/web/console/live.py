"""Live pages: a stream that says when what a viewer sees has changed, and nothing of what.

It is asked as the viewer: a change that the viewer may not see changes nothing, and cannot be heard
in the stream either.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from anyio import sleep
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from pipeline.web.console.scene import Absent, Scene
from pipeline.web.desk import Asked, Listed

LOOK_EVERY, LOOK_FOR = 0.3, 120.0  # seconds: how often it looks, and when a browser asks anew
"""A stream ends soon, so that a session that was revoked hears nothing for long."""
ALIVE_EVERY = 15.0
Questions = Callable[[Scene], Sequence[Asked]]


def watched(scene: Scene, name: str, questions: Sequence[Asked]) -> tuple[str, Sequence[Listed]]:
    """Ask a page's questions; give the address of the stream of their changes, and the answers."""
    found = [scene.desk.live(scene.viewer, one) for one in questions]
    answers = [one for one in found if one is not None]
    seen = ".".join(digest for digest, _ in answers)
    known = {name_: held for name_, held in scene.query.items() if name_ in ("severity", "whose")}
    if "id" in scene.request.path_params:
        known["id"] = scene.path("id")
    address = f"/live?{urlencode({'of': name, **known, 'seen': seen})}"
    return address, [listed for _, listed in answers]


@dataclass(frozen=True, slots=True)
class Live:
    """Looks whether the answers to some questions are still those of the digests ``seen``."""

    scene: Scene
    questions: Sequence[Asked]

    @classmethod
    def of(cls, scene: Scene, pages: Mapping[str, Questions]) -> "Live":
        """Read which page is watched; Absent where there is no such."""
        asked = pages.get(scene.query.get("of", ""))
        if asked is None:
            raise Absent
        return cls(scene, asked(scene))

    async def stream(self, request: Request) -> AsyncIterator[str]:
        """Give server-sent events (WHATWG HTML, 9.2): ``change``, and comments that say we live."""
        seen = self.scene.query.get("seen", "")
        mark, quiet = None, 0.0
        yield "retry: 1000\n\n"
        for _ in range(int(LOOK_FOR / LOOK_EVERY)):
            if await request.is_disconnected():
                return
            now = await run_in_threadpool(self.scene.desk.mark)
            if now != mark:
                mark = now
                digests = await run_in_threadpool(self._digests)
                if digests != seen:
                    seen, quiet = digests, 0.0
                    yield "event: change\ndata: \n\n"
            await sleep(LOOK_EVERY)
            quiet += LOOK_EVERY
            if quiet >= ALIVE_EVERY:
                quiet = 0.0
                yield ": alive\n\n"

    def _digests(self) -> str:
        desk, viewer = self.scene.desk, self.scene.viewer
        found = [desk.live(viewer, one) for one in self.questions]
        return ".".join(one[0] for one in found if one is not None)
