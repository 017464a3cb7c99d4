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


def test_a_correlation_of_correlations_stands_once_those_do() -> None:
    """A correlation over a correlation is in force, in whatever order the files come."""
    outer = correlation(f"[{TWO}]", THREE)
    inner = correlation(f"[{ONE}]", TWO).replace("[who]", "[user]")
    found = content(outer, inner, rule(ONE))
    assert found.quarantined == ()
    assert list(found.correlations) == [TWO, THREE]
    assert found.wanted_fields(TWO) == ("who",)
    assert found.wanted_fields(ONE) == ("user", "who")
    assert not found.speaks_alone(TWO)


def test_a_circle_of_correlations_is_told() -> None:
    """Correlations that come back to themselves are put aside, and what rests on them as well."""
    four = "44444444-4444-4444-8444-444444444444"
    around = correlation(f"[{THREE}, {ONE}]", TWO), correlation(f"[{TWO}]", THREE)
    found = content(*around, correlation(f"[{TWO}]", four), rule(ONE))
    assert dict(found.correlations) == {}
    told = [(problem.file, problem.line, problem.message) for problem in found.quarantined]
    assert told == [
        ("0.yml", 1, "refers to itself in a circle"),
        ("1.yml", 1, "refers to itself in a circle"),
        ("2.yml", 1, f"refers to the correlation '{TWO}', which is not in force"),
    ]


def test_scopes_do_not_mix() -> None:
    """A correlation across objects refers to none that stays within one."""
    centre = correlation(f"[{TWO}]") + "custom: {saqshy.scope: centre}\n"
    found = content(rule(ONE), correlation(f"[{ONE}]", TWO), centre)
    assert list(found.correlations) == [TWO]
    assert "the scope centre" in problems(found)[0]


def test_a_rule_named_twice_in_a_sequence_is_told() -> None:
    """A temporal correlation that names one rule by id and by name could never hold."""
    text = correlation(f"[{ONE}, first]").replace("event_count", "temporal")
    found = content(text, rule(ONE, "first"))
    assert "refers to one rule twice" in problems(found)[0]


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
    """A filter that names a rule that is not loaded says so, with a way out."""
    (told,) = problems(content(a_filter("[gone]"), rule(ONE)))
    assert told == (
        "0.yml:1: the filter names the rule 'gone', which is not loaded "
        "(load it, or leave it out of the filter)"
    )


def test_a_filter_of_a_rule_outside_its_log_source_is_told() -> None:
    """A filter does nothing for a rule of another log source, says so, and narrows the others."""
    rules = rule(ONE), rule(TWO, "second", service="sudo")
    plain = content(*rules)
    found = content("# words\n" + a_filter(f"[{ONE}, second]"), *rules)
    (told,) = problems(found)
    assert told == (
        "0.yml:2: the filter is for the log source product linux, service auth and does nothing "
        "for the rule 'second', which is of the log source product linux, service sudo "
        "(give the filter the rule's logsource, or leave the rule out of it)"
    )
    assert found.rules[ONE].hash != plain.rules[ONE].hash
    assert found.rules[TWO].hash == plain.rules[TWO].hash


def test_a_rule_that_a_filter_names_twice_is_narrowed_once() -> None:
    """A filter that names a rule by id and by name is joined to it once."""
    once = content(a_filter("[first]"), rule(ONE, "first"))
    twice = content(a_filter(f"[first, {ONE}, first]"), rule(ONE, "first"))
    assert twice.quarantined == ()
    assert twice.rules[ONE].predicate == once.rules[ONE].predicate


def test_a_filter_of_nothing_is_told() -> None:
    """A filter over any rule says so where no rule is of its log source."""
    (told,) = problems(content(a_filter("any", service="cron"), rule(ONE)))
    assert told == (
        "0.yml:1: the filter narrows nothing: no rule is of the log source product linux, "
        "service cron (mend its logsource, or leave it out)"
    )


def test_a_rule_under_a_correlation_is_quiet() -> None:
    """A rule that correlations refer to gives no findings itself unless one says generate."""
    found = content(rule(ONE), rule(TWO), correlation(f"[{ONE}]"))
    assert [found.speaks_alone(ONE), found.speaks_alone(TWO)] == [False, True]
    found = content(rule(ONE), correlation(f"[{ONE}]", more="  generate: true\n"))
    assert found.speaks_alone(ONE)
