"""The health page's figures: silence, drops, what waits at the brokers."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest

from connectors.stores.memory import open_memory
from connectors.stores.memory_search import MemorySearch
from pipeline.access import load_policy
from pipeline.access.access import Access
from pipeline.correlate.presence import SourceRow
from pipeline.correlate.silence import LEARNED_SILENCE, SILENT_SOURCE
from pipeline.correlate.volume import VOLUME_DROP
from pipeline.errors import StoreError
from pipeline.model import Finding, Json, RuleRef, to_json
from pipeline.model.rows import Rows
from pipeline.registry import load_registry
from pipeline.runtime.configuration import bundled
from pipeline.runtime.leaving_once import LeaveOnce
from pipeline.runtime.web_ground import Ground
from pipeline.runtime.web_health import Health
from tests.connectors.stores.nouns import at, finding

OBJECT, NOW = "kz-bank", at(100)
REGISTRY = load_registry([bundled("objects")])
SOURCE = next(one for one in REGISTRY.objects(NOW) if one.id == OBJECT).sources[0].id


def told(rule: RuleRef, number: int, *, ended: bool, since: int = at(5)) -> Finding:
    """Make what a detector says of the source."""
    return finding(
        number, rule=rule, kind="detector", object_id=OBJECT, group={"source": SOURCE},
        first_event_at=since, last_event_at=at(9), fields={"ended": ended},
    )  # fmt: skip


def told_of(
    folder: Path,
    findings: list[Finding],
    row: SourceRow | None = None,
    behind: Mapping[str, int] | StoreError | None = None,
) -> tuple[Json, Json]:
    """Give what is told of the source, and of the parts."""
    stores = open_memory()
    stores.incidents.put_findings(findings)
    if row is not None:
        stores.state.save(OBJECT, {Rows.key("source", SOURCE): to_json(row)})

    def asked() -> Mapping[str, int]:
        if isinstance(behind, StoreError):
            raise behind
        return behind or {}

    ground = Ground(
        name="elasticsearch",
        stores=stores,
        search=MemorySearch(stores),
        leave=lambda _command: None,
        once=LeaveOnce(folder),
        unready=str,
        behind=asked,
    )
    access = Access(load_policy(bundled("access") / "policy.yml"), REGISTRY)
    said = Health(ground, lambda: access, partial(int, NOW))()
    (source,) = (
        one for one in said["sources"] if (one["object_id"], one["source_id"]) == (OBJECT, SOURCE)
    )
    return source, said["state"]


CASES = {
    "nothing": ([], None, (0, 0)),
    "silent": ([told(SILENT_SOURCE, 1, ended=False)], None, (at(5), 0)),
    "silent as learned": ([told(LEARNED_SILENCE, 1, ended=False)], None, (at(5), 0)),
    "heard again": ([told(SILENT_SOURCE, 1, ended=True)], None, (0, 0)),
    "sends less": ([told(VOLUME_DROP, 1, ended=False)], None, (0, at(5))),
    "sends as ever": ([told(VOLUME_DROP, 1, ended=True)], None, (0, 0)),
    "by its own row": ([], SourceRow(heard_at=at(3), silent_since=at(3), silent_finding="f"),
                       (at(3), 0)),
    "its row after it": ([], SourceRow(heard_at=at(8), silent_since=at(3)), (0, 0)),
}  # fmt: skip


@pytest.mark.parametrize(("findings", "row", "since"), CASES.values(), ids=CASES.keys())
def test_silence_and_drops_are_told_while_they_stand(
    tmp_path: Path, findings: list[Finding], row: SourceRow | None, since: tuple[int, int]
) -> None:
    """They come from the source's row, or from what the detectors found, and end with it."""
    source, _ = told_of(tmp_path, findings, row)
    assert (source["silent_since"], source["dropped_since"]) == since


def test_what_waits_at_the_brokers_is_told(tmp_path: Path) -> None:
    """Each kind of process has its number; brokers that cannot be asked are told, not the page."""
    _, state = told_of(tmp_path, [], behind={"worker": 7, "indexer": 0})
    assert (state["behind_worker"], state["behind_indexer"]) == ("7", "0")
    _, state = told_of(tmp_path, [], behind=StoreError("no broker answers"))
    assert state["brokers"] == "no broker answers"
