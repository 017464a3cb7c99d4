"""The audit trail: its entries, and on demand whether all of it still holds together."""

from collections.abc import Iterator
from dataclasses import replace

from pipeline.model import Json
from pipeline.ports.searching import Kind
from pipeline.web.console.documents import moment, number, text, value
from pipeline.web.console.pages.search import searched
from pipeline.web.console.parts import Cell, Facts, Message, Page, Part, Ways, code, together
from pipeline.web.console.scene import Absent, Scene
from pipeline.web.markup import element


def audit(scene: Scene) -> Page:
    """Show the audit trail; with ``verify`` in the address check it, which takes its time."""
    say = scene.words
    may = "verify" in scene.me["pages"]
    if scene.has(Kind.AUDIT):
        page = searched(scene, "/audit", (Kind.AUDIT,), "audit", "week")
    elif may:
        page = Page(say("audit.title"), say("audit.lead"))
    else:
        raise Absent
    if not may:
        return page
    if scene.query.get("verify") != "yes":
        part = Part(say("audit.verify"), [Ways([("/audit?verify=yes", say("audit.verify_now"))])])
        return replace(page, main=[part, *page.main])
    found = scene.desk.verify(scene.viewer)
    if found is None:
        raise Absent
    whole = value(found, "whole") is True
    message = Message([say("audit.whole" if whole else "audit.broken")], "good" if whole else "bad")
    part = Part(say("audit.result"), [Facts(list(_result(scene, found)))])
    return replace(page, messages=[message, *page.messages], main=[part, *page.main])


def _result(scene: Scene, found: Json) -> Iterator[tuple[str, Cell]]:
    """Write what a verification found, as far as it is told to the viewer."""
    say, at = scene.words, scene.at
    yield say.word("verified", "at"), at(moment(found, "at"))
    for name in ("entries", "covered", "checkpoints", "signed"):
        if name in found:
            yield say.word("verified", name), say.number(number(found, name))
    if "signatures_checked" in found:
        said = say.word("answer", text(found, "signatures_checked"))
        yield say.word("verified", "signatures_checked"), said
    if text(found, "last.number"):
        last = together(at(moment(found, "last.at")), code(text(found, "last.root")))
        yield say.word("verified", "last"), last
    for one in value(found, "breaks") or ():
        yield say.word("verified", "breaks"), element("span", str(one), lang="en")
