"""New stages meet the latest records before they come into force."""

from dataclasses import replace
from pathlib import Path

from pipeline.model import RawBatch
from pipeline.normalize import Normalized
from pipeline.ports import Journal
from pipeline.runtime.warming import MOST, RECORDS, warm
from tests.runtime.centre import AT, Centre, centre, entry, failures


def test_the_latest_records_of_each_source_are_observed_and_nothing_is_kept(
    tmp_path: Path,
) -> None:
    """Every source's latest records go through new stages, within a bound, uncounted."""
    with centre(tmp_path) as here:
        assert warm(here.system.engine.chain(here.system.collector.revisions), _journal(here)) == 0
        here.take(failures(40))
        here.tick()
        here.journal([entry(41)])
        chain = here.system.engine.chain(here.system.collector.revisions)
        before = here.system.stores.events.count()
        items = here.system.metrics.get_sample_value("saqshy_stage_items_total", {"stage": "match"})
        met: list[int] = []

        def meeting(batch: RawBatch) -> Normalized:
            met.append(len(batch.records))
            return chain.normalizer(batch)

        assert warm(replace(chain, normalizer=meeting), _journal(here)) == 13
        assert met == [1, 12]
        assert here.system.stores.events.count() == before
        assert items == here.system.metrics.get_sample_value(
            "saqshy_stage_items_total", {"stage": "match"}
        )
        many = failures(42, count=20) * (RECORDS // 20)
        for _ in range(2):
            here.journal(many)
        assert warm(chain, _journal(here)) == min(RECORDS, MOST)
        assert here.clock.now() == AT


def test_a_record_that_breaks_a_stage_stops_no_reload(tmp_path: Path) -> None:
    """What breaks a stage is left to the engine; the other batches are observed."""
    with centre(tmp_path) as here:
        here.take(failures(40))
        here.journal([entry(41)])
        chain = here.system.engine.chain(here.system.collector.revisions)
        met: list[int] = []

        def breaking(batch: RawBatch) -> Normalized:
            if len(batch.records) == 1:
                raise ZeroDivisionError
            met.append(len(batch.records))
            return chain.normalizer(batch)

        warm(replace(chain, normalizer=breaking), _journal(here))
        assert met == [12]


def _journal(here: Centre) -> Journal:
    return here.system.stores.journal
