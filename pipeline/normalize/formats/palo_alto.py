"""Logs of Palo Alto Networks' firewalls: CSV whose columns follow from the log's type.

Columns were only ever added behind, so a shorter row of an older PAN-OS has its first columns.
Source: Palo Alto Networks, PAN-OS 10.2 and 11 Administrator's Guide, "Syslog Field Descriptions".
"""

import csv
import re
from functools import cache
from typing import Any

from pipeline.model import FailureCode, Json, TimeConfidence
from pipeline.normalize.ecs_schema import address, number
from pipeline.normalize.formats.palo_alto_columns import COLUMNS, ECS_BY_COLUMN, EVENTS, HEAD
from pipeline.normalize.formats.syslog_header import LINE_ENDS
from pipeline.normalize.moments import Moment, moment
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.placing import Placing, Step, follow, transport
from pipeline.normalize.shown import parse_shown
from pipeline.normalize.vendor_times import vendor_time

NAME = "palo_alto"

_place = Placing(ECS_BY_COLUMN)
_SEVERITIES = {"informational": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
_ALLOWED = frozenset({"allow", "alert", "continue", "override", "forward"})
_NOTHING = frozenset({"0.0.0.0", "::", "any", "N/A", "n/a", "from-policy"})  # noqa: S104 (an address that a row writes for none)
_TIMES = ("high_res_timestamp", "time_generated", "receive_time")
_FLAGS = 15  # where the action flags of a configuration log stand that tells no change
_USER = re.compile(r"\b[Uu]ser(?:name)?:? (?:'([^']{1,128})'|([^\s'\",]{1,128}))")
_SOURCE = re.compile(r"\b[Ff]rom:? '?([0-9a-fA-F.:]{2,44}[0-9a-fA-F])")
_SESSIONS = frozenset({"TRAFFIC", "THREAT", "DECRYPTION"})
_ENDS = {"start": "start", "end": "end"}

_NO_LOG = Refusal(
    FailureCode.SYNTAX,
    "begins as a log of PAN-OS and has fewer columns than any: it was cut; see the largest message "
    "that the sender's transport takes",
)


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one record; any other line stays an event of its syslog header."""
    return parse_shown(record, context)


def read(text: str, notes: tuple[str, ...], context: Context) -> Parsed | Refusal:
    """Read a row; a type of log that is not known keeps its columns by number."""
    values = _columns(text.rstrip(LINE_ENDS))
    if len(values) <= len(HEAD):
        return _NO_LOG
    kind = values[3].strip().upper().replace("-", "")
    short = kind == "CONFIG" and values[_FLAGS : _FLAGS + 1] and values[_FLAGS].startswith("0x")
    names, steps = _layout("CONFIGDEFAULT" if short else kind, len(values))
    native: Json = {name: value for name, value in zip(names, values, strict=False) if value}
    ecs = _described(kind, native)
    follow(steps, ecs, [("" if value in _NOTHING else value) for value in values])
    _complete(ecs, native, kind)
    at, confidence = _time(native, context) or (None, TimeConfidence.RECEIVED)
    return Parsed(NAME, "generic", at, confidence, ecs, native, notes)


def _columns(text: str) -> list[str]:
    if '"' not in text:
        return text.split(",")
    try:
        return next(csv.reader([text.replace("\n", " ").replace("\r", " ")]), [])
    except csv.Error:  # a field longer than the module takes
        return text.split(",")


@cache
def _known(kind: str) -> tuple[tuple[str, ...], tuple[Step, ...]]:
    names = (*HEAD, *COLUMNS.get(kind, ()))
    return names, _place.steps(names)


def _layout(kind: str, count: int) -> tuple[tuple[str, ...], tuple[Step, ...]]:
    """Give the columns' names and what they fill; what stands behind the known has numbers."""
    names, steps = _known(kind if kind in COLUMNS else "")
    if count > len(names):
        names = (
            *names,
            *(f"column_{index}" for index in range(len(names) + 1, min(count, 512) + 1)),
        )
    return names, steps


def _described(kind: str, native: Json) -> Json:
    event: Json = {"kind": "event", "dataset": "panw.panos", "module": "panw"}
    category, types = EVENTS.get(kind, ((), ()))
    if category:
        event["category"], event["type"] = [*category], [*types]
    if kind == "THREAT":
        event["kind"] = "alert"
    severity = _SEVERITIES.get(native.get("severity", "").lower())
    if severity is not None:
        event["severity"] = severity
    observer = {"vendor": "Palo Alto Networks", "product": "PAN-OS", "type": "firewall"}
    return {"event": event, "observer": observer}


def _complete(ecs: Json, native: Json, kind: str) -> None:
    """Fill what the type of log decides: what was allowed, what came of it, whose name it is."""
    event = ecs["event"]
    if kind in _SESSIONS:
        _complete_session(ecs, native, kind)
    if kind == "THREAT":
        _place_threat(ecs, native, native.get("subtype", ""))
    elif kind == "SYSTEM":
        _place_system(ecs, native)
    elif kind in ("GLOBALPROTECT", "AUTHENTICATION", "CONFIG"):
        result = native.get("status") or native.get("result") or native.get("event") or ""
        outcome = _outcome(result)
        if outcome:
            event["outcome"] = outcome
    elif kind == "USERID":  # its event is a number; what happened is the subtype
        event.pop("code", None)
        event["action"] = native.get("subtype", "")
    _name_user(ecs)
    elapsed = number(native.get("elapsed", ""))
    if elapsed is not None and 0 <= elapsed < 2**31:
        event["duration"] = elapsed * 1_000_000_000


def _complete_session(ecs: Json, native: Json, kind: str) -> None:
    event, action, subtype = ecs["event"], native.get("action", ""), native.get("subtype", "")
    known = transport(native.get("proto", ""))
    if known:
        ecs.setdefault("network", {})["transport"] = known
    if kind == "TRAFFIC" and subtype in _ENDS:
        event["type"].append(_ENDS[subtype])
    if action:
        event["type"].append("allowed" if action in _ALLOWED else "denied")
    event.setdefault("action", action or subtype)


def _outcome(said: str) -> str:
    text = said.lower()
    if "fail" in text or "unauthorized" in text or "denied" in text or "invalid" in text:
        return "failure"
    return "success" if "succe" in text or text in ("submitted", "allow", "ok") else ""


def _name_user(ecs: Json) -> None:
    r"""Part ``DOMAIN\name`` of the source's user, who is the one that acts."""
    for side in ("source", "destination"):
        user = ecs.get(side, {}).get("user")
        if user and "\\" in user.get("name", ""):
            user["domain"], _, user["name"] = user["name"].partition("\\")
    user = ecs.get("source", {}).get("user")
    if user and "user" not in ecs:
        ecs["user"] = dict(user)


def _place_threat(ecs: Json, native: Json, subtype: str) -> None:
    event, misc = ecs["event"], native.get("misc", "")
    if subtype in ("virus", "wildfire-virus", "wildfire", "ml-virus", "spyware"):
        event["category"] = ["malware", "network"]
    elif subtype in ("url", "file", "data"):
        event["kind"], event["category"] = "event", ["network", "web"]
    if not misc:
        return
    if subtype == "url" or "/" in misc:
        ecs.setdefault("url", {})["original"] = misc
    else:
        ecs.setdefault("file", {})["name"] = misc


def _place_system(ecs: Json, native: Json) -> None:
    event, subtype = ecs["event"], native.get("subtype", "")
    name, text = native.get("eventid", ""), native.get("opaque", "")
    if (
        name.startswith("auth-")
        or subtype == "auth"
        or "logged in" in text
        or "login" in text.lower()
    ):
        event["category"], event["type"] = ["authentication"], ["start"]
        outcome = _outcome(f"{name} {text[:256]}") or ("success" if "logged in" in text else "")
        if outcome:
            event["outcome"] = outcome
        user, source = _USER.search(text, 0, 1024), _SOURCE.search(text, 0, 1024)
        if user is not None:
            ecs["user"] = {"name": user[1] or user[2]}
        found = address(source[1]) if source is not None else None
        if found is not None:
            ecs["source"] = {"ip": found}


def _time(native: Json, context: Context) -> Moment | Any:
    for name in _TIMES:
        said = native.get(name)
        found = (moment(said, context.zone) or vendor_time(said, context)) if said else None
        if found is not None:
            return found
    return None
