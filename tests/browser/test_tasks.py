"""What each role does in a day, in three languages, with a real browser; pictures are kept."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pipeline.access import Role
from pipeline.notify.texts import LANGUAGES
from pipeline.web.console.words import Words, console_texts
from tests.browser.conftest import SHOTS, Site
from tests.browser.looks import DESK
from tests.web.desks import incident_of

WHY = "the gateway was ours all along"
Task = Callable[[Page, Words], None]


def analyst(page: Page, say: Words) -> None:
    """From the queue to an incident, and take it on."""
    page.goto("/queue")
    page.locator(f'a[href="/incidents/{incident_of("critical")}"]').first.click()
    expect(page.locator("h1")).to_be_visible()
    page.get_by_role("link", name=say.word("step", "acknowledge")).click()
    page.locator("#f-reason").fill(WHY)
    page.get_by_role("button", name=say.word("step", "acknowledge")).click()
    expect(page.get_by_role("status").filter(has_text=say("step.waiting"))).to_be_visible()


def duty_lead(page: Page, say: Words) -> None:
    """Search, narrow by a value, and close something as a false positive."""
    page.goto("/incidents")
    page.locator("[data-search]").fill("object_id: critical")
    page.get_by_role("button", name=say("search.button")).click()
    page.locator(f'a[href="/incidents/{incident_of("critical")}"]').first.click()
    page.get_by_role("link", name=say("step.false_positive")).click()
    expect(page.locator("#f-verdict")).to_have_value("false")
    page.locator("#f-reason").fill(WHY)
    page.get_by_role("button", name=say.word("step", "close")).click()
    expect(page.get_by_role("status").filter(has_text=say("step.waiting"))).to_be_visible()


def owner(page: Page, say: Words) -> None:
    """See what happened to one's own object."""
    page.goto("/")
    expect(page.locator("h1")).to_have_text(say("own.title"))
    page.locator(f'a[href="/incidents/{incident_of("plain")}"]').first.click()
    expect(page.locator("#terms h2")).to_have_text(say("part.terms"))


def watcher(page: Page, say: Words) -> None:
    """See the incidents of one's mandate, and whether terms were kept."""
    page.goto("/incidents")
    expect(page.locator("tbody tr:visible").first).to_be_visible()
    page.get_by_role("link", name=say("way.proof")).click()
    expect(page.locator("h1")).to_have_text(say("proof.title"))


def regulator(page: Page, say: Words) -> None:
    """See statistics, take the same along as CSV, and have the audit trail verified."""
    watcher(page, say)
    page.get_by_role("link", name=say("way.statistics")).click()
    total = page.locator("table", has=page.get_by_text(say("statistics.total"), exact=True)).first
    expect(total.locator("tbody td").first).to_have_text("7")
    with page.expect_download() as download:
        page.get_by_role("link", name=say("statistics.export")).click()
    assert download.value.suggested_filename == "saqshy-statistics.csv"
    lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert '"normal","no","incident","total","","7"' in lines
    prosecutor(page, say)


def prosecutor(page: Page, say: Words) -> None:
    """Verify the audit trail."""
    page.goto("/audit")
    page.get_by_role("link", name=say("audit.verify_now")).click()
    expect(page.get_by_role("status").filter(has_text=say("audit.whole"))).to_be_visible()


def administrator(page: Page, say: Words) -> None:
    """See sources, and an object's record with its history."""
    page.goto("/")
    expect(page.locator("h1")).to_have_text(say("health.title"))
    page.get_by_role("link", name=say("way.objects"), exact=True).click()
    page.locator('a[href="/objects/plain"]').click()
    expect(page.locator("#history h2")).to_have_text(say("object.history"))


@pytest.mark.parametrize("language", ["ru"])
def test_tables_of_figures_stay_in_their_cards(site: Site, language: str) -> None:
    """On a narrow desk no table of the statistics reaches beyond the card around it."""
    with site.enter(Role.ANALYST, language, viewport={"width": 1100, "height": 800}) as context:
        page = context.new_page()
        page.goto("/statistics")
        page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
        page.screenshot(path=SHOTS / f"{language}-statistics-1100.png", full_page=True)
        beyond = page.locator("table").evaluate_all(
            "all => all.filter(one => one.getBoundingClientRect().right >"
            " one.parentElement.getBoundingClientRect().right + 1).map(one => one.innerText)"
        )
        assert beyond == []


TASKS: dict[Role, Task] = {
    Role.ANALYST: analyst,
    Role.DUTY_LEAD: duty_lead,
    Role.OWNER: owner,
    Role.NCC: watcher,
    Role.SECTORAL_CENTRE: watcher,
    Role.REGULATOR: regulator,
    Role.PROSECUTOR: prosecutor,
    Role.ADMINISTRATOR: administrator,
}


@pytest.mark.parametrize(
    ("role", "language"), [(role, LANGUAGES[place % 3]) for place, role in enumerate(Role)]
)
def test_each_role_does_its_work(site: Site, role: Role, language: str) -> None:
    """Each role's main task can be done from its first page, in the language of its browser."""
    done(site, role, language)


@pytest.mark.proof
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", list(Role))
def test_each_role_does_its_work_in_each_language(site: Site, role: Role, language: str) -> None:
    """So it can in each of the three languages."""
    done(site, role, language)


def done(site: Site, role: Role, language: str) -> None:
    """Do a role's task, and keep the picture of the page where it ends."""
    with site.enter(role, language, **DESK) as context:
        page = context.new_page()
        TASKS[role](page, Words(console_texts(), language))
        page.screenshot(path=SHOTS / f"{language}-{role.value}-done.png")
        assert page.locator("html").get_attribute("lang") == language


def test_pages_work_without_scripts(site: Site) -> None:
    """Without scripts everything can be read, asked and handed in."""
    say = Words(console_texts(), "en")
    with site.enter(Role.ANALYST, java_script_enabled=False, **DESK) as context:
        page = context.new_page()
        analyst(page, say)
        page.goto("/queue")
        expect(page.get_by_role("button", name=say("live.pause"))).to_have_count(0)
