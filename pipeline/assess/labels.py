"""What a rule's finding is evidence for: its own tags first, then the pack's table.

Tags (``rules/law/README.md`` has the grammar) speak for what they name; the table of the pack
speaks for the rest, by ATT&CK technique and log source, then by tactic. Where two techniques of
one rule disagree nothing is known; what nobody says is unknown. The level of a rule decides
nothing (SPEC 2).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from pipeline.assess.pack import Pack
from pipeline.assess.rows import LabelRow, LabelSet
from pipeline.assess.view import InForce
from pipeline.model import Labels, Tri
from pipeline.registry.moments import LATEST

_NAMESPACE = "saqshy."
_LONGEST_REASON = 400
_ATTRIBUTES = ("intent", "origin", "reality")


@dataclass(slots=True)
class TagLabels:
    """What the tags of one rule say, and what is wrong with them."""

    labels: LabelSet
    techniques: tuple[str, ...]
    tactics: tuple[str, ...]
    named: tuple[str, ...]
    faults: tuple[str, ...]


def read_tags(view: InForce, tags: Iterable[str]) -> TagLabels:
    """Read a rule's tags; a ``saqshy.*`` tag that says nothing known is a fault."""
    found = _Tags(view)
    for tag in tags:
        found.add(tag.strip().casefold())
    labels = LabelSet.model_validate(found.labels)
    return TagLabels(
        labels,
        tuple(sorted(set(found.techniques))),
        tuple(sorted(set(found.tactics))),
        tuple(found.named),
        tuple(found.faults),
    )


@dataclass(slots=True)
class _Tags:
    view: InForce
    labels: dict[str, object] = field(default_factory=dict)
    techniques: list[str] = field(default_factory=list)
    tactics: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def add(self, tag: str) -> None:
        if tag.startswith("attack."):
            name = tag.removeprefix("attack.")
            if name[:1] == "t" and name[1:5].isdigit():
                self.techniques.append(name.upper())
            elif not (name[:1] in "gsm" and name[1:].isdigit()):
                self.tactics.append(name)
        elif tag.startswith(_NAMESPACE):
            subject, _, value = tag.removeprefix(_NAMESPACE).partition(".")
            if self._say(subject.replace("-", "_"), value):
                self.named.append(tag)
            else:
                self.faults.append(tag)

    def _say(self, subject: str, value: str) -> bool:
        if subject in {"failure", "functioning_threat"}:
            return self._set(subject, value, value in set(Tri))
        if subject in {"harm", "act"}:
            return self._member(f"{subject}s", value)
        if subject in _ATTRIBUTES:
            row = self.view.attributes.get(subject)
            return self._set(subject, value, row is not None and value in row.values)
        return subject == "rsit" and self._set("rsit", value, bool(value))

    def _set(self, subject: str, value: str, known: bool) -> bool:
        if known:
            self.labels[subject] = value
        return known

    def _member(self, group: str, value: str) -> bool:
        name, _, answer = value.partition(".")
        name, answer = name.replace("-", "_"), answer or "yes"
        known = (
            {f"acts.{act.id}" for act in self.view.acts}
            if group == "acts"
            else {key for limb in self.view.limbs for key in limb.evidence}
        )
        if f"{group}.{name}" not in known or answer not in set(Tri):
            return False
        held = self.labels.setdefault(group, {})
        assert isinstance(held, dict)
        held[name] = answer
        return True


def labels_for(
    pack: Pack,
    tags: Sequence[str],
    product: str | None = None,
    category: str | None = None,
    service: str | None = None,
    at: int | None = None,
) -> Labels:
    """Give the labels of a rule's findings, with the reason where each comes from.

    ``at`` chooses the rows in force (nanoseconds); without it those that stand without an end.
    """
    view = pack.at(LATEST - 1 if at is None else at)
    read = read_tags(view, tags)
    rows = _rows(view.labels, read, (product or "", category or "", service or ""))
    sets = [row.labels for _, row in rows]
    said, own = _merged(sets), read.labels
    reasons = [f"tag {name}" for name in read.named]
    reasons += [f"{why}: {row.reason or row.basis}" for why, row in rows]
    return Labels(
        failure=own.failure or said.failure or Tri.UNKNOWN,
        functioning_threat=own.functioning_threat or said.functioning_threat or Tri.UNKNOWN,
        harms={**said.harms, **own.harms},
        acts={**said.acts, **own.acts},
        intent=own.intent if own.intent != "unknown" else said.intent,
        origin=own.origin if own.origin != "unknown" else said.origin,
        reality=own.reality if own.reality != "unknown" else said.reality,
        attack=read.techniques,
        rsit=own.rsit or said.rsit,
        reason="; ".join(reasons)[:_LONGEST_REASON] or "nothing says: no tag and no row",
        fixed_class=next((row.fixed_class for _, row in rows if row.fixed_class), ""),
    )


def _rows(
    table: Sequence[LabelRow], read: TagLabels, place: tuple[str, str, str]
) -> list[tuple[str, LabelRow]]:
    """Give the row that speaks for each technique; else for each tactic; else for the source."""
    ways: tuple[tuple[tuple[str, ...], Callable[[LabelRow], tuple[str, ...]]], ...] = (
        (read.techniques, lambda row: row.techniques),
        (read.tactics, lambda row: row.tactics),
    )
    for names, of in ways:
        found: dict[int, tuple[str, LabelRow]] = {}
        for name in names:
            row = _best(table, name, of, place)
            if row is not None:
                found.setdefault(id(row), (name, row))
        if found:
            return list(found.values())
    general = [row for row in table if not row.techniques and not row.tactics]
    row = _best(general, "", lambda _: ("",), place)
    return [("log source", row)] if row else []


def _best(
    table: Sequence[LabelRow],
    name: str,
    of: Callable[[LabelRow], tuple[str, ...]],
    place: tuple[str, str, str],
) -> LabelRow | None:
    best, rank = None, -1
    for row in table:
        exact = max((_covers(own, name) for own in of(row)), default=0)
        source = _source(row, place)
        if exact and source is not None and exact * 10 + source > rank:
            best, rank = row, exact * 10 + source
    return best


def _covers(own: str, name: str) -> int:
    """Tell how closely a row's name covers a rule's: 2 the same, 1 its parent, 0 not."""
    if own == name:
        return 2
    return 1 if name.startswith(f"{own}.") else 0


def _source(row: LabelRow, place: tuple[str, str, str]) -> int | None:
    """Count the parts of the log source that a row asks for and that fit; None where one is off."""
    asked = [
        (values, given)
        for values, given in zip((row.products, row.categories, row.services), place, strict=True)
        if values
    ]
    if any(given not in values for values, given in asked):
        return None
    return len(asked)


def _merged(sets: Sequence[LabelSet]) -> LabelSet:
    if len(sets) == 1:
        return sets[0]
    return LabelSet.model_validate(
        {
            "failure": _agreed([one.failure for one in sets]),
            "functioning_threat": _agreed([one.functioning_threat for one in sets]),
            "harms": _members([one.harms for one in sets]),
            "acts": _members([one.acts for one in sets]),
            **{name: _same([getattr(one, name) for one in sets]) for name in _ATTRIBUTES},
            "rsit": next((one.rsit for one in sets if one.rsit), ""),
        }
    )


def _agreed(said: Sequence[Tri | None]) -> Tri | None:
    """Yes where somebody says so and nobody denies it; no where all do; else nobody knows."""
    if Tri.YES in said and Tri.NO not in said:
        return Tri.YES
    return Tri.NO if said and all(one is Tri.NO for one in said) else None


def _members(said: Sequence[dict[str, Tri]]) -> dict[str, Tri]:
    names = sorted({name for one in said for name in one})
    agreed = {name: _agreed([one.get(name) for one in said]) for name in names}
    return {name: answer for name, answer in agreed.items() if answer is not None}


def _same(said: Sequence[str]) -> str:
    known = {one for one in said if one != "unknown"}
    return known.pop() if len(known) == 1 else "unknown"
