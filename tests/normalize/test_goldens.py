"""Golden pairs: reviewed input, reviewed outcome, at least ten for each format."""

from pathlib import Path

import orjson
import pytest
import yaml

from pipeline.model import Event
from pipeline.normalize import missing_fields
from tests.conftest import Golden
from tests.normalize.reading import ALMATY, batch_of, normalized
from tests.normalize.windows_shapes import SHAPES, windows_events

INPUT = Path(__file__).parents[1] / "golden" / "normalize"
FORMATS = {
    "ecs": "json",
    "json": "json",
    "keyvalue": "keyvalue",
    "programs": "syslog",
    "rfc3164": "syslog",
    "rfc5424": "syslog",
}
FEWEST = 10


def records_of(name: str) -> list[tuple[str, bytes]]:
    if name in SHAPES:
        return [(event["name"], SHAPES[name](event)) for event in windows_events()]
    rows = yaml.safe_load((INPUT / f"{name}.yml").read_text(encoding="utf-8"))
    return [(row["name"], row["record"].encode()) for row in rows]


@pytest.mark.parametrize("name", sorted({*FORMATS, *SHAPES}))
def test_golden_pairs(name: str, golden: Golden) -> None:
    """Each record becomes what was reviewed; an event fills the fields that its format must."""
    rows = records_of(name)
    assert len(rows) >= FEWEST
    assert len({row for row, _ in rows}) == len(rows)
    batch = batch_of(*(record for _, record in rows), format_name=FORMATS.get(name, "auto"))
    outcomes = {}
    for (row, _), item in zip(rows, normalized(batch, ALMATY), strict=True):
        if isinstance(item, Event):
            assert missing_fields(item) == ()
            outcomes[row] = item.document()
            del outcomes[row]["saqshy"]["original_hash"]
        else:
            outcomes[row] = {"failure": {"code": item.code.value, "detail": item.detail}}
    text = orjson.dumps(outcomes, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
    golden.check(f"normalize/{name}.expected.json", text)
