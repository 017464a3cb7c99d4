"""Whether the texts of an object are ASCII, as those of nearly all records are: told at once."""

from typing import Any

from pipeline.model import Json


def is_ascii(tree: Json) -> bool:
    """Tell whether no text in an object, or in objects and lists inside it, has other letters."""
    texts: list[str] = []
    deeper: list[Any] = []
    for value in tree.values():
        if isinstance(value, str):
            texts.append(value)
        elif type(value) is dict or type(value) is list:
            deeper.append(value)
    while deeper:
        inner = deeper.pop()
        for value in inner.values() if type(inner) is dict else inner:
            if isinstance(value, str):
                texts.append(value)
            elif type(value) is dict or type(value) is list:
                deeper.append(value)
    return "".join(texts).isascii()  # one question: to ask each text costs more
