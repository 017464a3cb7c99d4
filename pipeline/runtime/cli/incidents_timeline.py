"""`saqshy incidents timeline`: an incident's whole history as one list, in three languages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

import typer

from pipeline.assess import Pack, pack_from_bundle, pack_words
from pipeline.assess.rows import LimbRow
from pipeline.assess.vocabulary import limb_key
from pipeline.errors import ConfigurationError, Problem
from pipeline.incidents.timeline import Moment, timeline, times
from pipeline.model import NANOSECONDS, Incident, Json, as_document, rfc3339
from pipeline.notify import read_texts
from pipeline.notify.texts import LANGUAGES, Texts
from pipeline.ports import Stores
from pipeline.runtime.cli.incidents_found import history_of
from pipeline.runtime.cli.options import AsJson, Config, Store
from pipeline.runtime.cli.output import emit, say, show_table, to_the_second, told_errors
from pipeline.runtime.cli.reads import Basis, ReadAs, note_read
from pipeline.runtime.reading import reading

LOCALE = Path(__file__).parent / "locale" / "incidents"
_TIMES = ("acknowledge", "notify", "contain", "restore", "close")


@cache
def catalogs() -> Texts:
    """Read the catalogs; ConfigurationError where one lacks what another has."""
    return read_texts(LOCALE)


def show_timeline(
    incident: Annotated[str, typer.Argument(help="The incident's id, or its beginning.")],
    language: Annotated[str, typer.Option("--language", help="kk, ru or en.")] = "en",
    config: Config = None,
    store: Store = None,
    whom: ReadAs = None,
    basis: Basis = None,
    json: AsJson = False,
) -> None:
    """Show events, findings, revisions with who and why, notices and receipts as one ordered list.

    Example: saqshy incidents timeline 3f0a --language kk
    """
    with told_errors():
        if language not in LANGUAGES:
            way_out = f"one of: {', '.join(LANGUAGES)}"
            problem = Problem("--language", 0, f"no language {language!r}", way_out)
            raise ConfigurationError([problem])
        with reading(config, store) as stores:
            history = history_of(stores, incident)
            last = history[-1]
            read = "incidents timeline"
            note_read(config, store, whom, basis, what=read, incident=last.id)
            notices = list(stores.outbox.list(last.id))
            found = [stores.incidents.finding(one) for one in _findings(history)]
            moments = timeline(history, [one for one in found if one is not None], notices)
            taken = times(history, notices, _latest(moments))
            words = Words(_texts(stores, last), language)
        if json:
            for moment in moments:
                emit({**as_document(moment), "at": rfc3339(moment.at)})
            emit({"times": {name: _seconds(taken[name]) for name in _TIMES}})
            return
        columns = tuple(words.of("column", name) for name in ("at", "who", "what"))
        title = words.line("column", "title", incident=last.id, object=last.object_id)
        show_table(title, columns, [words.row(one) for one in moments])
        for name in _TIMES:
            value = taken[name]
            told = words.of("times", "open") if value is None else f"{value / NANOSECONDS:.0f} s"
            say(f"{words.of('times', name)}: {told}")


def _findings(history: Sequence[Incident]) -> list[str]:
    """Give every finding that any revision named, in the order in which they came."""
    return list(dict.fromkeys(name for one in history for name in one.finding_ids))


def _latest(moments: Sequence[Moment]) -> int:
    return max(one.at for one in moments)


def _seconds(taken: int | None) -> float | None:
    return None if taken is None else taken / NANOSECONDS


def _texts(stores: Stores, incident: Incident) -> Texts:
    """Give our words, and those that the incident's own pack has for its names."""
    revision = incident.assessment.versions.get("pack", "")
    bundle = stores.content.bundle("pack", revision)
    if bundle is None:
        return catalogs()
    pack = pack_from_bundle(bundle)
    return catalogs().beside(pack_words(pack)).beside(_limbs(pack))


def _limbs(pack: Pack) -> Mapping[str, Mapping[tuple[str, str], str]]:
    """Give the words that a pack has for its limbs."""
    found: dict[str, dict[tuple[str, str], str]] = {name: {} for name in LANGUAGES}
    for row in pack.rows["limbs"]:
        if isinstance(row, LimbRow):
            for language, known in found.items():
                known["limb", limb_key(row)] = str(getattr(row.names, language))
    return found


@dataclass(frozen=True, slots=True)
class Words:
    """Tells moments in one language."""

    texts: Texts
    language: str

    def of(self, context: str, name: str) -> str:
        """Give the word for a name; the name itself where there is none."""
        return self.texts.word(self.language, context, name)

    def line(self, context: str, name: str, **values: str) -> str:
        """Give a sentence with its values."""
        return self.texts.say(self.language, context, name, **values)

    def row(self, moment: Moment) -> tuple[str, str, str]:
        """Give a moment as when, who, what."""
        who = moment.actor or self.of("column", "system")
        return to_the_second(moment.at), who, self.told(moment)

    def told(self, moment: Moment) -> str:
        """Say what happened, with its reason, and what the assessment alone says beside."""
        detail = moment.detail
        name = _NAMES.get(moment.kind, f"{moment.kind}.{moment.what}")
        if name == "step.task" and _entry(detail).get("done"):
            name = "step.task_done"
        if name == "step.report":
            name = f"step.report.{_entry(detail).get('kind', '')}"
        parts = [self.line("moment", name, **self._values(moment))]
        if detail.get("machine") and moment.kind == "step":
            parts.append(self.line("moment", "machine", said=self._said(detail["machine"])))
        if detail.get("reason"):
            parts.append(self.line("moment", "because", reason=str(detail["reason"])))
        return "; ".join(parts)

    def _values(self, moment: Moment) -> dict[str, str]:
        detail = moment.detail
        entry = {name: str(value) for name, value in _entry(detail).items()}
        route = _entry(detail).get("route", _entry(detail).get("to", ""))
        roles = [self.of("role", one) for one in route] if isinstance(route, list) else []
        links = detail.get("links", ())
        due = detail.get("due_at")
        return {
            **{name: str(value) for name, value in detail.items()},
            **entry,
            "state": self._state(moment),
            "verdict": self.of("answer", str(detail.get("verdict", ""))),
            "severity": self.of("severity", str(detail.get("severity", ""))),
            "closing": self.of("closing", str(detail.get("closing_verdict", ""))),
            "said": self._said(detail.get("said", {})),
            "route": ", ".join(roles) or self.of("route", str(route)),
            "links": ", ".join(f"{one['kind']} {one['to'][:12]}" for one in links),
            "leg": self.of("leg", moment.what),
            "role": self.of("role", str(detail.get("role", ""))),
            "due": to_the_second(due) if isinstance(due, int) else "",
        }

    def _state(self, moment: Moment) -> str:
        context = "notice" if moment.kind in ("notice", "receipt") else "state"
        return self.of(context, str(moment.detail.get("state", "")))

    def _said(self, said: Mapping[str, str]) -> str:
        """Write what is said of elements, each in words."""
        return ", ".join(
            f"{self._element(name)}: {self._value(name, value)}" for name, value in said.items()
        )

    def _element(self, name: str) -> str:
        group, _, part = name.partition(".")
        if group == "acts":
            return self.of("act", part)
        limb = self.of("limb", name)
        return self.of("element", name) if limb == name else limb

    def _value(self, name: str, value: str) -> str:
        if not value:
            return self.of("answer", "withdrawn")
        return self.of("severity" if name == "severity" else "answer", value)


_NAMES = {"notice": "notice", "receipt": "receipt"}


def _entry(detail: Json) -> Json:
    found = detail.get("entry")
    return found if isinstance(found, dict) else {}
