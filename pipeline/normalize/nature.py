"""What kind of event a device's own words name: a logon, malware, traffic that was let through.

Used where a format leaves the kind to free words (CEF's name, LEEF's event id); words in English,
Russian and Kazakh. What the words do not say is not guessed.
"""

import re
from functools import lru_cache

from pipeline.model import Json
from pipeline.normalize.placing import verdict

_MOST = 160  # characters that are looked at: names are short, and what is remembered is bounded
_LOGON = re.compile(
    r"\b(?:log(?:ged)?[ _-]?(?:in|on)|sign(?:ed)?[ _-]?(?:in|on)|authenticat\w{2,5}"
    r"|вход в систему|вход пользователя|аутентификац\w{1,3}|кіру)\b"
)
_LOGOFF = re.compile(r"\b(?:log(?:ged)?[ _-]?(?:out|off)|sign(?:ed)?[ _-]?out|выход из системы)\b")
_MALWARE = re.compile(r"malware|virus|trojan|ransomware|\bworm\b|вирус|вредонос|зиянды")
_SEEN = re.compile(r"detect|found|block|infect|quarantin|clean|delet|обнаруж|заблок|удал|табыл")
# Kaspersky's event types by their beginnings: kind, category, type.
_CODED: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("GNRL_EV_ATTACK_DETECTED", "alert", ("intrusion_detection", "network"), ("info",)),
    ("GNRL_EV_WEB_URL_BLOCKED", "alert", ("network", "web"), ("access", "denied")),
    ("GNRL_EV_WEB_URL", "event", ("network", "web"), ("access", "info")),
    ("GNRL_EV_APPLICATION_LAUNCH_DENIE", "event", ("process",), ("start", "denied")),
    ("GNRL_EV_APPLICATION_LAUNCH", "event", ("process",), ("start",)),
    ("GNRL_EV_DEVCTRL", "event", ("host",), ("access",)),
    ("GNRL_EV_VIRUS", "alert", ("malware",), ("info",)),
    ("GNRL_EV_OBJECT", "alert", ("malware",), ("info",)),
    ("GNRL_EV_SUSPICIOUS", "alert", ("malware",), ("info",)),
    ("GNRL_EV_PTOTECTION", "event", ("host",), ("info",)),
    ("GNRL_EV_", "event", ("host",), ("info",)),
    ("KLAUD_EV_SERVERCONNECT", "event", ("authentication",), ("start",)),
    ("KLAUD_EV_OBJECT", "event", ("configuration",), ("change",)),
    ("KLAUD_EV_ADMGROUP", "event", ("configuration",), ("change",)),
    ("KLAUD_EV_", "event", ("configuration",), ("info",)),
    ("KLSRV_", "event", ("host",), ("info",)),
    ("KLPRCI_", "event", ("host",), ("info",)),
    ("KLNAG_", "event", ("host",), ("info",)),
)
_FAILED = re.compile(
    r"fail|denied|invalid|incorrect|unsuccess|reject|wrong|неудач|неуспеш|отказ|невер|сәтсіз"
)
_SUCCEEDED = re.compile(r"success|succeed|accept|успеш|сәтті")


@lru_cache(maxsize=4096)
def _kind(words: str) -> tuple[str, str]:
    """Give the category and type that words name; ("", "") where they name none."""
    text = words.casefold()
    if _LOGOFF.search(text):
        return "authentication", "end"
    if _LOGON.search(text):
        return "authentication", "start"
    if _MALWARE.search(text) and _SEEN.search(text):
        return "malware", "info"
    return "", ""


@lru_cache(maxsize=4096)
def outcome_told(words: str) -> str:
    """Give the outcome that words name: success, failure or ""."""
    text = words.casefold()
    if _FAILED.search(text):
        return "failure"
    return "success" if _SUCCEEDED.search(text) else ""


def categorise_code(ecs: Json, code: str) -> bool:
    """Fill ``event.kind``, ``category`` and ``type`` by an event type of Kaspersky's."""
    event = ecs["event"]
    if event["dataset"] == "kaspersky.kics" and code.isdigit():
        event |= {"kind": "alert", "category": ["intrusion_detection", "network"], "type": ["info"]}
        return True
    if not code.startswith(("GNRL_", "KL")):
        return False
    for beginning, kind, category, types in _CODED:
        if code.startswith(beginning):
            event |= {"kind": kind, "category": [*category], "type": [*types]}
            return True
    return False


def categorise(ecs: Json, words: str, action: str) -> None:
    """Fill ``event.category``, ``type`` and ``outcome`` of an event that has none yet."""
    event = ecs["event"]
    if "category" in event or categorise_code(ecs, event.get("code", "")):
        return
    category, kind = _kind(words[:_MOST])
    if category:
        event["category"], event["type"] = [category], [kind]
        if category == "authentication" and "outcome" not in event:
            told = outcome_told(words[:_MOST]) or outcome_told(action[:_MOST])
            if told:
                event["outcome"] = told
        return
    if "ip" in ecs.get("source", ()) or "ip" in ecs.get("destination", ()):
        said = verdict(action[:_MOST]) if action else ""
        event["category"] = ["network"]
        event["type"] = ["connection", said] if said else ["connection"]
