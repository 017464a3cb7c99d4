"""Settings and files to an enrichment: its revision, its order, what a store keeps of it."""

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from pipeline.errors import ConfigurationError
from pipeline.model import Json
from pipeline.normalize.enrichment import Enrichment, enrichment_from_bundle
from tests.normalize.enrichment.made import bundle, enriched, event, indicator, made, mmdb

CITY: Json = {"country": {"iso_code": "KZ"}}
SWITCHES = ("user_agent", "domains")
ECS: Json = {
    "url": {"original": "https://www.evil.example.org/x"},
    "user_agent": {"original": "curl/8.4.0"},
    "source": {"ip": "2.72.0.1"},
    "destination": {"ip": "198.51.100.7"},
}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, list[Path]]:
    """Give a file of each kind."""
    (tmp_path / "feed").mkdir()
    found = indicator("[domain-name:value = 'evil.example.org']")
    (tmp_path / "feed" / "a.json").write_bytes(bundle(found))
    return {
        "geo": [mmdb(tmp_path / "city.mmdb", {"2.72.0.0/16": CITY})],
        "indicators": [tmp_path / "feed"],
    }


def whole(files: dict[str, list[Path]]) -> Enrichment:
    return made(**files, user_agent=True, domains=True)


def test_one_enrichment_sees_what_the_one_before_found(files: dict[str, list[Path]]) -> None:
    """The order is fixed: a name that was taken out of a URL meets its indicator."""
    told = enriched(whole(files), orjson.loads(orjson.dumps(ECS)))
    assert told["url"]["domain"] == "www.evil.example.org"
    assert told["user_agent"]["name"] == "curl"
    assert told["source"]["geo"] == {"country_iso_code": "KZ"}
    (met,) = told["threat"]["enrichments"]
    assert met["matched"]["field"] == "url.domain"


@pytest.mark.parametrize("switch", SWITCHES)
def test_each_is_switched_off_by_itself(files: dict[str, list[Path]], switch: str) -> None:
    """What is switched off adds nothing, and the revision says so."""
    on, off = whole(files), made(**files, **{name: name != switch for name in SWITCHES})
    parts = {"user_agent": "name", "domains": "path"}
    told = enriched(off, orjson.loads(orjson.dumps(ECS)))
    place = {"user_agent": "user_agent", "domains": "url"}[switch]
    assert parts[switch] not in told[place]
    assert on.revision != off.revision


def test_with_nothing_named_nothing_is_added() -> None:
    """Without switches and files there is no revision, and an event stays as it is."""
    nothing = made()
    assert (nothing.revision, nothing.steps, nothing.registry) == ("", (), False)
    assert enriched(nothing, {"user_agent": {"original": "curl/8"}}) == {
        "user_agent": {"original": "curl/8"}
    }


def test_a_store_gives_the_same_enrichment_back(files: dict[str, list[Path]]) -> None:
    """From its bundle and its files by hash the same is made, under the same revision."""
    first = whole(files)
    kept = {digest: file.data for digest, file in first.files.items()}
    again = enrichment_from_bundle(first.bundle, kept.__getitem__)
    assert again.revision == first.revision
    one, two = (enriched(each, orjson.loads(orjson.dumps(ECS))) for each in (first, again))
    assert orjson.dumps(one) == orjson.dumps(two)
    with pytest.raises(ConfigurationError, match="enrichment bundle"):
        enrichment_from_bundle(b"[]", kept.__getitem__)


def test_the_revision_follows_the_files_content(
    files: dict[str, list[Path]], tmp_path: Path
) -> None:
    """Another content is another revision; another date, and another folder of it, is not."""
    first = whole(files).revision
    feed = files["indicators"][0] / "a.json"
    os.utime(feed, (0, 0))
    assert whole(files).revision == first
    (tmp_path / "elsewhere").mkdir()
    files["indicators"][0].rename(tmp_path / "elsewhere" / "feed")
    moved = {**files, "indicators": [tmp_path / "elsewhere" / "feed"]}
    assert whole(moved).revision == first
    feed = tmp_path / "elsewhere" / "feed" / "a.json"
    feed.write_bytes(bundle(indicator("[domain-name:value = 'other.example.org']")))
    assert whole(moved).revision != first


def test_every_broken_file_is_named_at_once(tmp_path: Path) -> None:
    """All that is wrong with the data files is told together."""
    (tmp_path / "a.json").write_bytes(b"{")
    (tmp_path / "b.csv").write_bytes(b"nothing")
    (tmp_path / "c.mmdb").write_bytes(b"nothing")
    with pytest.raises(ConfigurationError) as raised:
        made(indicators=[tmp_path / "a.json", tmp_path / "b.csv"], geo=[tmp_path / "c.mmdb"])
    named = [Path(problem.file).name for problem in raised.value.problems]
    assert sorted(named) == ["a.json", "b.csv", "c.mmdb"]


PROGRAM = """
import sys, orjson
from pathlib import Path
from tests.normalize.enrichment.made import enriched, made
feed = made(indicators=[Path(sys.argv[1])], domains=True)
ecs = {"dns": {"resolved_ip": [f"198.51.100.{n}" for n in range(40)]}}
print(feed.revision, orjson.dumps(enriched(feed, ecs)).decode())
"""


def test_another_process_adds_the_same(tmp_path: Path) -> None:
    """Hash seeds differ between processes, and neither revision nor answers follow from them."""
    many = [indicator(f"[ipv4-addr:value = '198.51.100.{n % 50}']", n) for n in range(200)]
    (tmp_path / "a.json").write_bytes(bundle(*many))
    told = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(tmp_path)],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1
    assert b"indicator_match" in told.pop()


def test_an_enrichment_changes_nothing_it_was_not_asked_about() -> None:
    """Of an event without such fields nothing changes at all."""
    one = event({"event": {"kind": "event"}, "process": {"name": "x"}})
    before = orjson.dumps(one.document())
    made(user_agent=True, domains=True)([one])
    assert orjson.dumps(one.document()) == before
