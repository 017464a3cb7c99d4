"""Digests: letters that hold several notices, whose duties are met by those notices themselves.

A digest owes nothing and is never late: each notice in it has its own term, trail and receipt, and
leaves by itself where no digest took it in time. Here it must say no more than its notices may.
"""

from collections.abc import Iterator

from pipeline.audit.contents import FACT, HOSTED
from pipeline.audit.deliveries import LEFT
from pipeline.audit.discrepancy import Discrepancy
from pipeline.audit.naming import named
from pipeline.model import Notice

DIGEST = "digest"
KEYS = frozenset({"digest", "incident_id", "object", "at", "centre", "notices", "text"})
_INSIDE = frozenset({"notice", "incident_id", "revision", "leg", "due_at", "payload"})


def digest_faults(notice: Notice) -> Iterator[Discrepancy]:
    """Give what a digest says beyond its notices, and what makes it none."""
    held = notice.payload.get("notices") or ()
    more = sorted(notice.payload.keys() - KEYS)
    for one in held:
        more += sorted(one.keys() - _INSIDE)
        more += sorted(one["payload"].keys() - FACT - HOSTED)
        if one["payload"].get("object") != notice.payload.get("object"):
            more.append(f"another object ({one['notice']})")
    if more:
        yield _wrong(notice, "leak", f"says more than a digest may: {', '.join(more)}")
    if notice.guard.decision != "open" and notice.state in LEFT:
        yield _wrong(notice, "sent_while_held", "left though the guard does not allow it")


def _wrong(notice: Notice, what: str, said: str) -> Discrepancy:
    return Discrepancy(
        kind="wrong",
        subject=notice.id,
        incident_id=notice.incident_id,
        what=what,
        said=f"the {notice.leg} to {named(notice)} {said}",
        since=notice.created_at,
        basis=notice.basis,
    )
