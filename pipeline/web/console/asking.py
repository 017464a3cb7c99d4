"""A question on a page: its words, its span of time, its page; and the addresses that change it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlencode

from pipeline.model import NANOSECONDS, Instant
from pipeline.ports.searching import Kind
from pipeline.web.console.parts import Choice, Field, Form
from pipeline.web.console.words import Words

HOUR, DAY = 3_600 * NANOSECONDS, 86_400 * NANOSECONDS
SPANS = {"hour": HOUR, "day": DAY, "week": 7 * DAY, "month": 30 * DAY, "all": 0}
KINDS = {one.value: one for one in Kind}
_STEPS = (
    NANOSECONDS, 5 * NANOSECONDS, 15 * NANOSECONDS, 60 * NANOSECONDS, 300 * NANOSECONDS,
    900 * NANOSECONDS, HOUR, 3 * HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY, 365 * DAY,
)  # fmt: skip
MOST_BARS = 62


@dataclass(frozen=True, slots=True)
class Question:
    """What a search page was asked: of which kind, which words, since when until when.

    ``span`` is a name of ``SPANS`` where the times follow from now; else they are given.
    """

    path: str
    kind: Kind
    text: str = ""
    span: str = "all"
    begin: Instant | None = None
    end: Instant | None = None
    after: str = ""
    kinds: tuple[Kind, ...] = ()

    @classmethod
    def of(
        cls, path: str, query: Mapping[str, str], kinds: tuple[Kind, ...], now: Instant,
        usual: str = "all",
    ) -> "Question":  # fmt: skip
        """Read a question from an address; what cannot be read is as if it were not there."""
        kind = KINDS.get(query.get("kind", ""), kinds[0])
        span = query.get("span", "" if query.get("begin") or query.get("end") else usual)
        made = cls(
            path=path,
            kind=kind if kind in kinds else kinds[0],
            text=query.get("q", "")[:4_096],
            span=span if span in SPANS else "",
            begin=typed(query.get("begin", "")),
            end=typed(query.get("end", "")),
            after=query.get("after", ""),
            kinds=kinds,
        )
        if made.span == "all":
            return replace(made, begin=None, end=None)
        if made.span:
            return replace(made, begin=now - SPANS[made.span], end=None)
        return made

    def address(self, **changed: str) -> str:
        """Give the address of this question with some of it changed; "" takes a part away."""
        held = {"q": self.text, **self._times()}
        if len(self.kinds) > 1:
            held["kind"] = self.kind.value
        held |= changed
        pairs = [(name, value) for name, value in held.items() if value]
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path

    def lasting(self, now: Instant) -> str:
        """Give an address that means the same tomorrow: with times in place of a span."""
        return self.address(
            span="", begin=_written(self.begin) if self.begin else "", end=_written(self.end or now)
        )

    def form(self, say: Words, button: str) -> Form:
        """Give the form that asks it."""
        fields = [
            Field("q", say("search.question"), "search", self.text, hint=say("search.hint"),
                  longest=4_096)
        ]  # fmt: skip
        if len(self.kinds) > 1:
            choices = [Choice(one.value, say.word("kind", one.value)) for one in self.kinds]
            fields.append(Field("kind", say("search.kind"), "choice", self.kind.value, choices))
        spans = [Choice(one, say(f"span_of.{one}")) for one in SPANS]
        fields += [
            Field("span", say("search.span"), "choice", self.span,
                  [Choice("", say("span_of.own")), *spans]),
            Field("begin", say("search.begin"), "time",
                  "" if self.span else _written(self.begin)),
            Field("end", say("search.end"), "time", "" if self.span else _written(self.end)),
        ]  # fmt: skip
        return Form(self.path, fields, button, "get", inline=True)

    def _times(self) -> dict[str, str]:
        if self.span:
            return {"span": self.span}
        return {"begin": _written(self.begin), "end": _written(self.end)}


def step_of(begin: Instant, end: Instant) -> Instant:
    """Choose the width of a histogram's buckets (nanoseconds) for a span of time."""
    return next((one for one in _STEPS if (end - begin) // one < MOST_BARS), _STEPS[-1])


def quoted(value: str) -> str:
    """Write a value as the language of questions takes it as a whole."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def typed(text: str) -> Instant | None:
    """Read a time as a browser's field gives it, in UTC; None where it is none."""
    try:
        moment = datetime.fromisoformat(text.strip().removesuffix("Z"))
    except ValueError:
        return None
    if moment.tzinfo is not None or not 1970 <= moment.year <= 2200:
        return None
    return int(moment.replace(tzinfo=UTC).timestamp()) * NANOSECONDS


def _written(at: Instant | None) -> str:
    if at is None:
        return ""
    return f"{datetime.fromtimestamp(at // NANOSECONDS, UTC):%Y-%m-%dT%H:%M:%S}"
