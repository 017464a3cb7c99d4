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
from pipeline.match.index import FieldIndex, RuleIndex, Signs, places_in
from pipeline.match.price import price_by
from pipeline.match.recollection import Recollection
from pipeline.match.witness import Sign, Witness, clauses, refuting
from pipeline.model import RawBatch
from pipeline.normalize import Normalizer, Profile
from tests.match.material import event, taxonomy
from tests.match.sigmahq import PROCESS, lines_of

signs = st.sampled_from([Sign.IS, Sign.STARTS, Sign.ENDS, Sign.HAS])
texts = st.text(alphabet="abқ\\/.\n", min_size=1, max_size=6)


def shown(index: FieldIndex, text: str) -> set[int]:
    return set(places_in(index.mask(text)))


@pytest.mark.parametrize("portable", [False, True], ids=["native", "portable"])
@given(signs=st.lists(st.tuples(signs, texts), min_size=1, max_size=30, unique=True), text=texts)
def test_a_field_shows_its_signs(portable: bool, signs: list[tuple[Sign, str]], text: str) -> None:
    """A field's index gives exactly the bits whose sign the text shows."""
    index = FieldIndex({sign: 1 << place for place, sign in enumerate(signs)}, portable=portable)
    tests: dict[Sign, Callable[[str, str], bool]] = {
        Sign.IS: str.__eq__,
        Sign.STARTS: str.startswith,
        Sign.ENDS: str.endswith,
        Sign.HAS: str.__contains__,
    }
    wanted = {place for place, (sign, word) in enumerate(signs) if tests[sign](text, word)}
    assert shown(index, text) == wanted
    assert shown(index, text.upper()) >= wanted
    mask, _ = index.scanned(text)
    assert set(places_in(mask)) == wanted


@given(text=st.text(alphabet="ab/", min_size=1100, max_size=1300))
def test_the_edges_of_a_long_text_are_found(text: str) -> None:
    """Of a text too long to be folded whole the beginning and the ending still show."""
    signs = [(Sign.STARTS, text[:7]), (Sign.ENDS, text[-7:]), (Sign.IS, text[:512])]
    index = FieldIndex({sign: 1 << place for place, sign in enumerate(signs)})
    assert shown(index, text.upper()) == {0, 1}


def test_a_text_without_meaning_in_utf8_is_sought_in() -> None:
    """Half of a surrogate pair in a value neither fails nor hides a word."""
    for portable in (False, True):
        signs = {(Sign.HAS, f"word{place}"): 1 << place for place in range(20)}
        assert shown(FieldIndex(signs, portable=portable), "a\ud800word7") == {7}


def test_a_scanned_text_answers_for_every_word() -> None:
    """A long text says which words it contains, those that the scan knew and others."""
    index = FieldIndex({(Sign.HAS, "abc"): 1}, ["def", "ghi"])
    mask, text = index.scanned("xABC DEF y")
    assert mask == 1
    assert text is not None
    assert [word in text for word in ("abc", "def", "ghi", "f y", "zz")] == [
        True, True, False, True, False,
    ]  # fmt: skip
    assert text.texts == ("xabc def y",)
    assert (text == "xabc def y", text.startswith("xab"), text.endswith("y")) == (True, True, True)
    assert text.has_one_of(frozenset(["ghi", "f y"])) is True
    assert text.has_one_of(frozenset(["ghi", "zz"])) is False


A, B = Text("A", ("a",)), Text("B", (ANY, "bb", ANY))
Fields = list[set[tuple[str | None, Sign]]]
CHOSEN: list[tuple[str, Predicate, Fields]] = [
    ("of an and each part", And((A, B)), [{("A", Sign.IS)}, {("B", Sign.HAS)}]),
    ("of an or every part", Or((A, B)), [{("A", Sign.IS), ("B", Sign.HAS)}]),
    ("of a not nothing", Not(A), []),
    ("of an or with a not nothing", Or((A, Not(B))), []),
    ("of an and with a not the other", And((Not(A), B)), [{("B", Sign.HAS)}]),
    ("not null is any value", Not(Null("A")), [{("A", Sign.ANY)}]),
    ("not (null or x) is any value", Not(Or((Null("A"), B))), [{("A", Sign.ANY)}]),
    ("null shows nothing", Null("A"), []),
    ("a key field serves as none", Text("Key", ("x",)), []),
    ("a pattern its words", Text("A", ("a", ANY, "bcd", ANY)),
     [{("A", Sign.HAS)}, {("A", Sign.STARTS)}]),
    ("a regular expression its words", Regex("A", "foo|bar"), [{("A", Sign.HAS)}]),
    ("a regular expression without words any value", Regex("A", "."), [{("A", Sign.ANY)}]),
    ("a keyword over lines none", Text(None, (ANY, "a\nb", ANY)), []),
    ("nothing at all", And(()), []),
    ("of an or of ands the clauses in turn", Or((And((A, B)), Text("C", ("c",)))),
     [{("A", Sign.IS), ("C", Sign.IS)}, {("B", Sign.HAS), ("C", Sign.IS)}]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("predicate", "wanted"), [row[1:] for row in CHOSEN], ids=[row[0] for row in CHOSEN]
)
def test_clauses(predicate: Predicate, wanted: Fields) -> None:
    """A rule's clauses are sets of signs: it cannot match an event that lacks one of them."""
    found = clauses(predicate, price_by([predicate]), frozenset(["Key"]))
    fields = [{(one.field, one.sign) for one in clause} for clause in found]
    assert sorted(map(sorted_signs, fields)) == sorted(map(sorted_signs, wanted))


def sorted_signs(fields: set[tuple[str | None, Sign]]) -> list[tuple[str, str]]:
    return sorted((str(field), sign.value) for field, sign in fields)


REFUTED: list[tuple[str, Predicate, set[Witness]]] = [
    ("a filter of one", And((B, Not(A))), {Witness("A", Sign.IS, "a")}),
    ("a filter of alternatives", And((B, Not(Or((A, B))))),
     {Witness("A", Sign.IS, "a"), Witness("B", Sign.HAS, "bb")}),
    ("a filter of two together nothing", And((B, Not(And((A, B))))), set()),
    ("an or nothing", Or((B, Not(A))), set()),
    ("a cased filter nothing", And((B, Not(Text("A", ("a",), cased=True)))), set()),
    ("not not", Not(Not(Not(A))), {Witness("A", Sign.IS, "a")}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("predicate", "wanted"), [row[1:] for row in REFUTED], ids=[row[0] for row in REFUTED]
)
def test_what_refutes_a_rule(predicate: Predicate, wanted: set[Witness]) -> None:
    """A sign refutes a rule where no event that shows it can match."""
    assert refuting(predicate) == wanted


def test_a_rule_is_shown_on_every_level() -> None:
    """A rule is a candidate where all its clauses are shown and nothing refutes it."""
    a, b, c = (Witness(name, Sign.IS, "x") for name in "ABC")
    index = RuleIndex([Signs([(a,), (b,)]), Signs([(b,)], [c]), Signs([])], {})

    def candidates(*fields: str) -> set[int]:
        mask = index.base
        for field in fields:
            mask |= index.fields[field].mask("X")
        return set(places_in(index.narrowed(mask)))

    assert candidates() == {2}
    assert candidates("A") == {2}
    assert candidates("A", "B") == {0, 1, 2}
    assert candidates("A", "B", "C") == {0, 2}


def test_few_rules_are_asked(sigmahq: Content) -> None:
    """Of 1,400 rules on process creation fewer than 10 are asked about an event on average."""
    matcher = Matcher(sigmahq, taxonomy())
    records = tuple(lines_of(PROCESS, 60))
    normalize = Normalizer(lambda _object, _source: Profile("auto", UTC))
    events = normalize(RawBatch("b", "o", "s", 1, 0, 2**62, 2**62, "auto", records)).events
    asked = 0
    for each in events:
        speech = matcher._speech(each)
        reading, values = speech.met(each) or speech.meet(each)
        for part in reading.parts:
            candidates, _ = part.candidates(each, values, Recollection(), quiet=True)
            asked += candidates.bit_count()
    assert 0 < asked / len(events) < 10


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
