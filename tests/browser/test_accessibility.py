"""Pages for everybody: axe-core finds nothing serious, light and dark; a phone scrolls one way."""

from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage

from pipeline.access import Role
from pipeline.notify.texts import LANGUAGES
from tests.browser.conftest import SHOTS, Site
from tests.browser.looks import DARK, DESK, MAIN, OTHERS, PHONE, faults, named

LOOKS = {"light": DESK, "dark": DARK, "phone": PHONE}


def looked_at(site: Site, role: Role, path: str, look: str, language: str) -> list[str]:
    """Open a page, keep its picture, and give what is wrong with it."""
    options: dict[str, Any] = LOOKS[look]
    with site.enter(role, language, **options) as context:
        page = context.new_page()
        said: list[str] = []

        def heard(one: ConsoleMessage) -> None:
            if one.type == "error":
                said.append(one.text)

        page.on("console", heard)
        page.on("pageerror", lambda error: said.append(error.message))
        page.goto(path, wait_until="load")
        page.screenshot(path=SHOTS / f"{language}-{role.value}-{named(path)}-{look}.png")
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        ours = [one for one in said if "404" not in one]  # a page that is not there is asked for
        return [*faults(page), *(["scrolls sideways"] if wide else []), *ours]


@pytest.mark.parametrize("look", list(LOOKS))
@pytest.mark.parametrize(("role", "path"), MAIN, ids=str)
def test_main_pages_are_for_everybody(site: Site, role: Role, path: str, look: str) -> None:
    """The pages of every day have no serious fault, no error of a script, and no wide phone."""
    language = LANGUAGES[len(path + look) % 3]
    assert looked_at(site, role, path, look, language) == []


@pytest.mark.proof
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("look", list(LOOKS))
def test_every_page_is_for_everybody(site: Site, look: str, language: str) -> None:
    """So has every other page, in each language, light, dark and on a phone."""
    found = {
        f"{role.value} {path}": faulty
        for role, path in (*MAIN, *OTHERS)
        if (faulty := looked_at(site, role, path, look, language))
    }
    assert found == {}
