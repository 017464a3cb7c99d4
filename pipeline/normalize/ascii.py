"""Whether the texts of an object are ASCII, as those of nearly all records are: told at once."""

from typing import Any

from pipeline.model import Json


def is_ascii(tree: Json) -> bool:
    """Tell whether no text in an object, or in objects and lists inside it, has other letters."""
    texts: list[str] = []
    _gather(tree, texts)
    return "".join(texts).isascii()  # a text knows of itself whether it is; asking each costs more


def _gather(tree: Json, texts: list[str]) -> None:
    for value in tree.values():
        if type(value) is str:
            texts.append(value)
        elif type(value) is dict:
            _gather(value, texts)
        elif type(value) is list:
            _gather_items(value, texts)


def _gather_items(items: list[Any], texts: list[str]) -> None:
    waiting = [items]  # not by recursion: lists in lists may go as deep as a document may
    while waiting:
        for value in waiting.pop():
            if type(value) is str:
                texts.append(value)
            elif type(value) is dict:
                _gather(value, texts)
            elif type(value) is list:
                waiting.append(value)
