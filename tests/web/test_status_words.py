"""The status page in three languages."""

import re

import pytest

from connectors.stores.memory import open_memory
from pipeline.web.status import status_app
from pipeline.web.status_page import Facts
from pipeline.web.status_words import Words, page_texts, spoken
from tests.notify.made import BASE, incident, notice
from tests.web.test_status import Browser


class Nothing:
    """Metrics of a runtime that has done nothing."""

    media_type = "text/plain"

    def text(self) -> bytes:
        """Give nothing."""
        return b""

    def samples(self) -> list[tuple[str, tuple[str, ...], float]]:
        """Give nothing."""
        return []


@pytest.fixture
def client() -> Browser:
    """Make a browser on a page with one incident of which somebody could not be told."""
    stores = open_memory()
    stores.incidents.put_incidents([incident()])
    tried = notice(1, incident_id=incident().id, attempts=5, last_error="no line")
    stores.outbox.put([tried])
    facts = Facts("OCIB-1", BASE)
    return Browser(status_app(stores, Nothing(), lambda: facts, lambda: BASE))


@pytest.mark.parametrize(
    ("path", "accepted", "language"),
    [
        ("/", "", "en"),
        ("/", "kk-KZ,kk;q=0.9,ru;q=0.8", "kk"),
        ("/", "de, ru;q=0.5", "ru"),
        ("/", "de", "en"),
        ("/kk", "ru", "kk"),
        ("/ru", "", "ru"),
        ("/en", "kk", "en"),
    ],
)
def test_the_language_is_the_paths_else_the_browsers(
    client: Browser, path: str, accepted: str, language: str
) -> None:
    """A path names the language; without one the first that the browser accepts and we have."""
    page = client.request("GET", path, headers={"accept-language": accepted}).text
    assert f'<html lang="{language}">' in page
    assert spoken(path.strip("/"), accepted) == language


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("kk", ("Оқыс оқиғалар", "жаңа", "санкциял", "5 әрекет: no line")),
        ("ru", ("Инциденты", "новый", "несанкционированный", "5 попыток: no line")),
        ("en", ("Incidents", "new", "unauthorised_access", "5 attempts: no line")),
    ],
)
def test_states_acts_and_numbers_are_in_words(
    client: Browser, language: str, said: tuple[str, ...]
) -> None:
    """Headings, states, acts and counts are in the page's language."""
    page = client.get(f"/{language}").text.lower()
    assert [one for one in said if one.lower() not in page] == []


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_no_heading_stays_english(client: Browser, language: str) -> None:
    """Every heading, column and figure of the page is written in the language's script."""
    page = client.get(f"/{language}").text
    names = re.findall(r"<(?:h2|th|dt)[^>]*>([^<]+)<", page)
    assert len(names) > 20
    assert [one for one in names if not re.search("[\u0400-\u04ff]", one)] == []


def test_numbers_are_the_languages() -> None:
    """Thousands and fractions are set apart as each language does."""
    assert Words(page_texts(), "en").number(1234.5, 1) == "1,234.5"
    assert Words(page_texts(), "ru").number(1234.5, 1) == "1\xa0234,5"
    assert Words(page_texts(), "kk").number(1234.5, 1) == "1\xa0234,5"
