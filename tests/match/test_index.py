"""The index: whatever matches is a candidate, and little else is."""

import time
from collections.abc import Callable
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.content import Content
from pipeline.content.predicate import ANY, And, Not, Null, Or, Predicate, Regex, Text
from pipeline.match import Matcher
from pipeline.match.index import FieldIndex, RuleIndex
from pipeline.match.price import price_by
from pipeline.match.routes import route_key
from pipeline.match.view import Plans, View
from pipeline.match.witness import Sign, Witness, witnesses
from pipeline.model import RawBatch
from pipeline.normalize import Normalizer, Profile
from tests.match.material import event, taxonomy
from tests.match.sigmahq import PROCESS, lines_of

signs = st.sampled_from([Sign.IS, Sign.STARTS, Sign.ENDS, Sign.HAS])
texts = st.text(alphabet="abқ\\/.\n", min_size=1, max_size=6)


@given(st.lists(st.tuples(signs, texts), min_size=1, max_size=30, unique=True), texts)
def test_a_field_shows_its_signs(shown: list[tuple[Sign, str]], text: str) -> None:
    """A field's index gives exactly the rules whose sign the text shows."""
    index = FieldIndex({sign: frozenset([rule]) for rule, sign in enumerate(shown)})
    tests: dict[Sign, Callable[[str, str], bool]] = {
        Sign.IS: str.__eq__,
        Sign.STARTS: str.startswith,
        Sign.ENDS: str.endswith,
        Sign.HAS: str.__contains__,
    }
    wanted = {rule for rule, (sign, word) in enumerate(shown) if tests[sign](text, word)}
    assert index.rules(text) == wanted
    assert index.rules(text) == wanted, "the same, remembered"


def test_a_text_without_meaning_in_utf8_is_sought_in() -> None:
    """Half of a surrogate pair in a value neither fails nor hides a word."""
    shown = {(Sign.HAS, f"word{number}"): frozenset([number]) for number in range(20)}
    assert FieldIndex(shown).rules("a\ud800word7") == {7}


A, B = Text("A", ("a",)), Text("B", (ANY, "bb", ANY))
CHOSEN: list[tuple[str, Predicate, set[tuple[str | None, Sign]] | None]] = [
    ("of an and one part", And((A, B)), {("A", Sign.IS)}),
    ("of an or every part", Or((A, B)), {("A", Sign.IS), ("B", Sign.HAS)}),
    ("of a not nothing", Not(A), None),
    ("of an or with a not nothing", Or((A, Not(B))), None),
    ("of an and with a not the other", And((Not(A), B)), {("B", Sign.HAS)}),
    ("not null is any value", Not(Null("A")), {("A", Sign.ANY)}),
    ("not (null or x) is any value", Not(Or((Null("A"), B))), {("A", Sign.ANY)}),
    ("null shows nothing", Null("A"), None),
    ("a key field serves as none", Text("Key", ("x",)), None),
    ("a pattern its longest word", Text("A", ("a", ANY, "bcd", ANY)), {("A", Sign.HAS)}),
    ("a regular expression its words", Regex("A", "foo|bar"), {("A", Sign.HAS)}),
    ("a regular expression without words any value", Regex("A", "."), {("A", Sign.ANY)}),
    ("a keyword over lines none", Text(None, (ANY, "a\nb", ANY)), None),
    ("nothing at all", And(()), None),
]


@pytest.mark.parametrize(
    ("predicate", "wanted"), [row[1:] for row in CHOSEN], ids=[row[0] for row in CHOSEN]
)
def test_witnesses(predicate: Predicate, wanted: set[tuple[str | None, Sign]] | None) -> None:
    """A rule's witnesses are signs without one of which it cannot match."""
    found = witnesses(predicate, price_by([predicate]), frozenset(["Key"]))
    assert (None if found is None else {(one.field, one.sign) for one in found}) == wanted


def test_rules_without_witness_are_always_asked() -> None:
    """A rule that needs no sign is a candidate of every event."""
    index = RuleIndex({1: None, 2: (Witness("A", Sign.IS, "x"),)})
    assert index.candidates(View(Plans({}), {}, {})) == {1}
    assert index.candidates(View(Plans({}), {"A": ["y", "X"]}, {})) == {1, 2}


def test_few_rules_are_asked(sigmahq: Content) -> None:
    """Of 1,400 rules on process creation fewer than 40 are asked about an event on average."""
    matcher = Matcher(sigmahq, taxonomy())
    records = tuple(lines_of(PROCESS, 60))
    normalize = Normalizer(lambda _object, _source: Profile("auto", UTC))
    events = normalize(RawBatch("b", "o", "s", 1, 0, 2**62, 2**62, "auto", records)).events
    asked = 0
    for each in events:
        matcher.match(each)
        speech = matcher._speeches["windows"]
        key = route_key(speech.vocabulary, View(speech.plans, each.native, each.ecs))
        route = speech.routes[key]
        for plans, engine in route.engines:
            asked += len(engine.index.candidates(View(plans, each.native, each.ecs)))
    assert 0 < asked / len(events) < 40


@pytest.mark.parametrize("filling", ["powershell -enc ", "a", "%%^^``''", "\\\\c$\\..\\"])
def test_huge_values_end(sigmahq: Content, filling: str) -> None:
    """A megabyte in every field of an event is matched by all rules in bounded time."""
    matcher = Matcher(sigmahq, taxonomy())
    huge = filling * (1_000_000 // len(filling))
    fields = ("Image", "CommandLine", "ParentImage", "ParentCommandLine", "OriginalFileName")
    native = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1}
    begin = time.perf_counter()
    matcher.match(event(native | dict.fromkeys(fields, huge), of="windows"))
    assert time.perf_counter() - begin < 60
