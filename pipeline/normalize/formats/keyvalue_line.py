"""Lines of ``name=value`` pairs without a syslog header, as firewalls and gateways write them."""

from pipeline.model import FailureCode, Json, TimeConfidence
from pipeline.normalize.completing import complete, shape_of
from pipeline.normalize.datasets import name_dataset, recognised
from pipeline.normalize.formats.syslog_header import LINE_ENDS
from pipeline.normalize.keyvalue import first_word, pairs
from pipeline.normalize.moments import Moment, moment
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.text import decode
from pipeline.normalize.tree import put

NAME = "keyvalue"
FEWEST_PAIRS = 2

_NO_PAIRS = Refusal(
    FailureCode.SYNTAX,
    "holds fewer than two name=value pairs: set the source's format to what it sends, or to auto",
)


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one line."""
    found = decode(record)
    if isinstance(found, Refusal):
        return found
    return read(*found, context, FEWEST_PAIRS) or _NO_PAIRS


def read(text: str, notes: tuple[str, ...], context: Context, fewest: int) -> Parsed | None:
    """Read a text; None where it holds fewer pairs than ``fewest``."""
    text = text.rstrip(LINE_ENDS)
    vendor = pairs(text)
    if len(vendor) < fewest:
        return None
    ecs: Json = {"event": {"kind": "event", "dataset": "generic.keyvalue"}}
    word = first_word(text)
    if word:
        put(ecs, "event.action", word)
    at, confidence = _time(vendor, context) or (None, TimeConfidence.RECEIVED)
    answer = Parsed(NAME, "generic", at, confidence, ecs, vendor, notes)
    entry = recognised(vendor)
    if entry is not None:
        name_dataset(answer, entry)
    complete(ecs, vendor)
    put(ecs, "message", text)
    return answer


def _time(vendor: Json, context: Context) -> Moment | None:
    """Choose the first name of a time that holds one; ``date`` and ``time`` may stand apart."""
    times = shape_of(vendor).times
    if len(times) > 1:
        named = {name.lower(): vendor[name] for name in times}
        if "date" in named and "time" in named:
            found = moment(f"{named['date']} {named['time']}", context.zone)
            if found is not None:
                return found
    for name in times:
        found = moment(vendor[name], context.zone)
        if found is not None:
            return found
    return None
