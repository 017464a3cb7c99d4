"""What a rule's finding is evidence for: its own tags, the pack's table, how its events ended.

Tags (``rules/law/README.md`` has the grammar) speak for what they name; the table of the pack
speaks for the rest, by ATT&CK technique and log source, then by tactic. Where two techniques of
one rule disagree nothing is known; what nobody says is unknown. The outcome of the finding's
events then takes back what the table said. The level of a rule decides nothing (SPEC 2).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from pipeline.assess.pack import Pack
from pipeline.assess.rows import LabelRow, LabelSet
from pipeline.assess.view import InForce
from pipeline.model import Labels, Tri
from pipeline.registry.moments import LATEST

BETWEEN = " | "  # the parts of a label's reason; no reason of a row holds it
NOTHING_SAYS = "nothing says: no tag and no row"
TAG = "tag"
LOG_SOURCE = "log source"
OUTCOME = "outcome"
_NAMESPACE = "saqshy."
_LONGEST_REASON = 600
_ATTRIBUTES = ("intent", "origin", "reality")
_EMPTY = LabelSet()

Place: TypeAlias = tuple[str, str, str]  # product, category, service; "" where a rule names none
Speaking: TypeAlias = tuple[str, LabelRow]  # for which technique, tactic or source; and the row


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
        if f"{group}.{name}" not in self.view.label_keys or answer not in set(Tri):
            return False
        held = self.labels.setdefault(group, {})
        assert isinstance(held, dict)
        held[name] = answer
        return True


@dataclass(frozen=True, slots=True)
class LabelTable:
    """The rows of a pack's table that are in force at one time."""

    view: InForce

    def speaking(self, read: TagLabels, place: Place, outcome: str = "") -> list[Speaking]:
        """Give the row that speaks for each technique; else for each tactic; else for the source.

        Without ``outcome`` the rows that ask for none, else those that ask for this one.
        """
        table = [row for row in self.view.labels if _asks(row, outcome)]
        ways: tuple[tuple[tuple[str, ...], Callable[[LabelRow], tuple[str, ...]]], ...] = (
            (read.techniques, lambda row: row.techniques),
            (read.tactics, lambda row: row.tactics),
        )
        for names, of in ways:
            found: dict[int, Speaking] = {}
            for name in names:
                row = _best(table, name, of, place)
                if row is not None:
                    found.setdefault(id(row), (name, row))
            if found:
                return list(found.values())
        general = [row for row in table if not row.techniques and not row.tactics]
        row = _best(general, "", lambda _: ("",), place)
        return [(LOG_SOURCE, row)] if row else []

    def __call__(self, tags: Sequence[str], place: Place, outcome: str = "") -> Labels:
        """Give the labels of a rule's findings whose events ended in ``outcome`` ("" unknown)."""
        read = read_tags(self.view, tags)
        rows = self.speaking(read, place)
        ended = self.speaking(read, place, outcome) if outcome else []
        said, own = _merged([row.labels for _, row in rows]), read.labels
        if ended:
            said = _taken_back(said, _merged([row.labels for _, row in ended]))
        reasons = [f"{TAG} {', '.join(read.named)}"] if read.named else []
        telling = [one for one in rows if one[1].labels != _EMPTY] or rows
        reasons += [f"{why}: {row.reason or row.basis}" for why, row in telling]
        reasons += [f"{OUTCOME} {outcome}: {row.reason or row.basis}" for _, row in ended]
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
            reason=_within(reasons) or NOTHING_SAYS,
            fixed_class=next((row.fixed_class for _, row in rows if row.fixed_class), ""),
        )


def labels_for(
    pack: Pack,
    tags: Sequence[str],
    product: str | None = None,
    category: str | None = None,
    service: str | None = None,
    at: int | None = None,
    outcome: str = "",
) -> Labels:
    """Give the labels of a rule's findings, with the reason where each comes from.

    ``at`` chooses the rows in force (nanoseconds); without it those that stand without an end.
    ``outcome`` is how the finding's events ended: success, failure, or "" where nobody knows.
    """
    table = LabelTable(pack.at(LATEST - 1 if at is None else at))
    return table(tags, (product or "", category or "", service or ""), outcome)


def _within(reasons: Sequence[str]) -> str:
    """Join reasons while they fit, each whole: whoever explains them reads them apart again."""
    text = ""
    for reason in reasons:
        longer = f"{text}{BETWEEN}{reason}" if text else reason
        if len(longer) > _LONGEST_REASON:
            break
        text = longer
    return text


def _best(
    table: Sequence[LabelRow],
    name: str,
    of: Callable[[LabelRow], tuple[str, ...]],
    place: Place,
) -> LabelRow | None:
    best, rank = None, -1
    for row in table:
        exact = max((_covers(own, name) for own in of(row)), default=0)
        source = _source(row, place)
        if exact and source is not None and exact * 10 + source > rank:
            best, rank = row, exact * 10 + source
    return best


def _asks(row: LabelRow, outcome: str) -> bool:
    return outcome in row.outcomes if outcome else not row.outcomes


def _covers(own: str, name: str) -> int:
    """Tell how closely a row's name covers a rule's: 2 the same, 1 its parent, 0 not."""
    if own == name:
        return 2
    return 1 if name.startswith(f"{own}.") else 0


def _source(row: LabelRow, place: Place) -> int | None:
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
    """Join what several rows say; one without labels leaves the word to the others."""
    speaking = [one for one in sets if one != _EMPTY]
    if len(speaking) < 2:
        return speaking[0] if speaking else _EMPTY
    return LabelSet.model_validate(
        {
            "failure": _agreed([one.failure for one in speaking]),
            "functioning_threat": _agreed([one.functioning_threat for one in speaking]),
            "harms": _members([one.harms for one in speaking]),
            "acts": _members([one.acts for one in speaking]),
            **{name: _same([getattr(one, name) for one in speaking]) for name in _ATTRIBUTES},
            "rsit": next((one.rsit for one in speaking if one.rsit), ""),
        }
    )


def _agreed(said: Sequence[Tri | None], *, heeding_doubt: bool = True) -> Tri | None:
    """Yes where somebody says so and nobody denies or doubts it; no where all deny; else None.

    Who says nothing (None) does not doubt a yes; ``unknown``, said outright, does.
    """
    against = {Tri.NO, Tri.UNKNOWN} if heeding_doubt else {Tri.NO}
    if Tri.YES in said and not against.intersection(said):
        return Tri.YES
    if said and all(one is Tri.NO for one in said):
        return Tri.NO
    return Tri.UNKNOWN if Tri.UNKNOWN in said else None


def _members(said: Sequence[dict[str, Tri]]) -> dict[str, Tri]:
    # An act that one technique may be does not doubt that another is it.
    names = sorted({name for one in said for name in one})
    agreed = {name: _agreed([one.get(name) for one in said], heeding_doubt=False) for name in names}
    return {name: answer for name, answer in agreed.items() if answer is not None}


def _same(said: Sequence[str]) -> str:
    known = {one for one in said if one != "unknown"}
    return known.pop() if len(known) == 1 else "unknown"


def _taken_back(said: LabelSet, ended: LabelSet) -> LabelSet:
    """Let an outcome replace what the table said; of harms and acts only those that it named."""

    def named(held: Mapping[str, Tri], new: Mapping[str, Tri]) -> dict[str, Tri]:
        return {name: new.get(name, answer) for name, answer in held.items()}

    given = {name: getattr(ended, name) for name in _ATTRIBUTES}
    return said.model_copy(
        update={
            "failure": ended.failure or said.failure,
            "functioning_threat": ended.functioning_threat or said.functioning_threat,
            "harms": named(said.harms, ended.harms),
            "acts": named(said.acts, ended.acts),
            **{name: value for name, value in given.items() if value != "unknown"},
        }
    )
