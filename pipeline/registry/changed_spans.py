"""Where two registries say different things of an object: what must be judged anew."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from pipeline.registry.history import History, Piece
from pipeline.registry.moments import EARLIEST
from pipeline.registry.parties import Party
from pipeline.registry.records import ObjectRecord
from pipeline.registry.registry import Registry

Span = tuple[int, int]
NOT_FACTS = frozenset({"change", "valid_from", "valid_to"})
_FACTS = tuple(name for name in ObjectRecord.model_fields if name not in NOT_FACTS)
_PARTY_FACTS = tuple(name for name in Party.model_fields if name not in NOT_FACTS)


def same_facts(one: ObjectRecord | None, other: ObjectRecord | None) -> bool:
    """Tell whether two revisions say the same of an object; who said it and when does not count."""
    if one is None or other is None:
        return one is other
    return one is other or all(getattr(one, name) == getattr(other, name) for name in _FACTS)


def same_party(one: Party | None, other: Party | None) -> bool:
    """Tell whether two records say the same of a party."""
    if one is None or other is None:
        return one is other
    return one is other or all(getattr(one, name) == getattr(other, name) for name in _PARTY_FACTS)


def changed_spans(old: Registry, new: Registry) -> dict[str, tuple[Span, ...]]:
    """Give by object the spans of valid time (nanoseconds) of which something else is known now.

    A span [begin, end) counts where the object's record says something else, where a party that it
    names does, or where an object changed on which it stands or that stands on it (16(6), 17(3)).
    Objects of which nothing changed are absent.
    """
    found: dict[str, list[Span]] = {}
    for object_id in sorted({*old.histories, *new.histories}):
        before, after = old.histories.get(object_id), new.histories.get(object_id)
        spans = [one for one in _judged_spans(before, after) if one[0] < one[1]]
        if spans:
            found[object_id] = spans
    neighbours = _along_hosting(found, old, new)
    for object_id, spans in [*neighbours, *_by_parties(old, new)]:
        found.setdefault(object_id, []).extend(spans)
    return {object_id: joined(found[object_id]) for object_id in sorted(found)}


def own_spans(before: History | None, after: History | None) -> Iterator[Span]:
    """Give the spans in which two histories of one object say something else of it."""
    if before is not None and after is not None and before.revisions == after.revisions:
        return
    edges = sorted({*_edges(before), *_edges(after)})
    for begin, end in pairwise(edges):
        one = before.at(begin) if before is not None else None
        other = after.at(begin) if after is not None else None
        if not same_facts(one, other):
            yield begin, end


def _judged_spans(before: History | None, after: History | None) -> Iterator[Span]:
    """Give the own spans, and the time before the first revision, which is judged by it."""
    yield from own_spans(before, after)
    if before is None or after is None:
        return
    begins = before.begins[0], after.begins[0]
    if begins[0] != begins[1] or not same_facts(before.records[0], after.records[0]):
        yield EARLIEST, max(begins)


def _edges(history: History | None) -> Iterator[int]:
    if history is not None:
        yield from history.begins
        yield from history.ends


def _along_hosting(
    found: Mapping[str, list[Span]], old: Registry, new: Registry
) -> Iterator[tuple[str, list[Span]]]:
    """Give what follows for hosts and guests, directly or through others."""
    if not found:
        return
    up, down = _graph(old, new)
    for object_id, spans in list(found.items()):
        for graph in (up, down):
            for neighbour in _reached(graph, object_id):
                yield neighbour, spans


def _graph(*registries: Registry) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    up: dict[str, set[str]] = {}
    down: dict[str, set[str]] = {}
    for registry in registries:
        for object_id, history in registry.histories.items():
            for record in history.records:
                for host in record.hosted_on:
                    up.setdefault(object_id, set()).add(host)
                    down.setdefault(host, set()).add(object_id)
    return up, down


def _reached(graph: Mapping[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for neighbour in graph.get(waiting.pop(), ()):
            if neighbour not in seen:
                seen.add(neighbour)
                waiting.append(neighbour)
    return seen - {start}


def _by_parties(old: Registry, new: Registry) -> Iterator[tuple[str, list[Span]]]:
    """Give where objects name a party of which something else is known now."""
    for party_id in sorted({*old.parties, *new.parties}):
        if same_party(old.parties.get(party_id), new.parties.get(party_id)):
            continue
        for registry in (old, new):
            for object_id in registry.named_by(party_id):
                spans = list(_naming(registry.histories[object_id].spans(), party_id))
                if spans:
                    yield object_id, spans


def _naming(pieces: Iterable[Piece], party_id: str) -> Iterator[Span]:
    for begin, end, record in pieces:
        if party_id in record.named_parties:
            yield begin, end


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Join spans that meet or touch; sorted."""
    found: list[Span] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((begin, end))
    return tuple(found)
