"""The hosting graph and the integration graph: nothing dangles, and hosting has no circle."""

from collections.abc import Iterator, Mapping

from pipeline.errors import Problem
from pipeline.registry.history import History
from pipeline.registry.placed import Entry, nearest
from pipeline.registry.records import ObjectRecord

_Places = Mapping[int, Entry[ObjectRecord]]
_Edges = dict[str, dict[str, ObjectRecord]]


def hosting_problems(
    places: _Places, histories: Mapping[str, History], secret: set[str]
) -> Iterator[Problem]:
    """Give hosts and neighbours that are not registered, and circles (16(6), 41(2), 43)."""
    edges: _Edges = {}
    for entry in places.values():
        if entry.record.hosted_on or entry.record.integrations:
            yield from _dangling(entry, histories, secret)
    for object_id, history in histories.items():
        for begin, end, record in history.spans():
            for index, host in enumerate(record.hosted_on):
                if host not in histories:
                    continue
                if histories[host].records and _meets(histories[host], begin, end):
                    edges.setdefault(object_id, {}).setdefault(host, record)
                else:
                    message = f"object {object_id!r}: its host {host!r} is not registered then"
                    way_out = "let the host's valid_from and valid_to cover it"
                    yield places[id(record)].problem(message, way_out, at=("hosted_on", index))
    for cycle in _loops(edges):
        record = edges[cycle[0]][cycle[1]]
        message = f"hosting goes in a circle: {' on '.join(cycle)}"
        yield places[id(record)].problem(message, "remove one hosted_on", at=("hosted_on",))


def _meets(history: History, begin: int, end: int) -> bool:
    return any(begin < their_end and their < end for their, their_end, _ in history.spans())


def _dangling(
    entry: Entry[ObjectRecord], histories: Mapping[str, History], secret: set[str]
) -> Iterator[Problem]:
    record = entry.record
    for index, host in enumerate(record.hosted_on):
        if host not in histories and host not in secret:
            message = f"object {record.id!r}: hosted_on names no object {host!r}"
            yield entry.problem(message, nearest(host, histories), at=("hosted_on", index))
    for index, one in enumerate(record.integrations):
        peer = one.object
        if peer is not None and peer not in histories and peer not in secret:
            message = f"object {record.id!r}: integrations names no object {peer!r}"
            way_out = nearest(peer, histories)
            yield entry.problem(message, way_out, at=("integrations", index, "object"))


def _loops(edges: _Edges) -> list[tuple[str, ...]]:
    """Find the cycles that a depth-first walk closes, each from its smallest id."""
    found: set[tuple[str, ...]] = set()
    done: set[str] = set()
    for start in sorted(edges):
        path: list[str] = []
        ways: list[Iterator[str]] = [iter((start,))]
        while ways:
            node = next(ways[-1], None)
            if node is None:
                ways.pop()
                if path:
                    done.add(path.pop())
            elif node in path:
                loop = path[path.index(node) :]
                least = loop.index(min(loop))
                found.add((*loop[least:], *loop[:least], loop[least]))
            elif node not in done:
                path.append(node)
                ways.append(iter(sorted(edges.get(node, {}))))
    return sorted(found)
