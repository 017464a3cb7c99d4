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

    def bundle(self) -> bytes:
        """Give the files that this content came from, as ``content_from_bundle`` reads them."""
        return self.packed

    def speaks_alone(self, rule_id: str) -> bool:
        """Tell whether a rule gives findings itself (Sigma correlation rules 2.1, generate).

        It does where no correlation refers to it, or one that does says ``generate``.
        """
        users = [item for item in self.correlations.values() if rule_id in item.rules]
        return not users or any(item.generate for item in users)

    def wanted_fields(self, rule_id: str) -> tuple[str, ...]:
        """Give the fields of a rule's events that correlations need, aliases resolved."""
        names: dict[str, None] = {}
        for item in self.correlations.values():
            if rule_id in item.rules:
                for name in (*item.group_by, item.condition.field):
                    if name is not None:
                        names[item.aliases.get(name, {}).get(rule_id, name)] = None
        return tuple(names)
