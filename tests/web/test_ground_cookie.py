"""The ground that somebody said in one session is nobody else's, and no other session's."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from pipeline.access import Role, Viewer
from pipeline.web.ground_cookie import COOKIE
from tests.web.console.consoles import CSRF, centre, console
from tests.web.desks import GROUND, Centre, viewer

REGULATOR = replace(viewer(Role.REGULATOR), basis="")


def said(made: Centre, who: Viewer, ground: str = GROUND) -> str:
    """Say a ground as somebody; give the cookie that the browser keeps."""
    client = TestClient(console(made, who), follow_redirects=False)
    client.post("/ground", data={"csrf": CSRF, "ground": ground, "next": "/incidents"})
    return client.cookies.get(COOKIE) or ""


def asked(made: Centre, who: Viewer, cookie: str) -> bool:
    """Tell whether somebody with a cookie is asked for a ground."""
    client = TestClient(console(made, who), follow_redirects=False, cookies={COOKIE: cookie})
    return 'id="f-ground"' in client.get("/incidents").text


OTHERS = {
    "another account in the same browser": replace(REGULATOR, subject="regbank"),
    "another session of the same account": replace(REGULATOR, session="a later one"),
    "another role of the same account": replace(viewer(Role.PROSECUTOR), basis=""),
    "all of it": replace(viewer(Role.PROSECUTOR), subject="p", session="s", basis=""),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS.keys())
def test_a_ground_is_its_speakers_alone(other: Viewer) -> None:
    """Who said a ground reads on it; anybody else with that cookie is asked, and reads nothing."""
    made = centre()
    cookie = said(made, REGULATOR)
    assert not asked(made, REGULATOR, cookie)
    before = len(made.left)
    assert asked(made, other, cookie)
    assert len(made.left) == before


@pytest.mark.parametrize("cookie", ["", ".", GROUND, "0" * 64 + "." + GROUND, "%FF.x"])
def test_a_cookie_without_its_speaker_is_no_ground(cookie: str) -> None:
    """What names nobody, or is of before cookies named somebody, counts for nothing."""
    assert asked(centre(), REGULATOR, cookie)


@pytest.mark.parametrize("ground", ["short", "with \x1b escapes in it", ""])
def test_what_is_no_ground_is_not_kept(ground: str) -> None:
    """A ground has ten characters and shows what it holds."""
    assert said(centre(), REGULATOR, ground) == ""
