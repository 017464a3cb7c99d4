"""The status page: one look at what runs, what was found and who was told; no scripts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.model import NANOSECONDS, Incident, Notice, Tri, rfc3339
from pipeline.web.markup import Html, element, empty, table

REFRESH_SECONDS = 5

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


def status_page(status: Status) -> str:
    """Write the page."""
    facts = status.facts
    head = element(
        "head",
        empty("meta", charset="utf-8"),
        empty("meta", name="viewport", content="width=device-width, initial-scale=1"),
        empty("meta", http_equiv="refresh", content=str(REFRESH_SECONDS)),
        element("title", f"Saqshy {facts.centre}"),
        element("style", Html(STYLE)),
    )
    body = element(
        "body",
        element("h1", f"Saqshy {facts.centre}"),
        element(
            "p",
            _time(status.at),
            "; running since ",
            _time(facts.began_at),
            class_="quiet",
        ),
        element("p", f"Not ready: {facts.waiting}", class_="bad") if facts.waiting else Html(""),
        *(element("p", alarm, class_="bad") for alarm in facts.alarms),
        _figures(status),
        element("h2", "Incidents"),
        _incidents(status),
        element("h2", "Silences"),
        table(("silence", "what", "when", "by", "why"), facts.silences, "None stand."),
        element("h2", "Sources"),
        _sources(status),
        element("h2", "Clocks"),
        table(("source", "off by", "usual delay"), facts.clocks, "None is off by two seconds."),
        element("h2", "Stages"),
        _stages(status),
        element("h2", "Versions"),
        table(("part", "version"), facts.versions, "No versions are known."),
        element(
            "p",
            *_links(("/metrics", "metrics"), ("/api/v1/incidents", "incidents as JSON")),
            *_links(("/api/v1/notices", "notices as JSON")),
        ),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _figures(status: Status) -> Html:
    waiting = status.journalled - status.committed
    lag = status.total("saqshy_lag_seconds")
    errors = status.total("saqshy_rule_errors_total")
    figures = (
        ("batches in the journal", f"{status.journalled:,}", False),
        ("processed up to", f"{status.committed:,}", False),
        ("waiting", f"{waiting:,}" + (f" ({lag:.1f} s behind)" if waiting else ""), False),
        ("events kept", f"{status.events:,}", False),
        ("findings since start", f"{status.total('saqshy_findings_total'):,.0f}", False),
        ("of them silenced", f"{status.total('saqshy_findings_suppressed_total'):,.0f}", False),
        ("dead letters", f"{status.dead_letters:,}", status.dead_letters > 0),
        ("rules in force", f"{status.total('saqshy_rules_in_force'):,.0f}", False),
        ("rules left out", f"{status.total('saqshy_rules_quarantined'):,.0f}", False),
        ("rule errors", f"{errors:,.0f}", errors > 0),
        ("records refused", f"{status.total('saqshy_records_refused_total'):,.0f}", False),
    )
    return element(
        "dl",
        *(
            element(
                "div",
                element("dt", name),
                element("dd", value, class_="bad") if bad else element("dd", value),
            )
            for name, value, bad in figures
        ),
    )


def _incidents(status: Status) -> Html:
    columns = ("opened", "incident", "object", "state", "class", "severity", "events", "told")
    rows = [
        (
            _time(incident.opened_at),
            element("span", incident.id[:8], class_="id", title=incident.id),
            incident.object_id + (" (trial)" if incident.trial else ""),
            incident.state.value,
            _class(incident),
            f"{incident.assessment.severity} / {incident.assessment.priority}",
            f"{incident.event_count:,}",
            _told(notices),
        )
        for incident, notices in status.incidents
    ]
    return table(columns, rows, "None yet.")


def _class(incident: Incident) -> str:
    acts = [act for act, holds in sorted(incident.assessment.acts.items()) if holds is Tri.YES]
    return ", ".join(acts) or incident.assessment.rsit


def _told(notices: Sequence[Notice]) -> Html:
    if not notices:
        return element("span", "nobody", class_="nothing")
    lines = []
    for notice in notices:
        who = f"{notice.recipient.role} {notice.recipient.party_id} ({notice.leg}): "
        lines.append(element("p", who, _outcome(notice)))
    return Html("".join(lines))


def _outcome(notice: Notice) -> Html:
    state = f"{notice.state.value}, "
    if notice.receipt is not None:
        return element("span", state, "receipt ", _time(notice.receipt.received_at))
    due = (state, "due ", _time(notice.due_at))
    if not notice.last_error:
        return element("span", *due)
    why = f", {notice.attempts} attempt(s): {notice.last_error}"
    return element("span", *due, why, class_="bad")


def _sources(status: Status) -> Html:
    columns = ("listener", "kind", "place", "records", "refused", "dropped")
    counted = ("journal_records", "records_refused", "datagrams_dropped")
    rows = [
        (
            source.name,
            source.kind,
            source.place,
            *(f"{status.total(f'saqshy_{name}_total', source.name):,.0f}" for name in counted),
        )
        for source in status.facts.sources
    ]
    return table(columns, rows, "No listener is set up.")


def _stages(status: Status) -> Html:
    rows = []
    for name, values in sorted(status.samples):
        if name != "saqshy_stage_items_total":
            continue
        (stage,) = values
        items = status.total(name, stage)
        seconds = status.total("saqshy_stage_duration_seconds_sum", stage)
        each = f"{seconds / items * 1e6:,.1f} µs" if items else ""
        failed = status.total("saqshy_failures_total", stage)
        rows.append((stage, f"{items:,.0f}", f"{seconds:,.1f} s", each, f"{failed:,.0f}"))
    return table(("stage", "items", "time", "an item", "failures"), rows, "Nothing yet.")


def _links(*links: tuple[str, str]) -> list[Html]:
    return [Html(element("a", text, href=address) + " ") for address, text in links]


def _time(moment: int) -> Html:
    """Write an instant to the second, in the form of RFC 3339 that people read."""
    text = rfc3339(moment // NANOSECONDS * NANOSECONDS)
    return element("time", text.replace("T", " "), datetime=text)
