"""Times on pages: an instant, a span, and a countdown that a script keeps going."""

from dataclasses import dataclass

from pipeline.model import NANOSECONDS, rfc3339
from pipeline.web.console.words import Words
from pipeline.web.markup import Html, element

_MILLION = 1_000_000
SOON = 3_600 * NANOSECONDS
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Moments:
    """Writes times in one language, seen from an instant (nanoseconds)."""

    words: Words
    now: int

    def __call__(self, instant: int | None) -> Html:
        """Write an instant in UTC to the second; nothing where there is none."""
        if not instant:
            return Html("")
        text = rfc3339(instant // NANOSECONDS * NANOSECONDS)
        return element("time", self.text(instant), datetime=text)

    @staticmethod
    def text(instant: int) -> str:
        """Write an instant in UTC to the second, where there is no markup."""
        text = rfc3339(instant // NANOSECONDS * NANOSECONDS)
        return text.replace("T", " ").removesuffix("Z")

    def span(self, nanoseconds: int) -> str:
        """Write how long."""
        return self.words.span(nanoseconds)

    def left(self, due: int | None, missing: str = "") -> Html:
        """Write what is left until an instant, or how long ago it was; it goes on counting.

        Where nobody set a number (``missing`` names the by-law) it says so.
        """
        if due is None:
            by_law = self.words.word("by_law", missing)
            said = self.words("timer.none", missing=by_law) if missing else self.words("timer.open")
            return element("span", said, class_="timer none")
        left = due - self.now
        state = "late" if left < 0 else "soon" if left < SOON else "calm"
        name = "timer.late" if left < 0 else "timer.left"
        return element(
            "span",
            self.words(name, span=self.clock(left)),
            class_=f"timer {state}",
            role="timer",
            data_due=str(due // _MILLION),
            data_soon=str(SOON // _MILLION),
        )

    def done(self, at: int, due: int | None) -> Html:
        """Write that something was done, and how much of its term was left, or how late it was."""
        if due is None or due == at:
            return element("span", self.words("timer.met"), class_="timer done")
        name, state = ("timer.spare", "done") if at <= due else ("timer.over", "late")
        said = self.words(name, span=self.words.span(due - at))
        return element("span", said, class_=f"timer {state}")

    def clock(self, nanoseconds: int) -> str:
        """Write a span as a clock: 01:12:33, with days before it where there are any."""
        seconds = abs(nanoseconds) // NANOSECONDS
        days, rest = divmod(seconds, _DAY)
        text = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
        return f"{days} {self.words('timer.day')} {text}" if days else text
