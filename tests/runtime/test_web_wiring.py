"""Console and API over a real store, beside its writer, behind the login."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from pipeline.access import Role
from pipeline.errors import ConfigurationError
from pipeline.model import Command, from_json
from pipeline.ports.searching import Kind
from pipeline.runtime.configuration import default_settings
from pipeline.runtime.leaving import spool_of
from pipeline.runtime.login_wiring import make_key
from pipeline.runtime.reading import in_cluster
from pipeline.runtime.web_wiring import Front, checked, opened_front
from pipeline.settings import ElasticsearchSettings, LoginSettings, ServingSettings, Settings
from pipeline.web.desk import Asked
from tests.audit.runs import YES, run
from tests.web.desks import viewer

LEAD = viewer(Role.DUTY_LEAD)


def settings_in(folder: Path) -> Settings:
    login = LoginSettings(
        accounts=folder / "accounts.db", key=folder / "login.key", origin="http://127.0.0.1:1"
    )
    given = {"login": login, "serving": ServingSettings(port=0)}
    return default_settings().model_copy(update=given)


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Front, Path]]:
    """Give what is served over a store with one incident, and the store's path."""
    folder = tmp_path_factory.mktemp("web")
    with run(folder) as one:
        one.find("kz-bank", "entry", YES)
    make_key(folder / "login.key")
    store = folder / "saqshy.db"
    with opened_front(settings_in(folder), store, time.time_ns) as made:
        yield made, store


def left(store: Path) -> list[Command]:
    found = sorted(spool_of(store).glob("*.json"))
    return [from_json(Command, one.read_bytes()) for one in found]


def test_the_desk_reads_what_the_system_wrote(front: tuple[Front, Path]) -> None:
    """Rows, why, statistics, compliance, versions and verification come from the store."""
    desk = front[0].desk
    rows = {kind: desk.page(LEAD, Asked(kind)).rows for kind in Kind}
    assert len(rows[Kind.INCIDENTS]) == len(rows[Kind.FINDINGS]) == 1
    incident = str(rows[Kind.INCIDENTS][0]["id"])
    assert len(desk.notices_of(LEAD, incident)) == len(rows[Kind.NOTICES])
    why, versions, trail = desk.why(LEAD, incident), desk.versions(LEAD), desk.verify(LEAD)
    assert why is not None
    assert why["incident"]["id"] == incident
    assert versions is not None
    assert all(versions["in_force"].values())
    assert trail is not None
    assert trail["breaks"] == []
    assert trail["entries"] == len(list(desk.export(LEAD, Asked(Kind.AUDIT))))
    report = desk.statistics(LEAD, {"month": "2026-03"})
    assert report is not None
    assert report["period"] == "2026-03"
    assert len(desk.compliance(LEAD)) > len(desk.objects(LEAD))


def test_a_mandate_bounds_statistics(front: tuple[Front, Path]) -> None:
    """Who has a mandate over some objects is told of those alone."""
    desk, year = front[0].desk, {"year": "2026"}
    whole = desk.statistics(LEAD, year)
    of_gas = viewer(Role.REGULATOR, sectors=frozenset({"gas"}))
    assert whole is not None
    assert desk.statistics(of_gas, year) != whole
    assert {one.get("sector") for one in desk.compliance(of_gas) if "sector" in one} <= {"gas"}


def test_reads_and_acts_wait_in_the_spool_folder(front: tuple[Front, Path]) -> None:
    """A read leaves its record and an act its command, once a key; the store is not written."""
    made, store = front
    (row,) = made.desk.page(LEAD, Asked(Kind.INCIDENTS)).rows
    before = len(left(store))
    detail = {"incident": row["id"]}
    answers = [
        made.desk.act(LEAD, "incident_acknowledge", detail, "we have it on the desk", "k")
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    acts = [one for one in left(store) if one.name == "incident_acknowledge"]
    assert [one.detail["object_id"] for one in acts] == ["kz-bank"]
    assert len(left(store)) == before + 1
    reads = [one for one in left(store) if one.name == "read"]
    assert {one.actor for one in reads} >= {LEAD.actor}


def test_without_a_login_nobody_is_served(front: tuple[Front, Path]) -> None:
    """Over a real socket the API answers 401, the console sends to the login."""
    with front[0].beside() as address:
        assert httpx.get(f"{address}/api/v1/incidents").status_code == 401
        forged = httpx.get(f"{address}/api/v1/me", headers={"authorization": "Bearer a_b_c"})
        assert forged.status_code == 401
        away = httpx.get(f"{address}/")
        assert (away.status_code, away.headers["location"].startswith("/login")) == (303, True)


def test_what_breaks_in_front_is_answered_in_full(tmp_path: Path) -> None:
    """Where accounts cannot be read pages and problems say so, under every header."""
    with run(tmp_path) as one:
        one.find("kz-bank", "entry", YES)
    make_key(tmp_path / "login.key")
    with (
        opened_front(settings_in(tmp_path), tmp_path / "saqshy.db", time.time_ns) as made,
        made.beside() as address,
    ):
        with closing(sqlite3.connect(tmp_path / "accounts.db")) as accounts, accounts:
            accounts.execute("DROP TABLE sessions")
        shown = {"cookie": "saqshy=anything"}
        page = httpx.get(f"{address}/queue?lang=kk", headers=shown)
        problem = httpx.get(f"{address}/api/v1/me", headers=shown)
    assert page.status_code == problem.status_code in (500, 503)
    assert '<html lang="kk"' in page.text
    assert problem.headers["content-type"] == "application/problem+json"
    for answer in (page, problem):
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"


UNSAFE = {
    "clear text for others": ServingSettings(address="0.0.0.0"),
    "half a certificate": ServingSettings(certificate=Path("a.pem")),
}


@pytest.mark.parametrize("serving", UNSAFE.values(), ids=UNSAFE.keys())
def test_nothing_is_served_in_clear_text_to_others(serving: ServingSettings) -> None:
    """Beyond loopback TLS is needed, and a certificate goes with its key."""
    with pytest.raises(ConfigurationError):
        checked(serving)


def test_without_settings_of_a_login_nothing_is_served(tmp_path: Path) -> None:
    """There is no login for development: without logins set up the command ends."""
    with run(tmp_path) as one:
        one.find("kz-bank", "entry", YES)
    opened = opened_front(default_settings(), tmp_path / "saqshy.db", time.time_ns)
    with pytest.raises(ConfigurationError, match="login"), opened:
        raise AssertionError("it was served")


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    """In a cluster: no brokers named, clear text for others, no table and no logins, in one go."""
    serving = ServingSettings(address="0.0.0.0", policy=tmp_path / "none.yml")
    wrong = {"serving": serving, "elasticsearch": ElasticsearchSettings()}
    opened = opened_front(default_settings().model_copy(update=wrong), None, time.time_ns)
    with pytest.raises(ConfigurationError) as caught, opened:
        raise AssertionError("it was served")
    told = str(caught.value)
    for words in ("without TLS", "section cluster is absent", "none.yml", "login"):
        assert words in told
    assert len(caught.value.problems) == 4


def test_a_named_file_goes_before_the_cluster(tmp_path: Path) -> None:
    """Who names a store's file is served that file, whatever the settings say of Elasticsearch."""
    elastic = settings_in(tmp_path).model_copy(update={"elasticsearch": ElasticsearchSettings()})
    assert in_cluster(elastic, None)
    assert not in_cluster(elastic, tmp_path / "saqshy.db")
    assert not in_cluster(settings_in(tmp_path), None)
