"""One event as it is kept: what ECS names first, then the vendor's own, then where it came from."""

from pipeline.ports.searching import Kind
from pipeline.web.console.documents import flat, moment, text
from pipeline.web.console.parts import Facts, Page, Part, code
from pipeline.web.console.scene import Absent, Scene

_OWN = "saqshy."
_NATIVE = "saqshy.native."


def event(scene: Scene) -> Page:
    """Show one event."""
    say = scene.words
    found = scene.desk.one(scene.viewer, Kind.EVENTS, scene.path("id"))
    if found is None:
        raise Absent
    fields = list(flat(found))
    parts = (
        ("event.ecs", [one for one in fields if not one[0].startswith(_OWN)], ""),
        ("event.native", [one for one in fields if one[0].startswith(_NATIVE)], _NATIVE),
        (
            "event.kept",
            [one for one in fields if one[0].startswith(_OWN) and not one[0].startswith(_NATIVE)],
            _OWN,
        ),
    )
    title = " ".join(
        part for part in (text(found, "event.dataset"), text(found, "event.code"),
                          text(found, "event.action")) if part
    )  # fmt: skip
    return Page(
        title=title or say("event.title"),
        lead=scene.at(moment(found, "@timestamp")),
        main=[
            Part(
                say(name),
                [Facts([(path.removeprefix(cut), code(held)) for path, held in held_fields])],
            )
            for name, held_fields, cut in parts
            if held_fields
        ],
    )
