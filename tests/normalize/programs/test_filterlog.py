"""Lines of pfSense's filter beyond the reviewed records."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.normalize.programs.filterlog import read

TCP = (
    "4,,,1000000103,igb1,match,block,in,4,0x0,,64,1,0,DF,6,tcp,60,198.51.100.66,203.0.113.1,"
    "41000,22,0,S,37,,64240,,mss"
)


@pytest.mark.parametrize(
    ("old", "new"),
    [(",block,", ",unheard,"), (",in,", ",sideways,"), (",in,4,", ",in,5,"), (TCP, "4,,,1")],
    ids=["action", "direction", "version", "short"],
)
def test_what_is_no_line_of_the_filter_is_not_read(old: str, new: str) -> None:
    """Words in the wrong places make no line of it."""
    assert read(TCP) is not None
    assert read(TCP.replace(old, new)) is None


@pytest.mark.parametrize("values", range(18, 29))
def test_a_line_that_is_cut_tells_what_it_holds(values: int) -> None:
    """Values that were cut off are absent; none takes another's place."""
    told = read(",".join(TCP.split(",")[:values]))
    assert told is not None
    assert ("source.ip" in told.fields) == (values > 18)
    assert ("destination.port" in told.fields) == (values > 21)


@given(st.lists(st.text(max_size=8), max_size=40))
def test_any_values_come_to_an_end(values: list[str]) -> None:
    """Whatever stands between the commas, something or nothing is told."""
    told = read(",".join(values))
    assert told is None or told.event["provider"] == "filterlog"
