"""HTML that is escaped by construction: text is text until it is an element."""

from collections.abc import Sequence


class Html(str):
    """Markup that was made here; any other string is somebody's text."""

    __slots__ = ()


def visible(text: str) -> str:
    r"""Spell out the characters that show nothing or turn the line: ``\x1b``, ``\u202e``."""
    if text.isprintable():
        return text
    return "".join(
        char
        if char.isprintable()
        else char.encode("unicode_escape", "surrogatepass").decode("ascii")
        for char in text
    )


def shown(text: str) -> str:
    """Escape a text for HTML; characters that show nothing or turn the line are spelled out."""
    text = visible(text)
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(char, entity)
    return text.replace("'", "&#x27;")


def element(tag: str, *children: str, **attributes: str) -> Html:
    """Make an element; a child that is no ``Html`` is escaped, and so is every attribute.

    A trailing underscore of an attribute's name falls away (``class_``), others become hyphens.
    """
    names = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{shown(value)}"'
        for name, value in attributes.items()
    )
    inner = "".join(child if isinstance(child, Html) else shown(child) for child in children)
    return Html(f"<{tag}{names}>{inner}</{tag}>")


def empty(tag: str, **attributes: str) -> Html:
    """Make an element that has no end tag (meta, br)."""
    return Html(element(tag, **attributes).removesuffix(f"</{tag}>"))


def table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], nothing: str) -> Html:
    """Make a table with a head, or a paragraph that says that there is nothing."""
    if not rows:
        return element("p", nothing, class_="nothing")
    head = element("tr", *(element("th", column, scope="col") for column in columns))
    body = [element("tr", *(element("td", cell) for cell in row)) for row in rows]
    whole = element("table", element("thead", head), element("tbody", *body))
    return element("div", whole, class_="wide")
