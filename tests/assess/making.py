"""Findings, objects and packs as small as a test needs them."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.assess import Case, Pack, load_pack
from pipeline.model import NANOSECONDS, Finding, Labels, RuleRef, Tri
from pipeline.registry import ObjectRecord, Party, Registry, make_registry
from pipeline.registry.records import Names
from tests.registry.making import AT, RULES, record

HOUR = 3600 * NANOSECONDS
KZ = RULES / "law" / "kz"
EXAMPLES = RULES / "law" / "examples"
HARMS = ("obtain", "copy", "distribute", "modify", "destroy", "block")
ROLES = ("ncc", "sectoral_centre", "duty_officer", "operations_centre")
PEOPLE = ("owner", "holder", "system-owner", "system-holder", "guest-owner", "guest-holder")


@cache
def kz() -> Pack:
    """Load the Kazakh pack once."""
    return load_pack(KZ)


def labels(**given: Any) -> Labels:
    """Make labels; a harm or act may be named as ``harm_copy`` or ``act_leak``."""
    groups: dict[str, dict[str, Tri]] = {"harms": {}, "acts": {}}
    plain: dict[str, Any] = {}
    for name, value in given.items():
        kind, _, member = name.partition("_")
        if kind in {"harm", "act"}:
            groups[f"{kind}s"][member] = Tri(value)
        else:
            plain[name] = Tri(value) if name in {"failure", "functioning_threat"} else value
    return Labels(**{**plain, **groups})


def finding(said: Labels, number: int = 0, **more: Any) -> Finding:
    """Make a finding that says what the labels say."""
    given: dict[str, Any] = {
        "id": f"finding-{number}",
        "revision": 1,
        "kind": "rule",
        "rule": RuleRef(f"rule-{number}", f"Rule {number}", "high", "1"),
        "object_id": "plant",
        "first_event_at": AT,
        "last_event_at": AT,
        "event_ids": (),
        "event_count": 1,
        "group": {},
        "labels": said,
        "fields": {},
    }
    return Finding(**{**given, **more})


INCIDENT = labels(failure="yes", harm_obtain="yes")
UNDECIDED = labels(failure="yes")
ATTEMPT = labels(failure="no", reality="potential")


def people() -> list[Party]:
    """Give a party for each role and each name that the records use."""
    made = [Party(id=role, names=Names(kk=role, ru=role), roles=(role,)) for role in ROLES]
    return made + [Party(id=name, names=Names(kk=name, ru=name)) for name in PEOPLE]


def world(*records: ObjectRecord) -> Registry:
    """Make a registry of records with everyone in it."""
    return make_registry(records, people())


def plant(**more: Any) -> ObjectRecord:
    """Make an open object with parties in two facets."""
    facets = {
        "system": {"owner": "system-owner", "holder": "system-holder"},
        "infrastructure": {"owner": "owner", "holder": "holder"},
    }
    return record(**{"parties": facets, **more})


def case(
    said: Labels | Sequence[Finding],
    held: ObjectRecord | None = None,
    others: Sequence[ObjectRecord] = (),
    **more: Any,
) -> Case:
    """Make a case of one object; labels stand for one finding that says them."""
    held = held or plant()
    given: dict[str, Any] = {
        "findings": [finding(said)] if isinstance(said, Labels) else said,
        "object": held,
        "registry": world(held, *others),
        "pack": kz(),
        "regime": "normal",
        "reporter": "centre",
        "at": AT,
    }
    return Case(**{**given, **more})


def edited(folder: Path, edits: Mapping[str, Sequence[tuple[str, str]]]) -> Path:
    """Copy the Kazakh pack into a folder with texts of its files replaced."""
    target = folder / "law" / "pack"
    target.mkdir(parents=True, exist_ok=True)
    (folder / "taxonomies").mkdir(exist_ok=True)
    for name in ("rsit.yml", "observation/kz.yml"):
        file = folder / "taxonomies" / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes((RULES / "taxonomies" / name).read_bytes())
    for file in sorted(KZ.glob("*.yml")):
        text = file.read_text(encoding="utf-8")
        for old, new in edits.get(file.name, ()):
            if old not in text:
                raise ValueError(f"{file.name} has no {old!r}")
            text = text.replace(old, new, 1)
        (target / file.name).write_text(text, encoding="utf-8")
    return target
