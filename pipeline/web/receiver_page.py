"""The receiver's page for people: what came, newest first, every text of others escaped."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from pipeline.notify.texts import LANGUAGES, Texts

_COLUMNS = ("received", "leg", "object", "incident", "severity", "due", "deliveries", "text")
_STYLE = (
    "body{font:15px/1.4 system-ui,sans-serif;margin:2em}"
    "table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.4em;"
    "text-align:left;vertical-align:top}td pre{margin:0;white-space:pre-wrap;max-width:50em}"
    ".alarm{color:#a00}"
)


def receiver_page(
    texts: Texts,
    language: str,
    notices: Sequence[Mapping[str, Any]],
    alarms: Sequence[str],
) -> str:
    """Write the page in one of our languages; ``notices`` are entries of ``GET /v1/notices``."""

    def word(name: str) -> str:
        return escape(texts.word(language, "receiver", name))

    choices = " ".join(f'<a href="?language={one}">{one}</a>' for one in LANGUAGES)
    head = "".join(f"<th>{word(name)}</th>" for name in _COLUMNS)
    rows = "".join(_row(texts, language, one) for one in notices)
    warned = "".join(f"<li>{escape(line)}</li>" for line in alarms)
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        f"<title>{word('title')}</title><style>{_STYLE}</style>"
        f"<nav>{choices}</nav><h1>{word('title')}</h1>"
        + (
            f'<section class="alarm"><h2>{word("alarms")}</h2><ul>{warned}</ul></section>'
            * bool(warned)
        )
        + (f"<table><tr>{head}</tr>{rows}</table>" if rows else f"<p>{word('empty')}</p>")
        + "</html>"
    )


def _row(texts: Texts, language: str, entry: Mapping[str, Any]) -> str:
    letter = entry["letter"]
    payload = letter["payload"]
    cells = (
        entry["received_at"],
        texts.word(language, "receiver", letter["leg"]),
        payload["object"],
        letter["incident_id"],
        texts.word(language, "severity", payload["severity"]),
        letter["due_at"],
        str(entry["deliveries"]),
    )
    plain = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f"<tr>{plain}<td><pre>{escape(_words(texts, language, payload))}</pre></td></tr>"


def _words(texts: Texts, language: str, payload: Mapping[str, Any]) -> str:
    if not payload["details_available"]:
        return texts.word(language, "receiver", "withheld")
    told = {text["language"]: text for text in payload["text"]}
    text = told.get(language) or payload["text"][0]
    return f"{text['subject']}\n\n{text['body']}"
