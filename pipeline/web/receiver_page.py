"""The receiver's page for people: what came, newest first, every text of others escaped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from pipeline.notify.texts import LANGUAGES, Texts

_COLUMNS = ("received", "leg", "object", "incident", "severity", "due", "deliveries", "text")
_BEATS = ("centre", "received", "checkpoint")
_STYLE = (
    "body{font:15px/1.4 system-ui,sans-serif;margin:2em}"
    "table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.4em;"
    "text-align:left;vertical-align:top}td pre{margin:0;white-space:pre-wrap;max-width:50em}"
    ".alarm{color:#a00}"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows: entries of ``GET /v1/notices`` and ``/v1/heartbeats``, and alarms."""

    notices: Sequence[Mapping[str, Any]]
    alarms: Sequence[str]
    centres: Sequence[Mapping[str, Any]] = ()
    absences: Sequence[Mapping[str, Any]] = ()


def receiver_page(texts: Texts, language: str, shown: Shown) -> str:
    """Write the page in one of our languages."""

    def word(name: str) -> str:
        return escape(texts.word(language, "receiver", name))

    choices = " ".join(f'<a href="?language={one}">{one}</a>' for one in LANGUAGES)
    head = "".join(f"<th>{word(name)}</th>" for name in _COLUMNS)
    rows = "".join(_row(texts, language, one) for one in shown.notices)
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        f"<title>{word('title')}</title><style>{_STYLE}</style>"
        f"<nav>{choices}</nav><h1>{word('title')}</h1>"
        + _listed(word("alarms"), shown.alarms)
        + _silent(texts, language, shown)
        + _beats(texts, language, shown.centres)
        + (f"<table><tr>{head}</tr>{rows}</table>" if rows else f"<p>{word('empty')}</p>")
        + "</html>"
    )


def _listed(title: str, lines: Sequence[str]) -> str:
    told = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<section class="alarm"><h2>{title}</h2><ul>{told}</ul></section>' if told else ""


def _silent(texts: Texts, language: str, shown: Shown) -> str:
    """Say whose heartbeats stay away, and whose did."""

    def said(name: str, **values: str) -> str:
        return texts.say(language, "receiver", name, **values)

    away = [
        said("away", centre=one["centre"], since=one["received_at"])
        for one in shown.centres
        if one["away"]
    ]
    over = [
        said("was_away", centre=one["centre"], since=one["since"], until=one["until"])
        for one in shown.absences
    ]
    return _listed(escape(texts.word(language, "receiver", "silent")), away + over)


def _beats(texts: Texts, language: str, centres: Sequence[Mapping[str, Any]]) -> str:
    if not centres:
        return ""
    head = "".join(f"<th>{escape(texts.word(language, 'receiver', one))}</th>" for one in _BEATS)
    rows = "".join(
        f"<tr><td>{escape(one['centre'])}</td><td>{escape(one['received_at'])}</td>"
        f"<td>{escape(str(one['checkpoint'] or '-'))}</td></tr>"
        for one in centres
    )
    title = escape(texts.word(language, "receiver", "heartbeats"))
    return f"<h2>{title}</h2><table><tr>{head}</tr>{rows}</table>"


def _row(texts: Texts, language: str, entry: Mapping[str, Any]) -> str:
    letter = entry["letter"]
    payload = letter["payload"]
    cells = (
        entry["received_at"],
        texts.word(language, "receiver", letter["leg"]),
        payload.get("object", "-"),
        letter["incident_id"],
        texts.word(language, "severity", payload.get("severity", "-")),
        letter["due_at"],
        str(entry["deliveries"]),
    )
    plain = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    told = [_words(texts, language, payload), *_lateness(texts, language, entry)]
    return f"<tr>{plain}<td><pre>{escape(chr(10).join(told))}</pre></td></tr>"


def _words(texts: Texts, language: str, payload: Mapping[str, Any]) -> str:
    if payload.get("details_available") is False:
        return texts.word(language, "receiver", "withheld")
    told = {text["language"]: text for text in payload.get("text", ())}
    text = told.get(language) or next(iter(told.values()), None)
    return f"{text['subject']}\n\n{text['body']}" if text else ""


def _lateness(texts: Texts, language: str, entry: Mapping[str, Any]) -> list[str]:
    """Say what was said beside a letter that came late: since when it was tried, and why."""
    said = [one["said"] for one in entry.get("late", ()) if one["said"]]
    return [
        texts.say(
            language,
            "receiver",
            "late",
            due=one["due_at"],
            first=one["first_attempt_at"],
            attempts=str(one["attempts"]),
            why=", ".join(one["why"]),
        )
        for one in said[-1:]
    ]
