"""Help: the keys, the language of questions, and what is recorded; and pages for what cannot be."""

from pipeline.web.console.parts import Field, Form, Page, Part, Prose, Row, Table, Ways
from pipeline.web.console.scene import Scene
from pipeline.web.console.ways import ways_of
from pipeline.web.console.words import Words
from pipeline.web.markup import Html, element

_KEYS = ("j", "k", "Enter", "/", "?")
_EXAMPLES = (
    "host.name: web-01 and event.outcome: failure",
    'message: "logon failed"',
    "event.code: (4624 or 4625)",
    "not user.name: *$",
    "source.ip: 10.0.0.0/8",
    "event_count >= 100",
)


def help_page(scene: Scene) -> Page:
    """Show the keys and how one asks."""
    say = scene.words
    keys = [Row((key(name), say(f"key.{name}"))) for name in _KEYS]
    keys += [
        Row((Html(f"{key('g')} {key(way.key)}"), say(way.text)))
        for way in ways_of(scene.viewer.role, scene.desk.seen_as(scene.viewer))
    ]
    columns = [say("help.key"), say("column.what")]
    switch = [("/help?keys=off", say("help.keys_off")), ("/help?keys=on", say("help.keys_on"))]
    examples = [Row((element("code", one), say(f"example.{place}")))
                for place, one in enumerate(_EXAMPLES, 1)]  # fmt: skip
    asked = [say("search.question"), say("column.what")]
    return Page(
        title=say("help.title"),
        main=[
            Part(say("help.keys"), [Table(say("help.keys"), columns, keys, ""), Ways(switch)]),
            Part(say("help.questions"), [Prose(say("help.questions.text")),
                                         Table(say("help.questions"), asked, examples, "")]),
        ],
        aside=[Part(say("help.recorded"), [Prose(say("help.recorded.text"))])],
    )  # fmt: skip


def key(name: str) -> Html:
    """Write a key of the keyboard."""
    return element("kbd", name)


def error_page(say: Words, status: int) -> Page:
    """Tell what cannot be. What is forbidden looks like what does not exist."""
    name = {404: "absent", 503: "away", 405: "absent", 413: "large"}.get(status, "wrong")
    return Page(
        title=say(f"error.{name}"),
        main=[Part("", [Prose(say(f"error.{name}.text")), Ways([("/", say("error.home"))], True)])],
    )


def ground_page(say: Words, then: str) -> Page:
    """Ask on which ground somebody reads, which is kept with each read (35(4))."""
    fields = [
        Field("ground", say("ground.ground"), "text", hint=say("ground.hint"), needed=True,
              longest=500),
        Field("next", "", "hidden", then),
    ]  # fmt: skip
    form = Form("/ground", fields, say("ground.go_on"))
    return Page(say("ground.title"), say("ground.lead"), main=[Part("", [form])])
