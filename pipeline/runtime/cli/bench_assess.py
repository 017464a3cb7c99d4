"""`saqshy bench assess`: how long one verdict takes, remembered and not."""

import gc
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from pipeline.assess import Case, Pack, assess
from pipeline.model import NANOSECONDS, Finding, Labels, RuleRef, Tri
from pipeline.registry import Names, ObjectRecord, Party, Registry, make_registry
from pipeline.runtime.cli.law_pack import OverlayFolder, PackFolder, read_pack
from pipeline.runtime.cli.options import AsJson, Config
from pipeline.runtime.cli.output import emit, show_table, told_errors

GOAL_MICROSECONDS = 60
AT = 1_772_452_800 * NANOSECONDS
_FINDINGS = (
    Labels(failure=Tri.YES, harms={"modify": Tri.YES}, reality="real", reason="bench"),
    Labels(acts={"unauthorised_access": Tri.YES}, intent="unauthorised", reason="bench"),
)


def bench_assess(
    cases: Annotated[int, typer.Option(min=100, help="Verdicts a round.")] = 5_000,
    rounds: Annotated[int, typer.Option(min=1)] = 9,
    pack: PackFolder = None,
    overlay: OverlayFolder = None,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Time verdicts of one core: of one finding and of two, with what is remembered and without.

    `cold` forgets the judgement before each verdict, so that every limb, axis, floor and reason is
    worked out anew; the pack stays compiled. Example: saqshy bench assess --rounds 9
    """
    with told_errors():
        held = read_pack(pack, overlay, config)
        result: dict[str, object] = {"goal_microseconds": GOAL_MICROSECONDS}
        for count in (1, 2):
            made = _case(held, count)
            for name, forget in (("remembered", False), ("cold", True)):
                spent = [_round(made, cases, forget=forget) for _ in range(rounds)]
                result[f"{count}_findings_{name}"] = _figures(spent)
        result["machine"] = (
            f"{platform.machine()} {platform.python_implementation()} {platform.python_version()}"
        )
        if json:
            emit(result)
        else:
            rows = [(name, str(value)) for name, value in result.items()]
            show_table("bench assess", ("what", "value"), rows)


def _case(pack: Pack, count: int) -> Case:
    """Make a case of so many findings on a critical object with two parties."""
    record = ObjectRecord.model_validate(
        {
            "id": "bench",
            "restriction": "none",
            "classes": ["essential"],
            "critical": {"sector": "electricity", "list_ref": "1", "listed_at": "2020-01-01"},
            "parties": {"infrastructure": {"owner": "owner", "holder": "holder"}},
            "attestation": {"attested_open_by": "Head", "at": "2020-01-01"},
        }
    )
    roles = [row.id for row in pack.at(AT).roles.values()]
    names = Names(kk="a", ru="b", en="c")
    parties = [Party(id=role.replace("_", "-"), names=names, roles=(role,)) for role in roles]
    parties = [one for one in parties if one.id not in {"owner", "holder"}]
    parties += [Party(id=name, names=names) for name in ("owner", "holder")]
    registry: Registry = make_registry([record], parties)
    findings = tuple(_finding(number, _FINDINGS[number]) for number in range(count))
    return Case(findings, record, registry, pack, "normal", "centre", AT)


def _finding(number: int, labels: Labels) -> Finding:
    return Finding(
        id=f"bench-{number}",
        revision=1,
        kind="rule",
        rule=RuleRef(f"rule-{number}", f"Rule {number}", "high", ""),
        object_id="bench",
        first_event_at=AT,
        last_event_at=AT,
        event_ids=(),
        event_count=1,
        group={},
        labels=labels,
        fields={},
    )


def _round(case: Case, cases: int, *, forget: bool) -> float:
    """Give the CPU seconds of one verdict."""
    view = case.pack.at(case.at)
    forgotten: Callable[[], None] = view.forget if forget else _nothing
    gc.collect()
    started = time.process_time()
    for _ in range(cases):
        forgotten()
        assess(case)
    return (time.process_time() - started) / cases


def _nothing() -> None:
    """Keep what is remembered."""


def _figures(spent: Sequence[float]) -> dict[str, float]:
    median = statistics.median(spent)
    return {
        "microseconds_median": round(median * 1e6, 1),
        "microseconds_least": round(min(spent) * 1e6, 1),
        "microseconds_most": round(max(spent) * 1e6, 1),
        "per_second": round(1 / median),
    }
