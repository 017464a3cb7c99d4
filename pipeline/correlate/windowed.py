"""Correlation rules over an object's state: which groups changed, which findings follow."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.content import Content, Correlation
from pipeline.correlate.evidence import Evidence
from pipeline.correlate.presence import ObjectRow
from pipeline.correlate.windows import (
    CONFIRMED_BY_MORE,
    Chain,
    Entry,
    Stretch,
    Window,
    WindowRow,
    add_entry,
    mark_windows,
    members,
    prune,
    stretches,
    touches,
)
from pipeline.model import Finding, Match, RuleRef, finding_id, identity
from pipeline.model.rows import Rows

MOST_GROUPS = 100_000

Group = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Windowed:
    """The correlation rules of one content.

    ``alone`` are the rules that give findings themselves. ``shapes`` names by rule what its rows
    count, so that rows of a rule that was edited are not read by its new form.
    """

    content: Content
    evidence: Evidence
    used_by: dict[str, tuple[Correlation, ...]] = field(init=False)
    refutable: tuple[str, ...] = field(init=False)
    alone: frozenset[str] = field(init=False)
    shapes: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        used: dict[str, list[Correlation]] = {}
        for _, correlation in sorted(self.content.correlations.items()):
            for rule_id in correlation.rules:
                used.setdefault(rule_id, []).append(correlation)
        object.__setattr__(self, "used_by", {key: tuple(value) for key, value in used.items()})
        late = sorted(
            correlation.id
            for correlation in self.content.correlations.values()
            if correlation.condition.op not in CONFIRMED_BY_MORE
        )
        object.__setattr__(self, "refutable", tuple(late))
        alone = frozenset(filter(self.content.speaks_alone, self.content.rules))
        object.__setattr__(self, "alone", alone)
        shapes = {item.id: _shape(item) for item in self.content.correlations.values()}
        object.__setattr__(self, "shapes", shapes)

    def apply(
        self, state: Rows, whole: ObjectRow, matches: Iterable[Match]
    ) -> tuple[list[Finding], set[tuple[str, Group]]]:
        """Take a batch's matches; give the findings that are certain now and the rows touched.

        An event older than the watermark is beyond its source's lateness: it is counted too late.
        An event without a group-by field belongs to no group.
        """
        touched: set[tuple[str, Group]] = set()
        for match in matches:
            for correlation in self.used_by.get(match.rule_id, ()):
                group = _group(correlation, match)
                value = _value(correlation, match)
                if group is None or value is None:
                    continue
                if match.time < whole.watermark:
                    whole.too_late += 1
                    continue
                key = self._key(correlation.id, group)
                row = state.get(WindowRow, "window", *key) or WindowRow()
                add_entry(row, Entry(match.time, match.event_id, value))
                state.put(row, "window", *key)
                touched.add((correlation.id, group))
        findings = []
        for rule_id, group in sorted(touched):
            findings += self._evaluate(state, rule_id, group, whole.watermark)
        return findings, touched

    def settle(
        self, state: Rows, whole: ObjectRow, touched: set[tuple[str, Group]], *, sweep: bool
    ) -> list[Finding]:
        """Decide what only the watermark can, after it moved, and let settled entries go.

        With ``sweep`` every row is looked at, else the touched ones.
        """
        findings: list[Finding] = []
        rows = set(touched)
        if sweep or self.refutable:
            rows = self._rows(state)
        for rule_id, group in sorted(rows):
            correlation = self.content.correlations[rule_id]
            if rule_id in self.refutable:
                findings += self._evaluate(state, rule_id, group, whole.watermark)
            key = self._key(rule_id, group)
            row = state.get(WindowRow, "window", *key)
            if row is not None and prune(row, _window(correlation), whole.watermark):
                state.put(row, "window", *key)
            if row is not None and not row.entries and not row.chains:
                state.drop("window", *key)
        self._bound(state, whole)
        return findings

    def _rows(self, state: Rows) -> set[tuple[str, Group]]:
        """Give every row that this content counts; those of another shape are let go."""
        found: set[tuple[str, Group]] = set()
        for (rule_id, shape, *group), _ in list(state.all(WindowRow, "window")):
            if self.shapes.get(rule_id) == shape:
                found.add((rule_id, tuple(group)))
            else:
                state.drop("window", rule_id, shape, *group)  # the rule was edited, or left
        return found

    def _key(self, rule_id: str, group: Group) -> tuple[str, ...]:
        return (rule_id, self.shapes[rule_id], *group)

    def _evaluate(self, state: Rows, rule_id: str, group: Group, mark: int) -> list[Finding]:
        correlation = self.content.correlations[rule_id]
        key = self._key(rule_id, group)
        row = state.get(WindowRow, "window", *key)
        if row is None:
            return []
        window = _window(correlation)
        mark_windows(row, window, mark)
        upto = None if window.operator in CONFIRMED_BY_MORE else mark - 1
        findings = []
        for stretch in stretches(row, window, upto):
            mine = [chain for chain in row.chains if touches(chain, stretch, window.timespan)]
            chain, swallowed = _joined(row, mine, stretch, correlation, group)
            count, ids = members(row, chain, stretch)
            if count != chain.count or swallowed:
                chain.count = count
                chain.revision += 1
                findings.append(self._finding(state, correlation, group, chain, ids))
            for gone in swallowed:
                gone.revision += 1
                gone.count = 0
                findings.append(
                    self._finding(state, correlation, group, gone, [], into=chain.finding_id)
                )
        if findings:
            state.put(row, "window", *key)
        return findings

    def _finding(
        self,
        state: Rows,
        correlation: Correlation,
        group: Group,
        chain: Chain,
        ids: list[str],
        into: str = "",
    ) -> Finding:
        named = dict(zip(correlation.group_by, group, strict=True))
        return Finding(
            id=chain.finding_id,
            revision=chain.revision,
            kind="correlation",
            rule=RuleRef(correlation.id, correlation.title, correlation.level, correlation.hash),
            object_id=state.object_id,
            first_event_at=chain.begin,
            last_event_at=chain.last_end,
            event_ids=tuple(ids),
            event_count=chain.count,
            group=named,
            labels=self.evidence.labels(correlation.id),
            fields=dict(named),
            trial=self.evidence.trial(state.object_id, chain.begin),
            retracted=bool(into),
            merged_into=into,
        )

    def _bound(self, state: Rows, whole: ObjectRow) -> None:
        if state.count("window") <= MOST_GROUPS:
            return
        rows = sorted(
            state.all(WindowRow, "window"),
            key=lambda item: (item[1].entries[-1].time if item[1].entries else 0, item[0]),
        )
        for parts, _ in rows[: MOST_GROUPS // 10]:
            state.drop("window", *parts)
            whole.evicted += 1


def _joined(
    row: WindowRow, mine: list[Chain], stretch: Stretch, correlation: Correlation, group: Group
) -> tuple[Chain, list[Chain]]:
    """Find the finding that a stretch belongs to, opening one or letting the first take over."""
    if not mine:
        opening = row.entries[stretch.low].event_id
        named = dict(zip(correlation.group_by, group, strict=True))
        chain = Chain(
            finding_id(correlation.id, named, opening),
            0,
            stretch.begin,
            stretch.first_end,
            stretch.last_end,
        )
        row.chains.append(chain)
        return chain, []
    chain, *swallowed = mine
    for gone in swallowed:
        chain.gone += gone.gone
        chain.gone_ids = [*chain.gone_ids, *gone.gone_ids]
        chain.begin = min(chain.begin, gone.begin)
        row.chains.remove(gone)
    chain.begin = min(chain.begin, stretch.begin)
    chain.first_end = min(chain.first_end, stretch.first_end)
    chain.last_end = max(chain.last_end, stretch.last_end)
    return chain, swallowed


def _window(correlation: Correlation) -> Window:
    condition = correlation.condition
    distinct = correlation.type == "value_count"
    return Window(correlation.timespan_ns, condition.op, condition.count, distinct)


def _shape(correlation: Correlation) -> str:
    counted = (correlation.type, correlation.condition.field or "", str(correlation.timespan_ns))
    return identity("window", *counted, *sorted(correlation.rules), "by", *correlation.group_by)[:8]


def _field(correlation: Correlation, match: Match, name: str) -> str | None:
    renamed = correlation.aliases.get(name, {}).get(match.rule_id, name)
    value = match.fields.get(renamed)
    if isinstance(value, list):
        value = value[0] if value else None
    return None if value is None else str(value)


def _group(correlation: Correlation, match: Match) -> Group | None:
    values = [_field(correlation, match, name) for name in correlation.group_by]
    return None if None in values else tuple(value for value in values if value is not None)


def _value(correlation: Correlation, match: Match) -> str | None:
    if correlation.type != "value_count" or correlation.condition.field is None:
        return ""
    return _field(correlation, match, correlation.condition.field)
