"""What people do with an incident from its page: which steps there are, and what each one asks.

Which step an incident can take is decided where steps come to pass (``incidents.life_cycle``); here
stands what is offered, so that nobody fills in a form for nothing. A test holds both together.
"""

from dataclasses import dataclass

_WORKING = ("new", "acknowledged", "investigating", "contained", "restored")
_OPEN = ("candidate", *_WORKING)
_STANDING = (*_OPEN, "closed")


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a step. ``choices`` are codes with words in the catalog's ``context``.

    ``sort`` is that of a form's field; the choices of ``many`` are the incident's own.
    """

    name: str
    sort: str
    choices: tuple[str, ...] = ()
    context: str = ""
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """One step: from which states, what it asks beside the reason, where it is offered."""

    name: str
    states: tuple[str, ...]
    questions: tuple[Question, ...] = ()
    part: str = "way"

    @property
    def command(self) -> str:
        """Give the name of its command."""
        return f"incident_{self.name}"


def _without(*states: str) -> tuple[str, ...]:
    return tuple(one for one in _WORKING if one not in states)


FILE = "file"
_LEVELS = ("low", "medium", "high", "critical")
_ORIGINS = ("internal", "external", "unknown")
_INTENTS = ("unauthorised", "unintentional", "both", "unknown")
_TRI = ("yes", "no", "unknown")
STEPS = {
    step.name: step
    for step in (
        Step("acknowledge", ("new",)),
        Step("investigate", _without("investigating")),
        Step("contain", _without("contained", "restored")),
        Step("restore", _without("restored")),
        Step(
            "decide",
            _OPEN,
            (
                Question("is_incident", "choice", ("yes", "no"), "verdict"),
                Question("failure", "choice", ("", *_TRI), "answer", needed=False),
                Question("functioning_threat", "choice", ("", *_TRI), "answer", needed=False),
                Question("closing", "choice", ("false", "benign"), "closing", needed=False),
            ),
        ),
        Step(
            "close", _OPEN, (Question("verdict", "choice", ("true", "benign", "false"), "closing"),)
        ),
        Step("reopen", ("closed",)),
        Step("assign", _STANDING, (Question("to", "line", needed=False),), "work"),
        Step("note", _STANDING, (Question("text", "text"),), "work"),
        Step(
            "task",
            _STANDING,
            (
                Question("text", "text"),
                Question("who", "line", needed=False),
                Question("due", "time", needed=False),
            ),
            "work",
        ),
        Step(
            "evidence",
            _STANDING,
            (
                Question("description", "text"),
                Question(FILE, "file", needed=False),  # or the three that follow
                Question("name", "line", needed=False),
                Question("sha256", "line", needed=False),
                Question("size", "number", needed=False),
            ),
            "work",
        ),
        Step(
            "correct",
            _OPEN,
            (
                Question("severity", "choice", ("", *_LEVELS), "severity", needed=False),
                Question("origin", "choice", ("", *_ORIGINS), "origin", needed=False),
                Question("intent", "choice", ("", *_INTENTS), "intent", needed=False),
            ),
            "work",
        ),
        Step("merge", _OPEN, (Question("into", "line"),), "work"),
        Step("split", _OPEN, (Question("findings", "many"),), "work"),
        Step(
            "link",
            _STANDING,
            (
                Question("kind", "choice", ("related", "serial", "parent", "child"), "link_kind"),
                Question("to", "line"),
            ),
            "work",
        ),
        Step("report", (*_WORKING, "closed"), (
            Question("kind", "choice", ("progress", "request"), "report_kind"),
            Question("by", "line", needed=False),
        ), "work"),
        Step("handover", _WORKING, (), "work"),
    )
}  # fmt: skip


def steps_from(state: str) -> tuple[Step, ...]:
    """Give the steps that an incident in a state can take, in their order."""
    return tuple(step for step in STEPS.values() if state in step.states)
