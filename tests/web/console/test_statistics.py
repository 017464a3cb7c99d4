"""Statistics and on-time proof as people see them: words for codes, the right days, true sums."""

import csv
import io
import re
from dataclasses import replace
from html import unescape

import pytest

from pipeline.access import Role
from pipeline.incidents.statistics.legs import AtOnce, LegTally
from pipeline.model import NANOSECONDS, NoticeState, Receipt, as_document
from pipeline.web.console.lists import Lists
from pipeline.web.console.moments import Moments
from pipeline.web.console.pages.proof import HELD, LATE, MET, MISSED, RUNNING, standing_of
from pipeline.web.console.words import Words, console_texts
from tests.connectors.stores import nouns
from tests.connectors.stores.nouns import at
from tests.web.console.consoles import browser, centre
from tests.web.desks import Centre, incident_of

MONTH = "/statistics?month=2025-10"
LATIN = re.compile(r"[A-Za-z_][A-Za-z_/:-]{2,}")
NAMED = re.compile(r'<(?:span class="[^"]*code[^"]*"|a |time)[^>]*>.*?</', re.DOTALL)
ROW = re.compile(r'<th scope="row"[^>]*><div>(.*?)</div></th>(.*?)</tr>', re.DOTALL)
CELL = re.compile(r"<td[^>]*>(?:<div>(.*?)</div>)?</td>", re.DOTALL)


@pytest.fixture(scope="module")
def made() -> Centre:
    """Give the centre."""
    return centre()


def shown(made: Centre, role: Role, path: str, language: str = "en") -> str:
    """Give a page that answers 200."""
    answer = browser(made, role, language).get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def table(page: str, caption: str) -> dict[str, list[str]]:
    """Give a table's rows: by their heading the cells, without markup."""
    (found,) = (one for one in page.split("<table")[1:] if f">{caption}</caption>" in one)
    plain = [(re.sub("<[^>]+>", " ", name), cells) for name, cells in ROW.findall(found)]
    return {
        " ".join(unescape(name).split()): [unescape(one) for one in CELL.findall(cells)]
        for name, cells in plain
    }


def test_figures_stand_in_their_tables(made: Centre) -> None:
    """A regulator sees how many incidents there were, their acts, times and who is watched."""
    page = shown(made, Role.REGULATOR, MONTH)
    assert table(page, "In all") == {"incidents": ["7"], "false positives": ["1"]}
    assert table(page, "act") == {"unauthorised access": ["7", "1"]}
    assert table(page, "severity") == {"high": ["7", "1"]}
    assert table(page, "How long it took")["to detect (from the first event)"][:3] == [
        "7",
        "0",
        "0",
    ]
    assert table(page, "Who is watched")["In all"][0] == "12"
    assert table(page, "Who is watched")["banking"][0] == "1"
    assert "Seen without details, and counted in no figure: 1" in page


@pytest.mark.parametrize("language", ["kk", "ru"])
@pytest.mark.parametrize(
    "path", [MONTH, "/proof?span=all", "/versions", "/audit?verify=yes", "/objects"]
)
def test_codes_are_told_in_words(made: Centre, path: str, language: str) -> None:
    """No Latin word stands on a page in Kazakh or Russian but names, ids and norms."""
    page = shown(made, Role.REGULATOR, path, language)
    main = page[page.index("<main") : page.index("</main")]
    named = NAMED.sub("</", main)
    text = unescape(re.sub("<[^>]+>", " ", named))
    assert set(LATIN.findall(text)) <= {"Asia/Almaty", "RSIT", "Saqshy", "maintainers", "UTC"}


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("month=2025-10", "2025-10-01", "2025-10-31"),
        ("year=2025", "2025-01-01", "2025-12-31"),
        ("from=2025-10-09&to=2025-10-09", "2025-10-09", "2025-10-09"),
        ("", "2025-10-01", "2025-10-31"),
    ],
)
def test_a_period_is_titled_by_the_centres_days(
    made: Centre, asked: str, first: str, last: str
) -> None:
    """The title names the first and the last day of the period where the centre is."""
    page = shown(made, Role.ANALYST, f"/statistics?{asked}")
    assert f"From {first} to {last}, both included, by the days of Asia/Almaty." in page


@pytest.mark.parametrize(
    "asked",
    [
        "month=0001-01", "month=9999-12", "month=2026-13", "year=0", "year=99999", "year=٢٠٢٥",
        "from=9999-01-01&to=9999-12-31", "from=0001-01-01&to=2026-01-01", "from=x&to=y", "from=1",
        "from=2026-01-02&to=2026-01-01", "month=2026-01&year=2026",
    ],
)  # fmt: skip
def test_what_is_no_period_is_told(made: Centre, asked: str) -> None:
    """Of days that cannot be computed, or are none, page and export say what is wrong."""
    for path in ("/statistics", "/statistics.csv"):
        page = shown(made, Role.ANALYST, f"{path}?{asked}")
        assert 'class="notice bad"' in page
        assert "Error" not in page


def test_the_export_has_what_the_page_has(made: Centre) -> None:
    """Every number of the report is a line of the CSV, whose codes are those that are kept."""
    text = browser(made, Role.REGULATOR).get("/statistics.csv?month=2025-10").text
    rows = {tuple(one[:5]): one[5] for one in csv.reader(io.StringIO(text))}
    assert rows["normal", "no", "incident", "total", ""] == "7"
    assert rows["normal", "no", "", "notices.on_time", "first ncc statute"] == "8"
    assert rows["normal", "no", "incident", "times.count", "detect"] == "7"
    assert rows["", "", "", "coverage.objects", "all"] == "12"
    assert rows["", "", "", "withheld", ""] == "1"


STANDINGS = {
    "in time": (100, 200, 150, "acknowledged", MET),
    "at the last instant": (100, 200, 200, "acknowledged", MET),
    "late": (100, 200, 201, "acknowledged", LATE),
    "due when it was made": (100, 100, 160, "acknowledged", MET),
    "due when it was made, and late": (100, 100, 161, "acknowledged", LATE),
    "made long after it was due": (7_300, 100, 7_310, "acknowledged", LATE),
    "held": (100, 100, None, "held", HELD),
    "missed": (100, 100, None, "pending", MISSED),
    "not due yet": (100, 5_000, None, "pending", RUNNING),
}
_COUNTED = {MET: "on_time", LATE: "late", HELD: "held", MISSED: "missed", RUNNING: "waiting"}


@pytest.mark.parametrize(
    ("made_at", "due", "received", "state", "standing"), STANDINGS.values(), ids=STANDINGS.keys()
)
def test_a_term_is_kept_alike_in_proof_and_statistics(
    made_at: int, due: int, received: int | None, state: str, standing: str
) -> None:
    """Whether a notice kept its term says the page just as the statistics count it."""
    notice = nouns.notice(1, created_at=at(made_at), due_at=at(due), state=NoticeState(state))
    if received is not None:
        notice = replace(notice, receipt=Receipt(notice.id, "ncc", at(received), {}))
    now, document = at(1_000), as_document(notice)
    words = Words(console_texts(), "en")
    limit = Lists(words, Moments(words, now), 60 * NANOSECONDS).limit(document)
    assert standing_of(document, limit, now) == standing
    tally = LegTally(AtOnce(60.0), at(10**6) if received else now)
    tally.add([notice])
    (leg,) = tally.legs()
    assert getattr(leg, _COUNTED[standing]) == leg.owed == 1


def test_the_proof_leaves_nothing_out(made: Centre) -> None:
    """Of the sums a share is of all that was due; a stub tells when its receipt came."""
    page = shown(made, Role.REGULATOR, "/proof?span=all")
    figures = dict(re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", page))
    assert figures == {
        "Number": "20", "On time": "20", "Late": "0", "Missed": "0", "Not met yet": "0",
        "Held for a person": "0", "Share": "100%",
    }  # fmt: skip
    late = centre()
    plain = late.stores.outbox.list(incident_of("plain"))
    late.stores.outbox.put(
        [replace(one, id=f"{one.id}-2", receipt=None, state=NoticeState.PENDING) for one in plain]
    )
    figures = dict(
        re.findall(
            r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", shown(late, Role.REGULATOR, "/proof?span=all")
        )
    )
    assert (figures["On time"], figures["Missed"], figures["Share"]) == ("20", "2", "90.9%")
