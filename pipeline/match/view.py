"""An event as rules see it: Sigma field names to folded texts, each looked up once.

Text is compared without regard to case by Unicode case folding, which, unlike lowering, folds
each character by itself, so that a part of a text folds to a part of the folded text. A number's
text is its shortest decimal form, a truth value's ``true`` or ``false``, a mapping's its compact
JSON. A field with several values is each of them; null and empty lists are no value.
"""

import json
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final

from pipeline.match.values import compact_json
from pipeline.model import Json


class Absent:
    """The field is not in the event."""

    __slots__ = ()


ABSENT: Final = Absent()


class Several:
    """The folded texts of a field with none or several values: a test holds where one passes.

    It has the methods of ``str`` that generated rules call, so that one code serves both.
    """

    __slots__ = ("_texts",)
    __hash__ = None  # type: ignore[assignment]  # equality is "one of them equals"

    def __init__(self, texts: tuple[str, ...]) -> None:
        self._texts = texts

    @property
    def texts(self) -> tuple[str, ...]:
        """Give the texts."""
        return self._texts

    def __eq__(self, other: object) -> bool:
        return other in self.texts

    def __contains__(self, part: str) -> bool:
        return any(part in text for text in self.texts)

    def startswith(self, heads: str | tuple[str, ...]) -> bool:
        """Tell whether one text begins so."""
        return any(text.startswith(heads) for text in self.texts)

    def endswith(self, tails: str | tuple[str, ...]) -> bool:
        """Tell whether one text ends so."""
        return any(text.endswith(tails) for text in self.texts)


NOTHING: Final = Several(())


class Scanned(Several):
    """A long text of which a scan has told which words it contains: they need not be sought again.

    The text is folded only where something else is asked. ``found`` are those of the ``known``
    words that the text contains.
    """

    __slots__ = ("_found", "_known", "_text")
    __hash__ = None

    def __init__(self, text: str, known: AbstractSet[str], found: AbstractSet[str]) -> None:
        self._text = text
        self._known = known
        self._found = found
        super().__init__(())

    @property
    def texts(self) -> tuple[str, ...]:
        """Give the folded text, alone."""
        if not self._texts:
            self._texts = (self._text.casefold(),)
        return self._texts

    def __eq__(self, other: object) -> bool:
        return other in self.texts

    def __contains__(self, part: str) -> bool:
        return part in self._found if part in self._known else part in self.texts[0]

    def has_one_of(self, words: AbstractSet[str]) -> bool:
        """Tell whether the text contains one of these words."""
        if not words.isdisjoint(self._found):
            return True
        return any(word in self.texts[0] for word in words - self._known)


Alternative = tuple[str, tuple[str, ...], tuple[str, ...]]  # name, path, the name's beginnings


class Plans(dict[str, tuple[Alternative, ...]]):
    """Where to look for each field: names in their order, dotted ones as paths too.

    ``within`` are the objects that may hold a field when none of its names is there.
    """

    __slots__ = ("names", "within")

    def __init__(self, names: Mapping[str, tuple[str, ...]], within: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.names = names
        self.within = within

    def __missing__(self, field: str) -> tuple[Alternative, ...]:
        names = (
            *self.names.get(field, (field,)),
            *(f"{place}.{field}" for place in self.within),
        )
        plan = self[field] = tuple(map(_alternative, names))
        return plan


class View(dict[str | None, "str | Several"]):
    """One event's fields as folded texts; ``None`` is the text that keywords are sought in."""

    __slots__ = ("_originals", "ecs", "native", "plans")

    def __init__(self, plans: Plans, native: Json, ecs: Json) -> None:
        super().__init__()
        self.plans = plans
        self.native = native
        self.ecs = ecs
        self._originals: dict[str | None, tuple[str, ...]] = {}

    def __missing__(self, field: str | None) -> "str | Several":
        if field is None:
            found: str | Several = "\n".join(self.originals(None)).casefold()
        else:
            value = self.lookup(field)
            if type(value) is str:
                found = value.casefold()
            elif value is ABSENT or value is None:
                found = NOTHING
            else:
                texts = tuple(text.casefold() for text in _texts(value))
                found = texts[0] if len(texts) == 1 else Several(texts) if texts else NOTHING
        self[field] = found
        return found

    def lookup(self, field: str) -> Any:
        """Give a field's value as it stands in the event; None where null, ABSENT where not."""
        return lookup(self.plans, self.native, self.ecs, field)

    def originals(self, field: str | None) -> tuple[str, ...]:
        """Give a field's texts with their case kept; of ``None``, every text of the event."""
        texts = self._originals.get(field)
        if texts is None:
            if field is None:
                texts = tuple(self._everything())
            else:
                value = self.lookup(field)
                if type(value) is str:
                    texts = (value,)
                else:
                    texts = () if value is ABSENT or value is None else tuple(_texts(value))
            self._originals[field] = texts
        return texts

    def _everything(self) -> list[str]:
        """Give every text that keywords are sought in: the vendor's values and the message."""
        if not self.native:
            return list(_texts_inside(self.ecs))
        texts = []
        message = self.ecs.get("message")
        for value in self.native.values():
            kind = value.__class__
            if kind is str:
                texts.append(value)
                if value is message:
                    message = None
            elif kind is int:
                texts.append(repr(value))
            elif value is not None:
                texts += _texts_inside(value)
        if message.__class__ is str:
            texts.append(message)
        return texts


def lookup(plans: Plans, native: Json, ecs: Json, field: str) -> Any:
    """Give a field's value as it stands in an event; None where null, ABSENT where not."""
    found: Any = ABSENT
    for name, path, heads in plans[field]:
        value = native.get(name, ABSENT)
        if value is ABSENT and path:
            for head in heads:
                if head in native:
                    value = _follow(native, path)
                    break
            if value is ABSENT and heads[0] in ecs:
                value = _follow(ecs, path)
        if value is None:
            found = None
        elif value is not ABSENT:
            return value
    return found


def value_text(value: Any) -> str:
    """Give the text of one value, as rules compare it."""
    if type(value) is str:
        return value
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int | float):
        return repr(value)
    try:
        return json.dumps(value, default=str, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        return compact_json(value)


def _texts(value: Any) -> Iterator[str]:
    return (value_text(item) for item in _items(value) if item is not None)


def _items(value: Any) -> list[Any]:
    """Give a value, or what stands in a list and in the lists inside it, in their order."""
    if not isinstance(value, list | tuple):
        return [value]
    items, waiting = [], list(reversed(value))
    while waiting:
        item = waiting.pop()
        if isinstance(item, list | tuple):
            waiting += reversed(item)
        else:
            items.append(item)
    return items


def _texts_inside(tree: Any) -> Iterator[str]:
    stack = [tree]
    while stack:
        value = stack.pop()
        if type(value) is str:
            yield value
        elif isinstance(value, dict):
            stack += value.values()
        elif isinstance(value, list | tuple):
            stack += value
        elif value is not None:
            yield value_text(value)


def _alternative(name: str) -> Alternative:
    path = tuple(name.split(".")) if "." in name else ()
    return name, path, tuple(".".join(path[:length]) for length in range(1, len(path)))


def _follow(tree: Any, path: tuple[str, ...]) -> Any:
    """Follow a dotted name through mappings and lists; keys may themselves hold dots."""
    if isinstance(tree, list):
        found = [value for item in _items(tree) if (value := _follow(item, path)) is not ABSENT]
        return found if found else ABSENT
    if not isinstance(tree, dict):
        return ABSENT
    for length in range(1, len(path) + 1):
        key = path[0] if length == 1 else ".".join(path[:length])
        if key in tree:
            if length == len(path):
                return tree[key]
            value = _follow(tree[key], path[length:])
            if value is not ABSENT:
                return value
    return ABSENT
