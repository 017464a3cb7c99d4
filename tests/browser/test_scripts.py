"""The one script: lists that live, countdowns that count, keys that can be turned off."""

from dataclasses import replace

from playwright.sync_api import expect

from pipeline.access import Role
from pipeline.model import NoticeState
from tests.browser.conftest import Site
from tests.browser.looks import DESK
from tests.connectors.stores import nouns
from tests.connectors.stores.nouns import at
from tests.web.desks import NOW, incident_of


def test_a_list_lives(site: Site) -> None:
    """What comes into the store stands in the queue a moment later, without loading the page."""
    with site.enter(Role.ANALYST, **DESK) as context:
        page = context.new_page()
        page.goto("/queue")
        expect(page.get_by_role("button", name="Pause updates")).to_be_visible()
        known = site.centre.stores.incidents.history(incident_of("plain"))[-1]
        fresh = replace(known, id="e" * 32, object_id="egov", opened_at=at(999))
        site.centre.stores.incidents.put_incidents([fresh])
        expect(page.locator(f'a[href="/incidents/{"e" * 32}"]')).to_be_visible(timeout=20_000)


def test_a_countdown_counts(site: Site) -> None:
    """What is left of a term goes on without the server, and turns to overdue by itself."""
    notice = nouns.notice(
        900, id="notice-soon", incident_id=incident_of("critical"), object_id="critical",
        state=NoticeState.PENDING, created_at=NOW - 10**9, due_at=NOW + 4 * 10**9, receipt=None,
    )  # fmt: skip
    site.centre.stores.outbox.put([notice])
    with site.enter(Role.ANALYST, **DESK) as context:
        page = context.new_page()
        page.goto("/queue")
        timer = page.locator("[role=timer]").first
        expect(timer).to_contain_text("overdue", timeout=20_000)
        expect(timer).to_have_class("timer late")


def test_keys_do_what_they_say(site: Site) -> None:
    """Single keys go through rows, to the search, to pages; the list of keys turns them off."""
    with site.enter(Role.ANALYST, **DESK) as context:
        page = context.new_page()
        page.goto("/incidents")
        page.keyboard.press("j")
        expect(page.locator("tbody tr:visible").first.locator("a").first).to_be_focused()
        page.keyboard.press("/")
        expect(page.locator("[data-search]")).to_be_focused()
        page.keyboard.type("j?g")
        expect(page.locator("[data-search]")).to_have_value("j?g")
        page.locator("h1").click()
        page.keyboard.press("g")
        page.keyboard.press("n")
        expect(page).to_have_url(f"{site.address}/notices")
        page.goto("/help?keys=off")
        page.keyboard.press("g")
        page.keyboard.press("q")
        page.keyboard.press("?")
        expect(page).to_have_url(f"{site.address}/help?keys=off")


def test_the_keyboard_reaches_the_page(site: Site) -> None:
    """The first key leads past the way about; what has the focus can be seen."""
    with site.enter(Role.ANALYST, **DESK) as context:
        page = context.new_page()
        page.goto("/incidents")
        page.keyboard.press("Tab")
        skip = page.locator(".skip")
        expect(skip).to_be_focused()
        expect(skip).to_be_in_viewport()
        page.keyboard.press("Enter")
        expect(page.locator("#main")).to_be_focused()


def test_the_theme_is_kept(site: Site) -> None:
    """Whoever chose dark has it on the next page, whatever the system says."""
    with site.enter(Role.ANALYST, **DESK) as context:
        page = context.new_page()
        page.goto("/help?theme=dark")
        page.goto("/notices")
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == "rgb(16, 21, 27)"
