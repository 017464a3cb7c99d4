"""The status page: one look at what runs, what was found and who was told; no scripts.

In Kazakh, Russian and English; lines of trouble come from the runtime as they are, in English.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.model import NANOSECONDS, Incident, Notice, Tri, rfc3339
from pipeline.notify.texts import LANGUAGES
from pipeline.web.markup import Html, element, empty, table
from pipeline.web.status_words import Words

REFRESH_SECONDS = 5
_INCIDENTS = ("opened", "incident", "object", "state", "class", "severity", "events", "told")
_SOURCES = ("listener", "kind", "place", "records", "refused", "dropped")
_STAGES = ("stage", "items", "time", "each", "failures")

STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem auto; max-width: 78rem;
  padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0 0 .2rem; }
h2 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0;
  border-bottom: 1px solid #8884; overflow-wrap: break-word; }
th { font-weight: 600; white-space: nowrap; }
p { margin: .2rem 0; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: .6rem; }
dt { color: #777; font-size: .85rem; }
dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
.nothing, .quiet { color: #777; }
.bad { color: #c62828; font-weight: 600; }
.wide { overflow-x: auto; }
time { white-space: nowrap; }
.id { font-family: ui-monospace, monospace; font-size: .85rem; }
"""


@dataclass(frozen=True, slots=True)
class SourceFact:
    """One way in: its listener's name, its kind, and where it listens or reads."""

    name: str
    kind: str
    place: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What only the runtime knows: who runs, since when, with what, and whether it is ready.

    ``versions`` are (name, version) of program, content, registry, pack and regime. ``waiting``
    says what is not ready yet, "" when everything is; ``alarms`` what works and needs a person.
    ``silences`` are (id, what, when, by whom, why) of those that stand, ``clocks`` (source, skew,
    usual delay) of sources whose clock is off.
    """

    centre: str
    began_at: int
    versions: tuple[tuple[str, str], ...] = ()
    sources: tuple[SourceFact, ...] = ()
    waiting: str = ""
    alarms: tuple[str, ...] = ()
    silences: tuple[tuple[str, ...], ...] = ()
    clocks: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """What the page shows: facts, positions, samples of the metrics by (name, label values)."""

    facts: Facts
    at: int
    journalled: int
    committed: int
    events: int
    dead_letters: int
    samples: Mapping[tuple[str, tuple[str, ...]], float]
    incidents: Sequence[tuple[Incident, Sequence[Notice]]]

    def total(self, name: str, *labels: str) -> float:
        """Sum the samples of a name whose first label values are these."""
        return sum(
            value
            for (of, values), value in self.samples.items()
            if of == name and values[: len(labels)] == labels
        )


def status_page(status: Status, said: Words) -> str:
    """Write the page in a language."""
    facts = status.facts
    head = element(
        "head",
        empty("meta", charset="utf-8"),
        empty("meta", name="viewport", content="width=device-width, initial-scale=1"),
        empty("meta", http_equiv="refresh", content=str(REFRESH_SECONDS)),
        element("title", f"Saqshy {facts.centre}"),
        element("style", Html(STYLE)),
    )
    since = (_time(status.at), said("since"), _time(facts.began_at))
    troubles = (said("waiting", what=facts.waiting),) if facts.waiting else ()
    body = element(
        "body",
        element("p", *_links(*((f"/{one}", one) for one in LANGUAGES)), class_="quiet"),
        element("h1", f"Saqshy {facts.centre}"),
        element("p", *since, class_="quiet"),
        *(element("p", one, class_="bad") for one in (*troubles, *facts.alarms)),
        _figures(status, said),
        *_part(said, "incidents", _INCIDENTS, _incidents(status, said)),
        *_part(said, "silences", ("silence", "what", "when", "by", "why"), facts.silences),
        *_part(said, "sources", _SOURCES, _sources(status, said)),
        *_part(said, "clocks", ("source", "off_by", "usual_delay"), facts.clocks),
        *_part(said, "stages", _STAGES, _stages(status, said)),
        *_part(said, "versions", ("part", "version"), facts.versions),
        element(
            "p",
            *_links(
                ("/metrics", said("link.metrics")),
                ("/api/v1/incidents", said("link.incidents")),
                ("/api/v1/notices", said("link.notices")),
            ),
        ),
    )
    return f"<!doctype html>\n{element('html', head, body, lang=said.language)}\n"


def _part(
    said: Words, name: str, columns: Sequence[str], rows: Sequence[tuple[str, ...]]
) -> tuple[Html, Html]:
    """Make a heading and its table, or what is said where there is nothing."""
    heads = tuple(said(f"column.{one}") for one in columns)
    return element("h2", said(f"heading.{name}")), table(heads, rows, said(f"none.{name}"))


def _figures(status: Status, said: Words) -> Html:
    waiting = status.journalled - status.committed
    lag = said.number(status.total("saqshy_lag_seconds"), 1)
    behind = said.number(waiting)
    errors = status.total("saqshy_rule_errors_total")
    counted = {
        "findings": status.total("saqshy_findings_total"),
        "silenced": status.total("saqshy_findings_suppressed_total"),
        "dead_letters": status.dead_letters,
        "rules": status.total("saqshy_rules_in_force"),
        "left_out": status.total("saqshy_rules_quarantined"),
        "rule_errors": errors,
        "refused": status.total("saqshy_records_refused_total"),
    }
    figures = {
        "journalled": said.number(status.journalled),
        "committed": said.number(status.committed),
        "waiting": said("behind", count=behind, seconds=lag) if waiting else behind,
        "events": said.number(status.events),
        **{name: said.number(count) for name, count in counted.items()},
    }
    bad = {name for name in ("dead_letters", "rule_errors") if counted[name] > 0}
    return element(
        "dl",
        *(
            element(
                "div",
                element("dt", said(f"figure.{name}")),
                element("dd", value, class_="bad") if name in bad else element("dd", value),
            )
            for name, value in figures.items()
        ),
    )


def _incidents(status: Status, said: Words) -> list[tuple[str, ...]]:
    return [
        (
            _time(incident.opened_at),
            element("span", incident.id[:8], class_="id", title=incident.id),
            said("trial", object=incident.object_id) if incident.trial else incident.object_id,
            said.code("incident_state", incident.state.value),
            _class(incident, said),
            " / ".join(
                (
                    said.code("severity", incident.assessment.severity),
                    incident.assessment.priority,
                )
            ),
            said.number(incident.event_count),
            _told(notices, said),
        )
        for incident, notices in status.incidents
    ]


def _class(incident: Incident, said: Words) -> str:
    acts = [act for act, holds in sorted(incident.assessment.acts.items()) if holds is Tri.YES]
    return ", ".join(said.code("act", act) for act in acts) or incident.assessment.rsit


def _told(notices: Sequence[Notice], said: Words) -> Html:
    if not notices:
        return element("span", said("none.told"), class_="nothing")
    lines = []
    for notice in notices:
        role = said.code("role", notice.recipient.role)
        leg = said.code("receiver", notice.leg)
        who = f"{role} {notice.recipient.party_id} ({leg}): "
        lines.append(element("p", who, _outcome(notice, said)))
    return Html("".join(lines))


def _outcome(notice: Notice, said: Words) -> Html:
    state = said.code("notice_state", notice.state.value)
    if notice.receipt is not None:
        told = said("receipt", state=state)
        return element("span", told, _time(notice.receipt.received_at))
    due = (said("due", state=state), _time(notice.due_at))
    if not notice.last_error:
        return element("span", *due)
    why = f", {said.attempts(notice.attempts, notice.last_error)}"
    return element("span", *due, why, class_="bad")


def _sources(status: Status, said: Words) -> list[tuple[str, ...]]:
    counted = ("journal_records", "records_refused", "datagrams_dropped")
    return [
        (
            source.name,
            source.kind,
            source.place,
            *(said.number(status.total(f"saqshy_{name}_total", source.name)) for name in counted),
        )
        for source in status.facts.sources
    ]


def _stages(status: Status, said: Words) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for name, values in sorted(status.samples):
        if name != "saqshy_stage_items_total":
            continue
        (stage,) = values
        items = status.total(name, stage)
        seconds = status.total("saqshy_stage_duration_seconds_sum", stage)
        each = f"{said.number(seconds / items * 1e6, 1)} µs" if items else ""
        failed = said.number(status.total("saqshy_failures_total", stage))
        spent = said("seconds", count=said.number(seconds, 1))
        rows.append((stage, said.number(items), spent, each, failed))
    return rows


def _links(*links: tuple[str, str]) -> list[Html]:
    return [Html(element("a", text, href=address) + " ") for address, text in links]


def _time(moment: int) -> Html:
    """Write an instant to the second, in the form of RFC 3339 that people read."""
    text = rfc3339(moment // NANOSECONDS * NANOSECONDS)
    return element("time", text.replace("T", " "), datetime=text)
