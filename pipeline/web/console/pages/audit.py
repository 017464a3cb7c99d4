"""The audit trail: its entries, and on demand whether all of it still holds together."""

from dataclasses import replace

from pipeline.ports.searching import Kind
from pipeline.web.console.documents import flat
from pipeline.web.console.pages.search import searched
from pipeline.web.console.parts import Facts, Message, Page, Part, Ways, code
from pipeline.web.console.scene import Absent, Scene


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
    pairs = [(say.word("verified", path), code(said)) for path, said in flat(found)]
    whole = not found.get("breaks")
    message = Message([say("audit.whole" if whole else "audit.broken")], "good" if whole else "bad")
    part = Part(say("audit.result"), [Facts(pairs)])
    return replace(page, messages=[message, *page.messages], main=[part, *page.main])
