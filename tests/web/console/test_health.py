"""The page of sources and parts tells what is amiss, in each language."""

import pytest
from starlette.testclient import TestClient

from pipeline.access import Role
from pipeline.model import Json
from pipeline.notify.texts import LANGUAGES
from pipeline.web.console import Beside
from pipeline.web.console.words import console_texts
from tests.web.console.consoles import centre, console
from tests.web.desks import NOW, Centre, viewer

MINUTE = 60 * 10**9
BEHIND = ("behind_worker", "behind_notifier", "behind_indexer", "behind_collector", "brokers")


@pytest.fixture(scope="module")
def made() -> Centre:
    """Give a centre."""
    return centre()


def source(name: str, **over: int) -> Json:
    """Tell of a source."""
    return {"source_id": name, "object_id": "plain", "kind": "json", "last_seen": NOW, **over}


@pytest.mark.parametrize("language", LANGUAGES)
def test_silence_drops_and_what_waits_are_told(made: Centre, language: str) -> None:
    """What is amiss comes first, and each field of what waits has a word of the language."""
    known: Json = {
        "sources": [
            source("well"),
            source("less", dropped_since=NOW - 90 * MINUTE),
            source("mute", silent_since=NOW - 30 * MINUTE),
        ],
        "state": dict.fromkeys(BEHIND, "7"),
    }
    client = TestClient(console(made, viewer(Role.DUTY_LEAD), Beside(health=lambda: known)))
    text = client.get(f"/health?lang={language}").text
    assert text.index("less") < text.index("well")
    assert text.index("mute") < text.index("well")
    words = console_texts().messages[language]
    for key in ("health.dropped", "health.silent"):
        said = words["console", key].partition("{span}")[0].strip()
        assert said in text
    for field in BEHIND:
        assert words["health_field", field].replace("'", "&#39;") in text
