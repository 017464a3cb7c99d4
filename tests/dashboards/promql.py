"""Which series and labels an expression names, read with regular expressions: enough for ours."""

import re
from collections.abc import Iterator

from pipeline.runtime.catalogue import CATALOGUE, sample_names

SAMPLES = {name: series for series in CATALOGUE.values() for name in sample_names(series)}
ALWAYS = {"le", "instance", "job"}  # of buckets, and what Prometheus adds to each target
_NAME = re.compile(r"\b(saqshy_[a-z_]+)\b")
_SELECTOR = re.compile(r"\{([^{}]*)\}")
_MATCHER = re.compile(r"([a-z_]+)\s*(?:=~|!~|!=|=)")
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^()]*)\)")


def faults(expr: str, *legends: str) -> Iterator[str]:
    """Say which series or labels of an expression the catalogue does not have."""
    known = set(ALWAYS)
    for name in _NAME.findall(expr):
        if name in SAMPLES:
            known |= {*SAMPLES[name].labels}
        else:
            yield f"no series {name}: {expr}"
    used = [label for inner in _SELECTOR.findall(expr) for label in _MATCHER.findall(inner)]
    used += [one.strip() for inner in _GROUPING.findall(expr) for one in inner.split(",")]
    used += [one for legend in legends for one in re.findall(r"\{\{\s*([a-z_]+)\s*\}\}", legend)]
    yield from (f"no label {label}: {expr}" for label in used if label and label not in known)
