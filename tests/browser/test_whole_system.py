"""Each role's work at a running system, from the login on: real processes, accounts, receipts."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from pipeline.access import Role
from pipeline.notify.texts import LANGUAGES
from pipeline.web.console.words import Words
from tests.browser.conftest import SHOTS
from tests.browser.looks import DESK, faults
from tests.browser.whole_system import OBJECT, Whole, say, whole_system
from tests.integration.running import within

WHY = "seen on the gateway and told to the bank"
Task = Callable[[Whole, Page, Words], None]


@pytest.fixture
def whole(tmp_path: Path, chromium: Browser) -> Iterator[Whole]:
    """Give a running system with one attacked object."""
    with whole_system(tmp_path, chromium) as made:
        yield made


def analyst(whole: Whole, page: Page, words: Words) -> None:
    """Take the incident on, from the queue; see why it is one, and that the step came to pass."""
    page.goto("/queue")
    page.locator(f'a[href="/incidents/{whole.incident}"]').first.click()
    expect(page.locator("main")).to_contain_text("kz-418-V/1")
    page.get_by_role("link", name=words.word("step", "acknowledge")).click()
    page.locator("#f-reason").fill(WHY)
    page.get_by_role("button", name=words.word("step", "acknowledge")).click()
    assert within(lambda: whole.state() == "acknowledged")
    page.goto(f"/incidents/{whole.incident}")
    expect(page.locator("main")).to_contain_text(WHY)
    page.goto("/search?kind=events&span=day&q=source.ip:203.0.113.45")
    expect(page.locator("tbody tr:visible").first).to_be_visible()


def owner(whole: Whole, page: Page, words: Words) -> None:
    """See what happened to one's own object, and report what no machine saw."""
    expect(page.locator("h1")).to_have_text(words("own.title"))
    expect(page.locator(f'a[href="/incidents/{whole.incident}"]').first).to_be_visible()
    page.goto("/report")
    assert (
        page.locator("#f-object option").count() == 2
    )  # nothing, and the only object of one's own
    page.locator("#f-object").select_option(OBJECT)
    page.locator("#f-what").fill("The payment service answers slowly since the night, <b>see</b>")
    page.locator("#f-reason").fill(WHY)
    page.get_by_role("button", name=words("report.send")).click()
    expect(page.locator("h1")).to_have_text(words("report.title"))
    assert within(lambda: whole.reported("<b>see</b>"))


def ncc(whole: Whole, page: Page, words: Words) -> None:
    """See the incident, and whether its terms were kept."""
    page.goto("/incidents")
    expect(page.locator(f'a[href="/incidents/{whole.incident}"]').first).to_be_visible()
    page.get_by_role("link", name=words("way.proof")).click()
    expect(page.locator("h1")).to_have_text(words("proof.title"))


def regulator(whole: Whole, page: Page, words: Words) -> None:
    """See the incident of one's mandate, and its figure in the statistics."""
    ncc(whole, page, words)
    page.get_by_role("link", name=words("way.statistics")).click()
    with page.expect_download() as download:
        page.get_by_role("link", name=words("statistics.export")).click()
    taken = download.value.path().read_text(encoding="utf-8-sig")
    told = [line for line in csv.reader(taken.splitlines()) if "sector health_care" in line]
    assert {line[-1] for line in told} <= {"0"}  # nothing is counted of what is not one's own
    assert any("banking" in line and line[-1].strip("0") for line in csv.reader(taken.splitlines()))


def prosecutor(whole: Whole, page: Page, words: Words) -> None:
    """Verify the audit trail, in which it is itself."""
    page.goto("/audit")
    page.get_by_role("link", name=words("audit.verify_now")).click()
    expect(page.get_by_role("status").filter(has_text=words("audit.whole"))).to_be_visible()
    assert within(lambda: whole.read_by(Role.PROSECUTOR))


def administrator(whole: Whole, page: Page, words: Words) -> None:
    """See sources and an object's record; no event is for administrators."""
    expect(page.locator("h1")).to_have_text(words("health.title"))
    page.goto(f"/objects/{OBJECT}")
    expect(page.locator("#history h2")).to_have_text(words("object.history"))
    answer = page.goto(f"/incidents/{whole.incident}")
    assert answer is not None
    assert answer.status == 404


def duty_lead(whole: Whole, page: Page, words: Words) -> None:
    """Close the incident as a false positive."""
    page.goto(f"/incidents/{whole.incident}")
    page.get_by_role("link", name=words("step.false_positive")).click()
    page.locator("#f-reason").fill(WHY)
    page.get_by_role("button", name=words.word("step", "close")).click()
    assert within(lambda: whole.state() == "closed")


TASKS: dict[Role, Task] = {
    Role.ANALYST: analyst,
    Role.OWNER: owner,
    Role.NCC: ncc,
    Role.SECTORAL_CENTRE: ncc,
    Role.REGULATOR: regulator,
    Role.PROSECUTOR: prosecutor,
    Role.ADMINISTRATOR: administrator,
    Role.DUTY_LEAD: duty_lead,  # the last: what it closes is open for all others
}


def test_each_role_does_its_work_at_a_running_system(whole: Whole) -> None:
    """From the login by two factors to what is kept: each role's main task comes to pass."""
    for place, (role, task) in enumerate(TASKS.items()):
        language = LANGUAGES[place % 3]
        with whole.entered(role, language, **DESK) as page:
            task(whole, page, say(language))
            page.screenshot(path=SHOTS / f"whole-{language}-{role.value}.png")
            assert page.locator("html").get_attribute("lang") == language
            assert not faults(page)
    assert set(TASKS) == set(Role)
