"""Correlations over a file that is read to its end."""

from dataclasses import replace

import pytest

from pipeline.content import Correlation
from pipeline.runtime.cli.match import correlated
from tests.correlate.made import content_with, correlation, rule
from tests.correlate.test_correlator import BASE, S, hit, seen

AT_ONCE = correlation("c1", "event_count", ["r1"], ["user"], 60 * S, "gte", 2)
WAITING = correlation("c1", "event_count", ["r1"], ["user"], 60 * S, "lte", 2)
ACROSS = replace(AT_ONCE, scope="centre")


@pytest.mark.parametrize("made", [AT_ONCE, WAITING, ACROSS], ids=["at once", "waiting", "centre"])
def test_the_end_of_a_file_settles_every_rule(made: Correlation) -> None:
    """At the end nothing is waited for: rules that wait for the watermark are decided as well."""
    content = content_with([rule("r1")], [made])
    batches = [seen(1, [hit(500, 3)]), seen(2, [hit(0, 1), hit(5, 2)])]
    found = {one.first_event_at: one for one in correlated(content, batches)}
    first = found[BASE]
    assert (first.event_ids, first.event_count) == (("e00001", "e00002"), 2)
    assert len(found) == (2 if made is WAITING else 1)
