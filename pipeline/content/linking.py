"""From what the files hold to what is in force: ids, filters, references between documents."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.content.predicate import And, fields_of
from pipeline.content.rule import Branch, Broken, Correlation, Filter, Item, Rule
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
    _correlate(linked, waiting, names)
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
    for rule_id in _chosen(linked, each, names):
        rule = linked.rules[rule_id]
        predicate = And((rule.predicate, each.predicate))
        linked.rules[rule_id] = replace(
            rule,
            predicate=predicate,
            fields=fields_of(predicate),
            hash=identity(rule.hash, each.hash),
        )


def _chosen(linked: Linked, each: Filter, names: Mapping[str, str]) -> list[str]:
    """Give the ids of the rules that a filter narrows; tell names that it does nothing for."""
    if each.rules is None:
        chosen = [rule_id for rule_id, rule in linked.rules.items() if _covers(each, rule)]
        if not chosen:
            message = f"the filter narrows nothing: no rule is of {_source_words(each)}"
            linked.problems.append(_problem(each, message, "mend its logsource, or leave it out"))
        return chosen
    chosen = []
    for name in dict.fromkeys(each.rules):
        rule = linked.rules.get(names.get(name, ""))
        if rule is None:
            message = f"the filter names the rule {name!r}, which is not loaded"
            way_out = "load it, or leave it out of the filter"
        elif not _covers(each, rule):
            message = (
                f"the filter is for {_source_words(each)} and does nothing for the rule {name!r}, "
                f"which is of {_source_words(rule)}"
            )
            way_out = "give the filter the rule's logsource, or leave the rule out of it"
        else:
            chosen.append(rule.id)
            continue
        linked.problems.append(_problem(each, message, way_out))
    return list(dict.fromkeys(chosen))


def _source_words(item: Filter | Rule) -> str:
    named = {"product": item.product, "category": item.category, "service": item.service}
    words = ", ".join(f"{kind} {label}" for kind, label in named.items() if label)
    return f"the log source {words}" if words else "any log source"


def _covers(each: Filter, rule: Rule) -> bool:
    return (
        each.product in ("", rule.product)
        and each.category in ("", rule.category)
        and each.service in ("", rule.service)
    )


def _correlate(linked: Linked, waiting: Sequence[Correlation], names: Mapping[str, str]) -> None:
    """Resolve references to ids; put aside what refers to nothing, in a circle, or too widely.

    A correlation is in force once all that it refers to is, so each round takes those whose
    correlations are; what is left refers to something broken, or comes back to itself.
    """
    scopes = {item.id: item.scope for item in waiting}
    left: dict[str, Correlation] = {}
    for item in waiting:
        resolved = _resolved(linked, item, names, scopes)
        if resolved is not None:
            left[item.id] = resolved
    users: dict[str, list[str]] = {}
    missing: dict[str, int] = {}
    for item in left.values():
        inner = [name for name in item.rules if name not in linked.rules]
        missing[item.id] = len(inner)
        for name in inner:
            users.setdefault(name, []).append(item.id)
    ready = [item_id for item_id in left if not missing[item_id]]
    while ready:
        item = left.pop(ready.pop())
        linked.correlations[item.id] = item
        for user in users.get(item.id, ()):
            missing[user] -= 1
            if not missing[user]:
                ready.append(user)
    for item in left.values():
        linked.problems.append(_unready(linked, item, left))


def _unready(linked: Linked, item: Correlation, left: Mapping[str, Correlation]) -> Problem:
    """Say why a correlation never got ready: a circle that it is part of, or what it needs."""
    reached: set[str] = set()
    ahead = list(item.rules)
    while ahead:
        name = ahead.pop()
        if name in left and name not in reached:
            reached.add(name)
            ahead += left[name].rules
    if item.id in reached:
        return _problem(item, "refers to itself in a circle", "let one of them refer to rules")
    known = {**linked.rules, **linked.correlations}
    name = next(name for name in item.rules if name not in known)
    message = f"refers to the correlation {name!r}, which is not in force"
    return _problem(item, message, "mend what is wrong with it")


def _resolved(
    linked: Linked, item: Correlation, names: Mapping[str, str], scopes: Mapping[str, str]
) -> Correlation | None:
    wanted = [*item.rules, *(name for alias in item.aliases.values() for name in alias)]
    problems = []
    for name in dict.fromkeys(wanted):
        rule_id = names.get(name, "")
        if rule_id not in linked.rules and rule_id not in scopes:
            message = f"refers to the rule {name!r}, which is not loaded"
            problems.append(_problem(item, message, "load it, or mend what is wrong with it"))
        elif scopes.get(rule_id, item.scope) != item.scope:
            message = f"is of the scope {item.scope}, but refers to {name!r} of the other"
            problems.append(_problem(item, message, "give both the same saqshy.scope"))
    if not item.rules:
        problems.append(_problem(item, "refers to no rule", "name at least one"))
    rules = [names.get(name, name) for name in item.rules]
    if len(set(rules)) < len(rules) and item.type.startswith("temporal"):
        problems.append(_problem(item, "refers to one rule twice", "name each rule once"))
    linked.problems += problems
    if problems:
        return None
    return replace(
        item,
        rules=tuple(dict.fromkeys(rules)),
        branches=tuple(
            Branch(
                tuple(names[name] for name in branch.occur),
                tuple(names[name] for name in branch.absent),
            )
            for branch in item.branches
        ),
        aliases={
            alias: {names[name]: field for name, field in rules.items()}
            for alias, rules in item.aliases.items()
        },
    )
