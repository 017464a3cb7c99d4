"""Spans in which what the registry says of an object does not change."""

from pipeline.model import instant
from pipeline.registry import ObjectRecord
from pipeline.registry.moments import EARLIEST, LATEST
from pipeline.registry.registry import make_registry
from pipeline.runtime.spans import Spans


def test_a_span_ends_where_a_record_does_or_a_date_in_it_comes() -> None:
    """Revisions, listing, delisting and the notice of mining part an object's time."""
    days = ["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"]
    critical = {"sector": "gas", "list_ref": "1", "listed_at": days[1], "delisted_at": days[3]}
    mining = {"declared": True, "notified_at": days[2]}
    record = ObjectRecord.model_validate(
        {"id": "o", "valid_from": days[0], "critical": critical, "mining": mining}
    )
    spans = Spans(make_registry([record]))
    moments = [instant(f"{day}T00:00:00Z") for day in days]
    for place, (begin, end) in enumerate(
        zip([EARLIEST, *moments], [*moments, LATEST], strict=True)
    ):
        assert spans("o", end - 1) == (begin, end, place)


def test_an_unknown_object_has_all_of_time() -> None:
    """Nothing changes of what is not known."""
    assert spans_of_nothing("o", 0) == (EARLIEST, LATEST, 0)


spans_of_nothing = Spans(make_registry([]))
