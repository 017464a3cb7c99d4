"""The hash chains: linking, deduplicating, and finding whatever was done to them."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.incidents.audit import Break, Chainer, Draft, Head, entry_hash, link, verify
from pipeline.model import AuditEntry, as_document

WHEN = 1_760_000_000_000_000_123


def draft(number: int, chain: str = "power-7") -> Draft:
    """Make the draft of that number."""
    return Draft(
        chain=chain,
        entry_id=f"{chain}/{number}",
        kind="incident",
        subject=f"incident-{number}",
        at=WHEN + number,
        actor="saqshy",
        detail={"state": "new", "объект": {"b": 1.5, "a": [None, True, "\x1f"]}},
    )


def chained(*lengths: int) -> list[AuditEntry]:
    """Make chains a, b, ... of those lengths, one after the other."""
    drafts = [
        draft(number, "abc"[index])
        for index, length in enumerate(lengths)
        for number in range(1, length + 1)
    ]
    return Chainer(head=lambda _: None, known=lambda _: False)(drafts)


def test_link_opens_a_chain() -> None:
    """The first entry has number 1 and no previous hash."""
    entry = link(None, draft(1))
    assert (entry.number, entry.previous_hash, entry.chain) == (1, "", "power-7")
    assert entry.hash == entry_hash(entry)


def test_hash_is_of_canonical_json() -> None:
    """The hash is the SHA-256 of the entry without it as JSON, keys sorted, in UTF-8."""
    entry = link(link(None, draft(1)), draft(2))
    document = as_document(entry)
    assert document.pop("hash") == entry.hash
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert entry.hash == hashlib.sha256(text.encode()).hexdigest()


def test_link_follows_its_head() -> None:
    """An entry takes the next number and its head's hash."""
    head = link(None, draft(1))
    entry = link(head, draft(2))
    assert (entry.number, entry.previous_hash) == (2, head.hash)


def test_link_refuses_another_chain() -> None:
    """An entry cannot follow one of another chain."""
    with pytest.raises(ValueError, match="cannot follow"):
        link(link(None, draft(1, "a")), draft(1, "b"))


def test_chainer_continues_what_is_stored() -> None:
    """Drafts of several chains go onto the stored heads, each chain in the order given."""
    stored = {entry.chain: entry for entry in chained(3, 1)}
    chainer = Chainer(head=stored.get, known=lambda _: False)
    new = chainer([draft(10, "a"), draft(20, "b"), draft(11, "a"), draft(30, "c")])
    assert [(entry.chain, entry.number) for entry in new] == [
        ("a", 4),
        ("b", 2),
        ("a", 5),
        ("c", 1),
    ]
    assert verify([*chained(3, 1), *new]) == []


def test_chainer_leaves_out_what_is_known() -> None:
    """An entry id that is stored, or comes twice, is chained once; numbers have no gap."""
    chainer = Chainer(head=lambda _: None, known=lambda entry_id: entry_id == "power-7/1")
    new = chainer([draft(1), draft(2), draft(2), draft(3), draft(1)])
    assert [(entry.number, entry.entry_id) for entry in new] == [
        (1, "power-7/2"),
        (2, "power-7/3"),
    ]


def test_chains_that_hold() -> None:
    """Untouched chains have no break, one after the other or interleaved, and empty ones too."""
    a, b = chained(4), chained(0, 4)
    assert verify([]) == []
    assert verify([*a, *b]) == []
    assert verify([entry for pair in zip(a, b, strict=True) for entry in pair]) == []


def changed(entries: list[AuditEntry]) -> None:
    """Change what entry 3 says."""
    entries[2] = replace(entries[2], actor="nobody")


def rehashed(entries: list[AuditEntry]) -> None:
    """Change what entry 3 says, and give it the hash that fits."""
    entries[2] = replace(entries[2], actor="nobody")
    entries[2] = replace(entries[2], hash=entry_hash(entries[2]))


def removed(entries: list[AuditEntry]) -> None:
    """Remove entry 3."""
    del entries[2]


def two_removed(entries: list[AuditEntry]) -> None:
    """Remove entries 2 and 3."""
    del entries[1:3]


def beginning_removed(entries: list[AuditEntry]) -> None:
    """Remove entry 1."""
    del entries[0]


def swapped(entries: list[AuditEntry]) -> None:
    """Put entry 4 before entry 3."""
    entries[2], entries[3] = entries[3], entries[2]


def repeated(entries: list[AuditEntry]) -> None:
    """Put entry 3 twice."""
    entries.insert(3, entries[2])


def renumbered(entries: list[AuditEntry]) -> None:
    """Put a new entry in the place of entry 3, rightly linked and hashed."""
    entries[2] = link(entries[1], draft(99, "a"))


def id_repeated(entries: list[AuditEntry]) -> None:
    """Chain one more entry with the id of entry 2."""
    entries.append(link(entries[-1], replace(draft(2, "a"), subject="other")))


def moved(entries: list[AuditEntry]) -> None:
    """Put entry 3 into another chain."""
    entries[2] = replace(entries[2], chain="b")


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        (changed, [("a", 3, "changed")]),
        (rehashed, [("a", 4, "does not follow the entry 3")]),
        (removed, [("a", 4, "missing: 3")]),
        (two_removed, [("a", 4, "missing: 2-3")]),
        (beginning_removed, [("a", 2, "missing: 1")]),
        (swapped, [("a", 4, "missing: 3"), ("a", 3, "reordered"), ("a", 5, "missing: 4")]),
        (repeated, [("a", 3, "reordered or repeated")]),
        (renumbered, [("a", 4, "does not follow the entry 3")]),
        (id_repeated, [("a", 6, "its id is that of entry 2")]),
        (moved, [("b", 3, "changed"), ("b", 3, "missing: 1-2"), ("a", 4, "missing: 3")]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_harm_is_found(
    harm: Callable[[list[AuditEntry]], None], found: list[tuple[str, int, str]]
) -> None:
    """Each way to touch a chain is found, and where."""
    entries = chained(5)
    harm(entries)
    breaks = verify(entries)
    assert [(one.chain, one.number) for one in breaks] == [place[:2] for place in found]
    for one, (_, _, words) in zip(breaks, found, strict=True):
        assert words in one.what
        assert words in str(one)


@given(lengths=st.tuples(st.integers(1, 6), st.integers(1, 6)), data=st.data())
def test_any_other_order_is_found(lengths: tuple[int, int], data: st.DataObject) -> None:
    """A chain in any order but its own has a break; how chains are interleaved does not matter."""
    entries = chained(*lengths)
    order = data.draw(st.permutations(entries))
    own_order = all(
        [one.number for one in order if one.chain == chain] == list(range(1, length + 1))
        for chain, length in zip("ab", lengths, strict=True)
    )
    assert (verify(order) == []) == own_order


@pytest.mark.parametrize(
    ("cut", "found"),
    [
        pytest.param(5, [], id="whole"),
        pytest.param(3, [Break("a", 5, "the chain ends before this known entry")], id="tail cut"),
        pytest.param(0, [Break("a", 5, "the chain ends before this known entry")], id="all gone"),
    ],
)
def test_known_heads(cut: int, found: list[Break]) -> None:
    """Against a head that is known from elsewhere a cut tail shows; a longer chain is fine."""
    entries = chained(5)
    head = Head("a", 5, entries[4].hash)
    assert verify(entries[:cut], [head]) == found
    assert verify([*entries, link(entries[-1], draft(6, "a"))], [head]) == []


@pytest.mark.parametrize("length", [5, 7], ids=["to the head", "beyond the head"])
def test_known_head_of_a_rewritten_chain(length: int) -> None:
    """A chain written anew from the beginning shows against a known entry, its end or not."""
    head = Head("a", 5, chained(5)[4].hash)
    other = [replace(draft(number + 1, "a"), actor="someone else") for number in range(length)]
    anew = Chainer(head=lambda _: None, known=lambda _: False)(other)
    assert verify(anew) == []
    assert [(one.chain, one.number) for one in verify(anew, [head])] == [("a", 5)]
