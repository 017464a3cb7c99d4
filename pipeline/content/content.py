"""The content in force: rules and correlations of one revision, and what was put aside."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.content.rule import Correlation, Rule
from pipeline.errors import Problem


@dataclass(frozen=True, slots=True)
class Content:
    """Rules and correlations by id, in the order of their ids.

    ``revision`` follows the ids and hashes of what is in force, not the files' names or order.
    ``quarantined`` is what could not be used: each with file, line and reason.
    """

    revision: str
    rules: Mapping[str, Rule]
    correlations: Mapping[str, Correlation]
    quarantined: tuple[Problem, ...]
    packed: bytes = field(default=b"", repr=False)
    asked: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "asked", _asked(self.correlations))

    def bundle(self) -> bytes:
        """Give the files that this content came from, as ``content_from_bundle`` reads them."""
        return self.packed

    def speaks_alone(self, rule_id: str) -> bool:
        """Tell whether a rule gives findings itself (Sigma correlation rules 2.1, generate).

        It does where no correlation refers to it, or one that does says ``generate``; not where it
        shows that a duty was met.
        """
        if rule_id in self.rules and self.rules[rule_id].meets:
            return False
        users = [item for item in self.correlations.values() if rule_id in item.rules]
        return not users or any(item.generate for item in users)

    def wanted_fields(self, rule_id: str) -> tuple[str, ...]:
        """Give the fields that correlations need of a rule's events, aliases resolved.

        Of a correlation: what those that refer to it need of the events at which it holds.
        """
        return self.asked.get(rule_id, ())


def _asked(correlations: Mapping[str, Correlation]) -> dict[str, tuple[str, ...]]:
    """Give the fields that each rule and correlation is asked for by those that refer to it.

    What a correlation is asked for and does not group by, it asks of its own rules in turn.
    """
    asked: dict[str, dict[str, None]] = {}
    ahead = [
        (item, name)
        for item in correlations.values()
        for name in (*item.group_by, *item.condition.fields)
    ]
    for item, name in ahead:  # it grows while it is walked through
        for member in item.rules:
            wanted = item.aliases.get(name, {}).get(member, name)
            if wanted in asked.setdefault(member, {}):
                continue
            asked[member][wanted] = None
            inner = correlations.get(member)
            if inner is not None and wanted not in inner.group_by:
                ahead.append((inner, wanted))
    return {member: tuple(names) for member, names in asked.items()}
