"""What is known already, held against what should be written: equal, or two claims to one name."""

from collections.abc import Iterable, Sequence

import orjson
from elasticsearch import Elasticsearch

from connectors.stores.elasticsearch.bulk import Action
from connectors.stores.elasticsearch.documents import content, same
from connectors.stores.elasticsearch.scan import by_ids
from pipeline.errors import IntegrityError


def clashes(client: Elasticsearch, actions: Iterable[Action]) -> list[Action]:
    """Give the actions whose document is known with another content, as it stands now."""
    wanted: dict[str, dict[str, list[Action]]] = {}
    for action in actions:
        wanted.setdefault(action.index, {}).setdefault(action.id, []).append(action)
    found: list[Action] = []
    for index, of in wanted.items():
        for hit in by_ids(client, index, of):
            stored = content(hit["_source"])
            found += [one for one in of[hit["_id"]] if not same(stored, content_of(one))]
    return found


def content_of(action: Action) -> bytes:
    """Give what an action writes, also where it is in its plain form."""
    return content(orjson.loads(action.body)) if b'"whole":' in action.body else action.body


def refuse_two(actions: Sequence[Action]) -> None:
    """Raise IntegrityError where two of these actions claim one name with different contents."""
    first: dict[tuple[str, str], bytes] = {}
    for action in actions:
        if not same(first.setdefault((action.index, action.id), action.body), action.body):
            raise clash(action)


def clash(action: Action) -> IntegrityError:
    """Give the error for a name that two contents claim."""
    document = orjson.loads(content_of(action))
    named = (
        f"revision {document['revision']} of {document['id']}"
        if "revision" in document
        else action.id
    )
    return IntegrityError(
        f"{named} is already in the index {action.index} with another content: it is kept as it"
        " was; find out which process made two"
    )
