"""From what the files hold to what is in force: ids, filters, references between documents."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pipeline.content.predicate import And, fields_of
from pipeline.content.rule import Broken, Correlation, Filter, Item, Rule
from pipeline.errors import Problem
from pipeline.model import identity


@dataclass(slots=True)
class Linked:
    """Rules and correlations by id, and what had to be put aside."""

    rules: dict[str, Rule] = field(default_factory=dict)
    correlations: dict[str, Correlation] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def link(items: Iterable[Item]) -> Linked:
    """Bring documents together; the first of several with one id stays, in the files' order."""
    linked = Linked()
    filters: list[Filter] = []
    waiting: list[Correlation] = []
    taken: dict[str, Rule | Correlation] = {}
    for item in items:
        if isinstance(item, Broken):
            linked.problems.append(Problem(item.file, item.line, item.message, item.way_out))
        elif isinstance(item, Filter):
            filters.append(item)
        elif item.id in taken:
            other = taken[item.id]
            message = f"the id {item.id} stands in {other.file}:{other.line} too"
            linked.problems.append(_problem(item, message, "give this document an id of its own"))
        else:
            taken[item.id] = item
            if isinstance(item, Rule):
                linked.rules[item.id] = item
            else:
                waiting.append(item)
    names = _names(taken.values(), linked.problems)
    for each in filters:
        _filter(linked, each, names)
    for correlation in waiting:
        _correlate(linked, correlation, names, {other.id for other in waiting})
    linked.rules = dict(sorted(linked.rules.items()))
    linked.correlations = dict(sorted(linked.correlations.items()))
    linked.problems.sort(key=lambda problem: (problem.file, problem.line, problem.message))
    return linked


def _problem(item: Rule | Correlation | Filter, message: str, way_out: str = "") -> Problem:
    return Problem(item.file, item.line, message, way_out)


def _names(items: Iterable[Rule | Correlation], problems: list[Problem]) -> dict[str, str]:
    """Map ids and names to ids; a name that stands for two is reported and stands for none."""
    names: dict[str, str] = {}
    unclear: set[str] = set()
    by_name: dict[str, Rule | Correlation] = {}
    for item in items:
        names[item.id] = item.id
        if not item.name:
            continue
        if item.name in by_name and item.name != item.id:
            other = by_name[item.name]
            message = f"the name {item.name!r} stands in {other.file}:{other.line} too"
            problems.append(_problem(item, f"{message}; nothing can refer to it", "rename one"))
            unclear.add(item.name)
        by_name.setdefault(item.name, item)
    for name, item in by_name.items():
        if name not in unclear:
            names.setdefault(name, item.id)
    return names


def _filter(linked: Linked, each: Filter, names: Mapping[str, str]) -> None:
    """Apply a filter: the rules it names, or all of its log source, must fulfil it as well.

    Read as pySigma reads it: the filter's condition is joined by *and* as it stands.
    """
    if each.rules is None:
        chosen = list(linked.rules)
    else:
        chosen = []
        for name in each.rules:
            rule_id = names.get(name, "")
            if rule_id in linked.rules:
                chosen.append(rule_id)
            else:
                linked.problems.append(
                    _problem(each, f"the filter names the rule {name!r}, which is not loaded")
                )
    for rule_id in chosen:
        rule = linked.rules[rule_id]
        if not _covers(each, rule):
            continue
        predicate = And((rule.predicate, each.predicate))
        linked.rules[rule_id] = replace(
            rule,
            predicate=predicate,
            fields=fields_of(predicate),
            hash=identity(rule.hash, each.hash),
        )


def _covers(each: Filter, rule: Rule) -> bool:
    return (
        each.product in ("", rule.product)
        and each.category in ("", rule.category)
        and each.service in ("", rule.service)
    )


def _correlate(
    linked: Linked, item: Correlation, names: Mapping[str, str], correlations: set[str]
) -> None:
    """Resolve a correlation's references to ids, or put it aside."""
    wanted = [*item.rules, *(name for alias in item.aliases.values() for name in alias)]
    problems = []
    for name in dict.fromkeys(wanted):
        rule_id = names.get(name, "")
        if rule_id in correlations:
            message = f"refers to the correlation {name!r}: correlations of correlations"
            problems.append(_problem(item, f"{message} are not evaluated", "refer to rules"))
        elif rule_id not in linked.rules:
            message = f"refers to the rule {name!r}, which is not loaded"
            problems.append(_problem(item, message, "load it, or mend what is wrong with it"))
    if not item.rules:
        problems.append(_problem(item, "refers to no rule", "name at least one"))
    linked.problems += problems
    if problems:
        return
    linked.correlations[item.id] = replace(
        item,
        rules=tuple(dict.fromkeys(names[name] for name in item.rules)),
        aliases={
            alias: {names[name]: field for name, field in rules.items()}
            for alias, rules in item.aliases.items()
        },
    )
