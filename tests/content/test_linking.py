"""From documents to content in force: ids, names, filters, references."""

from pipeline.content import Content, content_from_bundle
from pipeline.content.predicate import And
from pipeline.content.sources import RuleFile, pack_files

ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"
THREE = "33333333-3333-4333-8333-333333333333"


def rule(rule_id: str, name: str = "", service: str = "auth") -> str:
    named = f"name: {name}\n" if name else ""
    return (
        f"title: T\nid: {rule_id}\n{named}logsource: {{product: linux, service: {service}}}\n"
        "detection: {s: {A: 1}, condition: s}\n"
    )


def correlation(rules: str, rule_id: str = THREE, more: str = "") -> str:
    return (
        f"title: C\nid: {rule_id}\ncorrelation:\n  type: event_count\n  rules: {rules}\n"
        f"  group-by: [who]\n  timespan: 1m\n  condition: {{gte: 2}}\n{more}"
    )


def a_filter(rules: str, service: str = "auth") -> str:
    return (
        f"title: F\nlogsource: {{product: linux, service: {service}}}\n"
        f"filter:\n  rules: {rules}\n  ours: {{User: me}}\n  condition: not ours\n"
    )


def content(*texts: str) -> Content:
    files = [RuleFile(f"{number}.yml", text.encode()) for number, text in enumerate(texts)]
    return content_from_bundle(pack_files(files), None)


def problems(found: Content) -> list[str]:
    return [str(problem) for problem in found.quarantined]


def test_an_id_stands_once() -> None:
    """Of several documents with one id the first stays; the others are told."""
    found = content(rule(ONE), "# words\n" + rule(ONE))
    assert list(found.rules) == [ONE]
    assert found.rules[ONE].file == "0.yml"
    assert problems(found) == [
        f"1.yml:2: the id {ONE} stands in 0.yml:1 too (give this document an id of its own)"
    ]


def test_references_are_ids_or_names() -> None:
    """A correlation's rules and aliases are resolved to ids, whatever file they stand in."""
    text = correlation(f"[first, {TWO}]", more="  aliases:\n    who: {first: User}\n")
    found = content(text, rule(ONE, "first"), rule(TWO, "second"))
    assert found.quarantined == ()
    (item,) = found.correlations.values()
    assert item.rules == (ONE, TWO)
    assert item.aliases == {"who": {ONE: "User"}}
    assert found.wanted_fields(ONE) == ("User",)
    assert found.wanted_fields(TWO) == ("who",)
    assert found.wanted_fields("other") == ()


def test_a_reference_to_nothing_is_told() -> None:
    """A correlation over a rule that is absent or broken is put aside."""
    broken = rule(TWO, "broken").replace("A: 1", "A|sideways: 1")
    found = content(correlation("[gone, broken]"), broken)
    assert dict(found.correlations) == {}
    told = [(problem.file, problem.line, problem.message) for problem in found.quarantined]
    assert told[:2] == [
        ("0.yml", 1, "refers to the rule 'broken', which is not loaded"),
        ("0.yml", 1, "refers to the rule 'gone', which is not loaded"),
    ]
    assert len(told) == 3


def test_a_correlation_of_correlations_is_told() -> None:
    """A correlation over a correlation is put aside: nothing evaluates it."""
    found = content(rule(ONE), correlation(f"[{ONE}]", TWO), correlation(f"[{TWO}]"))
    assert list(found.correlations) == [TWO]
    assert "correlations of correlations" in problems(found)[0]


def test_a_name_of_two_names_none() -> None:
    """A name that two rules bear is told, and nothing refers by it."""
    found = content(rule(ONE, "same"), rule(TWO, "same"), correlation("[same]"))
    assert sorted(found.rules) == [ONE, TWO]
    assert [problem.file for problem in found.quarantined] == ["1.yml", "2.yml"]


def test_a_filter_narrows_its_rules() -> None:
    """A filter's condition is joined to the rules it names, and changes their hash."""
    plain = content(rule(ONE, "first"), rule(TWO))
    found = content(a_filter("[first]"), rule(ONE, "first"), rule(TWO))
    assert found.quarantined == ()
    assert isinstance(found.rules[ONE].predicate, And)
    assert found.rules[ONE].fields == ("A", "User")
    assert found.rules[ONE].hash != plain.rules[ONE].hash
    assert found.rules[TWO].hash == plain.rules[TWO].hash
    assert found.revision != plain.revision


def test_a_filter_of_any_rule_keeps_to_its_log_source() -> None:
    """A filter over any rule narrows those of its log source."""
    plain = content(rule(ONE), rule(TWO, service="sudo"))
    found = content(a_filter("any"), rule(ONE), rule(TWO, service="sudo"))
    assert found.rules[ONE].hash != plain.rules[ONE].hash
    assert found.rules[TWO].hash == plain.rules[TWO].hash


def test_a_filter_of_an_absent_rule_is_told() -> None:
    """A filter that names a rule that is not loaded says so."""
    assert "names the rule 'gone'" in problems(content(a_filter("[gone]"), rule(ONE)))[0]


def test_a_rule_under_a_correlation_is_quiet() -> None:
    """A rule that correlations refer to gives no findings itself unless one says generate."""
    found = content(rule(ONE), rule(TWO), correlation(f"[{ONE}]"))
    assert [found.speaks_alone(ONE), found.speaks_alone(TWO)] == [False, True]
    found = content(rule(ONE), correlation(f"[{ONE}]", more="  generate: true\n"))
    assert found.speaks_alone(ONE)
