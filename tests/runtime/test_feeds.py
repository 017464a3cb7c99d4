"""Pulled feeds: pages as files, where the pull stands, what is told."""

import threading
from pathlib import Path

import orjson

from connectors.feeds import MemoryFeed
from pipeline.runtime.feeds import Feeds, Pulled
from tests.normalize.enrichment.made import bundle, enriched, indicator, made, matched


def page(address: str, number: int) -> bytes:
    return bundle(indicator(f"[ipv4-addr:value = '{address}']", number))


def test_a_pull_keeps_pages_and_goes_on(tmp_path: Path) -> None:
    """Each page is a file; a new start goes on where the last one stood."""
    feed = MemoryFeed("cert", [page("198.51.100.1", 1), page("198.51.100.2", 2)])
    pulled = Pulled(feed, tmp_path / "cert", 3600)
    assert (pulled.pull(), pulled.pull()) == (2, 0)
    feed.pages.append(page("198.51.100.3", 3))
    again = Pulled(feed, tmp_path / "cert", 3600)
    assert again.pull() == 1
    names = sorted(one.name for one in (tmp_path / "cert").glob("*.json"))
    assert names == ["00000001.json", "00000002.json", "00000003.json"]
    assert made(indicators=[tmp_path / "cert"]).indicators == 3


def test_a_page_that_comes_twice_counts_once(tmp_path: Path) -> None:
    """A kill between a page and its cursor repeats the page, and changes no answer."""
    feed = MemoryFeed("cert", [page("198.51.100.1", 1)])
    Pulled(feed, tmp_path, 3600).pull()
    (tmp_path / ".cursor").unlink()
    Pulled(feed, tmp_path, 3600).pull()
    assert len(list(tmp_path.glob("*.json"))) == 2
    enrichment = made(indicators=[tmp_path])
    assert enrichment.indicators == 1
    ecs = enriched(enrichment, {"source": {"ip": "198.51.100.1"}})
    assert matched(ecs) == [("source.ip", "198.51.100.1")]


def test_a_feed_that_is_down_is_told_and_tried_again(tmp_path: Path) -> None:
    """Trouble stands until a pull succeeds; what was kept stays."""
    feed = MemoryFeed("cert", [page("198.51.100.1", 1)])
    pulled = Pulled(feed, tmp_path, 60)
    feed.broken = "is down"
    feeds = Feeds([pulled])
    pulled.pull_if_due(0)
    assert feeds.troubles() == ["cert: is down"]
    feed.broken = ""
    pulled.pull_if_due(59)
    assert feeds.troubles() == ["cert: is down"]
    pulled.pull_if_due(60)
    assert feeds.troubles() == []
    assert [orjson.loads(one.read_bytes())["type"] for one in tmp_path.glob("*.json")] == ["bundle"]


def test_a_thread_pulls_until_it_is_told_to_stop(tmp_path: Path) -> None:
    """The thread pulls at once, and lets the feed go when it ends."""
    stop, seen = threading.Event(), threading.Event()

    class Told(MemoryFeed):
        def close(self) -> None:
            seen.set()

    feed = Told("cert", [page("198.51.100.1", 1)])
    ticks = iter(range(10_000))
    feeds = Feeds([Pulled(feed, tmp_path, 1)], clock=lambda: float(next(ticks)))
    thread = threading.Thread(target=feeds.run, args=(stop, 0.001))
    thread.start()
    while not list(tmp_path.glob("*.json")):
        thread.join(0.01)
    stop.set()
    thread.join()
    assert seen.is_set()
