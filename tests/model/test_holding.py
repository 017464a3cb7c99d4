"""Conditions on documents: paths, lists, case, numbers, times, addresses; against an oracle."""

import re
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Json, instant
from pipeline.model.conditions import (
    EVERYTHING,
    NOTHING,
    All,
    Among,
    Condition,
    Either,
    Like,
    Not,
    Present,
    Within,
)
from pipeline.model.holding import holds

DOCUMENT: Json = {
    "@timestamp": "2026-01-31T09:30:00.5Z",
    "state": "New",
    "empty": None,
    "nothing": [],
    "object": {"none": None, "list": [{"deep": [1, "Straße"]}, {"deep": None}]},
    "group": {"user.name": "Админ", "user": {"id": 7}},
    "source": {"ip": "10.1.2.3", "port": 443, "address": "10.1.2.3"},
    "host": {"ip": ["::ffff:10.9.9.9", "2001:db8::1", "no address"]},
    "flag": True,
    "text": "4625",
    "score": 2.5,
}

CASES: dict[str, tuple[Condition, bool]] = {
    "everything": (EVERYTHING, True),
    "nothing": (NOTHING, False),
    "case": (Among("state", ("nEW",)), True),
    "another": (Among("state", ("old",)), False),
    "one of": (Among("state", ("old", "new")), True),
    "into lists": (Among("object.list.deep", ("strasse",)), True),
    "numbers as texts": (Among("object.list.deep", ("1",)), True),
    "numbers by value": (Among("source.port", ("443.0",)), True),
    "texts are no numbers": (Among("text", ("4625.0",)), False),
    "keys with dots": (Among("group.user.name", ("АДМИН",)), True),
    "keys without dots beside": (Among("group.user.id", ("7",)), True),
    "flags": (Among("flag", ("TRUE",)), True),
    "flags are no numbers": (Among("flag", ("1",)), False),
    "objects are no values": (Among("source", ("10.1.2.3",)), False),
    "address": (Among("source.ip", ("10.1.2.3",)), True),
    "network": (Among("source.ip", ("10.0.0.0/8",)), True),
    "another network": (Among("source.ip", ("11.0.0.0/8",)), False),
    "no field of addresses": (Among("source.address", ("10.0.0.0/8",)), False),
    "mapped address": (Among("host.ip", ("10.9.9.9",)), True),
    "long form": (Among("host.ip", ("2001:0db8:0:0::1",)), True),
    "text in a field of addresses": (Among("host.ip", ("NO address",)), True),
    "like": (Like("state", ("n", "")), True),
    "like whole": (Like("state", ("new",)), True),
    "not whole": (Like("state", ("ne",)), False),
    "parts do not overlap": (Like("state", ("ne", "ew")), False),
    "middle": (Like("object.list.deep", ("s", "ras", "e")), True),
    "middle twice": (Like("object.list.deep", ("s", "ra", "ra", "e")), False),
    "middle before the end": (Like("text", ("4", "25", "5")), False),
    "time": (Within("@timestamp", instant("2026-01-31T09:30:00.5Z")), True),
    "behind a time": (Within("@timestamp", instant("2026-01-31T09:30:00.5Z"), above=True), False),
    "before a time": (Within("@timestamp", most=instant("2026-01-31T09:31:00Z")), True),
    "number": (Within("score", 2.5, 2.5), True),
    "below a number": (Within("score", most=2.5, below=True), False),
    "a text that says a number": (Within("text", 4000, 5000), True),
    "a text that says none": (Within("state", 0), False),
    "a flag is no number": (Within("flag", 0), False),
    "one of a list": (Within("object.list.deep", 1, 1), True),
    "present": (Present("state"), True),
    "null is absent": (Present("empty"), False),
    "an empty list is absent": (Present("nothing"), False),
    "an object with something": (Present("object"), True),
    "absent": (Present("other.field"), False),
    "not": (Not(Present("empty")), True),
    "all": (All((Present("state"), Present("empty"))), False),
    "either": (Either((Present("state"), Present("empty"))), True),
}  # fmt: skip


@pytest.mark.parametrize(("condition", "expected"), CASES.values(), ids=CASES)
def test_holds(condition: Condition, expected: bool) -> None:
    """A condition holds of a document as the rules say."""
    assert holds(condition, DOCUMENT) is expected


# --- an oracle that flattens documents and matches by regular expressions ------------------------

WORDS = st.sampled_from(
    ["a", "A", "ab", "ss", "ß", "K", "1", "1.0", "10.0.0.1", "10.0.0.0/30", "true", ""]
)
NAMES = st.sampled_from(["a", "b", "ip", "a.b"])
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2), st.sampled_from([0.5, 1.0]), WORDS,
    st.sampled_from(["2026-01-01T00:00:00Z", "10.0.0.2"]),
)  # fmt: skip
NODES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=6,
)
DOCUMENTS = st.dictionaries(NAMES, NODES, max_size=3)
PATHS = st.sampled_from(["a", "b", "ip", "a.b", "a.ip", "a.a.b", "b.a"])
NUMBERS = st.one_of(
    st.none(), st.integers(-2, 2), st.just(0.5), st.just(instant("2026-01-01T00:00:00Z"))
)
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    st.one_of(
        st.builds(Among, PATHS, st.lists(WORDS, max_size=2).map(tuple)),
        st.builds(Like, PATHS, st.lists(WORDS, min_size=1, max_size=4).map(tuple)),
        st.builds(Within, PATHS, NUMBERS, NUMBERS, st.booleans(), st.booleans()),
        st.builds(Present, PATHS),
    ),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.lists(inner, max_size=2).map(tuple)),
        st.builds(Either, st.lists(inner, max_size=2).map(tuple)),
    ),
    max_leaves=4,
)


def flat(node: Any, path: str = "") -> list[tuple[str, Any]]:
    """Give every value of a document with its whole path."""
    if isinstance(node, list):
        return [found for one in node for found in flat(one, path)]
    if isinstance(node, dict):
        return [
            found
            for name, one in node.items()
            for found in flat(one, f"{path}.{name}" if path else name)
        ]
    return [] if node is None else [(path, node)]


def number(leaf: Any) -> float | None:
    """Give the number of a value, exactly enough for those of this test."""
    if leaf == "2026-01-01T00:00:00Z":
        return instant(leaf)
    try:
        return None if isinstance(leaf, bool) or leaf == "" else float(leaf)
    except ValueError:
        return None


def same(path: str, leaf: Any, value: str) -> bool:
    """Compare one value with one that is asked for."""
    text = str(leaf).lower() if isinstance(leaf, bool) else str(leaf)
    if text.casefold() == value.casefold():
        return True
    if isinstance(leaf, (int, float)) and not isinstance(leaf, bool):
        return number(value) == leaf
    if path.rpartition(".")[2] != "ip":
        return False
    try:
        return ip_address(text) in ip_network(value)
    except ValueError:
        return False


def oracle(condition: Condition, document: Json) -> bool:  # noqa: PLR0911 (one per condition)
    """Tell slowly and plainly whether a condition holds."""
    found = flat(document)
    match condition:
        case All(of):
            return all(oracle(one, document) for one in of)
        case Either(of):
            return any(oracle(one, document) for one in of)
        case Not(of=one):
            return not oracle(one, document)
        case Present(field):
            return any(path == field or path.startswith(f"{field}.") for path, _ in found)
        case Among(field, values):
            return any(
                same(field, leaf, v) for path, leaf in found if path == field for v in values
            )
        case Like(field, parts):
            wanted = ".*".join(re.escape(part.casefold()) for part in parts)
            texts = [
                str(leaf).lower() if isinstance(leaf, bool) else str(leaf)
                for path, leaf in found
                if path == field
            ]
            return any(re.fullmatch(wanted, text.casefold(), re.DOTALL) for text in texts)
        case Within(field, least, most, above, below):
            numbers = [
                n for path, leaf in found if path == field and (n := number(leaf)) is not None
            ]
            return any(
                (least is None or (n > least if above else n >= least))
                and (most is None or (n < most if below else n <= most))
                for n in numbers
            )


@given(CONDITIONS, DOCUMENTS)
def test_holds_as_the_oracle_says(condition: Condition, document: Json) -> None:
    """Any condition holds of any document where a plain reading of the rules says so."""
    assert holds(condition, document) is oracle(condition, document)
