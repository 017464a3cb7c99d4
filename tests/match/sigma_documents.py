"""Rule files as the naive oracle reads them: documents, old collections, filters.

From the Sigma filters specification 2.1, and for ``action`` from what Sigma's text before 2 says of
rule collections. Part of ``sigma_oracle`` and, like it, without anything of the product.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import yaml

from tests.match.flat_events import LogSource
from tests.match.sigma_oracle import oracle_matches


@dataclass(slots=True)
class OracleRule:
    """One rule: its detection section and the filters that hold for it."""

    detection: Mapping[str, Any]
    log_source: Mapping[str, Any]
    filters: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def source(self) -> LogSource:
        """Give what the rule speaks of."""
        said = self.log_source
        return LogSource(*(said.get(part, "") for part in LogSource._fields))

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Tell whether the rule matches an event and every filter does as well."""
        sections = [self.detection, *self.filters]
        return all(oracle_matches(section, event) for section in sections)


def read_rules(texts: Iterable[str]) -> dict[str, OracleRule]:
    """Read rule files to rules by id."""
    rules: dict[str, OracleRule] = {}
    filters = []
    for text in texts:
        for document in _expanded(list(yaml.load_all(text, yaml.CSafeLoader))):
            if "filter" in document:
                filters.append(document)
            else:
                rules[document["id"]] = OracleRule(document["detection"], document["logsource"])
    for document in filters:
        named = document["filter"]["rules"]
        for name, rule in rules.items():
            speaks = document["logsource"].items() <= rule.log_source.items()
            if speaks and (named == "any" or name in named):
                rule.filters.append(document["filter"])
    return rules


def _expanded(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give a file's rules written out: ``global`` adds to all after it, ``repeat`` changes one."""
    shared: dict[str, Any] = {}
    found: list[dict[str, Any]] = []
    for document in documents:
        own = {name: value for name, value in document.items() if name != "action"}
        match document.get("action"):
            case "global":
                shared = own
            case "reset":
                shared = {}
            case "repeat":
                found.append(_over(found[-1], own))
            case None:
                found.append(own if "filter" in own else _over(own, shared))
    return found


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = deepcopy(dict(below))
    for name, value in above.items():
        inner = merged.get(name)
        if isinstance(inner, dict) and isinstance(value, dict):
            merged[name] = _over(inner, value)
        else:
            merged[name] = value
    return merged
