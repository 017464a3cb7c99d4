"""Records that bear a mark, or only look so, in every framing; each with a word of its own.

``what`` is what must become of it: ``withheld``, ``suspected`` (by a declared field), ``stopped``
(by the second guard, in a field that nobody declared) or ``kept``.
"""

import json
from dataclasses import dataclass
from typing import Any

HEAD = "<13>1 2026-03-02T09:00:00Z {host} app 7 - "
OLD = "<13>Mar  2 09:00:00 {host} "
XML = (
    '<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System>'
    '<Provider Name="DocFlow"/><EventID>77</EventID><Channel>Application</Channel>'
    '<Computer>reg-xml</Computer><TimeCreated SystemTime="2026-03-02T09:00:00.000Z"/></System>'
    '<EventData><Data Name="Grif">{mark}</Data><Data Name="Title">{word}</Data></EventData></Event>'
)


@dataclass(frozen=True)
class Marked:
    """One record as its sender writes it; ``source`` is whose record it is, ``word`` its own."""

    name: str
    source: str
    text: str
    what: str
    word: str
    encoding: str = "utf-8"

    @property
    def record(self) -> bytes:
        """Give its bytes."""
        return self.text.encode(self.encoding)


SOURCES: dict[str, dict[str, Any]] = {
    "syslog": {"format": "syslog", "mark_fields": ["mark.level"]},
    "cef": {"format": "cef", "mark_fields": ["Гриф"]},
    "cef-custom": {"format": "cef", "mark_fields": ["cs1"]},
    "leef": {"format": "leef", "mark_fields": ["grif"]},
    "json": {"format": "json", "mark_fields": ["doc.mark"]},
    "xml": {"format": "windows_xml", "mark_fields": ["Grif"]},
    "pairs": {"format": "syslog", "mark_fields": ["grif"]},
    "csv": {"format": "csv", "mark_fields": ["Гриф"], "columns": "time,user,Гриф,title"},
    "auditd": {"format": "auditd", "mark_fields": ["key"]},
    "own": {"format": "json", "mark_fields": ["level"], "mark_values": ["ҚҰПИЯ", "3"]},
    "auto": {"format": "auto", "mark_fields": ["doc.mark"]},
    "undeclared": {"format": "auto"},
}
_MARKS = {
    "kk-top": ("аса маңызды", "withheld"),
    "kk-clearance": ("Ерекше маңызды", "withheld"),
    "kk-two": ("ӨТЕ ҚҰПИЯ", "withheld"),
    "kk-copy": ("өте құпия, дана № 2", "withheld"),
    "kk-russian-keyboard": ("оте купия", "withheld"),
    "kk-bare": ("құпия", "suspected"),
    "kk-letter": ("ӨҚ", "suspected"),
    "kk-latin": ("óte qupıa", "suspected"),
    "ru-special": ("Особой важности", "withheld"),
    "ru-top": ("СОВЕРШЕННО СЕКРЕТНО", "withheld"),
    "ru-spaced": ("с е к р е т н о", "withheld"),
    "ru-copy": ("Секретно. Экз. № 1", "withheld"),
    "ru-mixed": ("ceкpeтнo", "withheld"),
    "ru-mixed-capitals": ("CEKPETHO", "withheld"),
    "ru-hidden": ("сек\u200bрет\u00adно", "withheld"),
    "ru-abbreviation": ("СС", "suspected"),
    "ru-abbreviation-latin": ("CC", "suspected"),
    "ru-entity": ("&#1089;екретно", "suspected"),
    "ru-percent": ("%D1%81%D0%B5%D0%BA%D1%80%D0%B5%D1%82%D0%BD%D0%BE", "suspected"),
    "ru-base64": ("0YHQtdC60YDQtdGC0L3Qvg==", "suspected"),
    "covered": ("*****", "suspected"),
    "en-top": ("TOP SECRET", "withheld"),
    "en-bare": ("secret", "suspected"),
    "unknown": ("class 5", "suspected"),
    "open-kk": ("құпия емес", "kept"),
    "open-ru": ("Не секретно", "kept"),
    "open-en": ("unclassified", "kept"),
    "confidential-kk": ("конфиденциалды", "kept"),
    "confidential-ru": ("ДЛЯ СЛУЖЕБНОГО ПОЛЬЗОВАНИЯ", "kept"),
    "confidential-en": ("Confidential", "kept"),
    "nothing": ("—", "kept"),
}
_FRAMED = {
    "syslog": HEAD.format(host="reg-syslog") + '[mark level="{mark}"] read {word}',
    "cef": "CEF:0|Reg|Doc|1|7|read|5|dvchost=reg-cef cs1Label=Гриф cs1={mark} msg={word}",
    "leef": "LEEF:2.0|Reg|Doc|1|7|^|grif={mark}^title={word}^identHostName=reg-leef",
    "json": '{{"host":"reg-json","doc":{{"title":"{word}","mark":"{mark}"}}}}',
    "xml": XML,
    "pairs": OLD.format(host="reg-pairs") + 'app: user=a grif="{mark}" title={word}',
    "csv": "2026-03-02T09:00:00Z,a,{mark},{word}",
    "auditd": (
        "type=SYSCALL msg=audit(1772442000.123:{number}): arch=c000003e syscall=2 "
        'exe="/usr/bin/{word}" key="{mark}"'
    ),
}
# The same values in the fields of a source that declares none, and words that only look like marks.
_UNDECLARED = [
    ("json-ru-name", '{"host":"h","гриф":"секретно","title":"%s"}', "stopped"),
    ("json-kk-name", '{"host":"h","құпиялылық белгісі":"құпия","title":"%s"}', "stopped"),
    ("json-mark-name-any-value", '{"host":"h","secrecy_mark":"class 5","title":"%s"}', "stopped"),
    ("json-nested", '{"host":"h","doc":{"classification":"top secret","t":"%s"}}', "stopped"),
    ("json-list", '{"host":"h","docs":[{"t":"a"},{"Гриф":"СЕКРЕТНО","t":"%s"}]}', "stopped"),
    ("json-pair", '{"host":"h","p":[{"name":"гриф","value":"секретно"}],"t":"%s"}', "stopped"),
    ("json-label", '{"host":"h","labels":{"classification":"secret"},"t":"%s"}', "stopped"),
    ("json-x-name", '{"host":"h","X-Secrecy-Mark":"өте құпия","t":"%s"}', "stopped"),
    ("json-mixed-name", '{"host":"h","гpиф":"секретно","t":"%s"}', "stopped"),
    ("json-copy", '{"host":"h","гриф":"Секретно экз. №3","t":"%s"}', "stopped"),
    ("syslog-data", HEAD.format(host="h") + '[x secrecy="секретно"] %s', "stopped"),
    ("syslog-json", OLD.format(host="h") + 'app: {"гриф":"секретно","t":"%s"}', "stopped"),
    ("cef-label", "CEF:0|R|D|1|7|n|5|cs2Label=Гриф cs2=секретно dvchost=h msg=%s", "stopped"),
    ("leef-name", "LEEF:2.0|R|D|1|7|^|гриф=секретно^identHostName=h^t=%s", "stopped"),
    ("password", '{"host":"h","құпиясөз":"%s","msg":"құпиясөз қате"}', "kept"),
    ("critical-object", '{"host":"h","msg":"аса маңызды объект","t":"%s"}', "kept"),
    ("kubernetes", '{"host":"h","kind":"Secret","objectRef":{"resource":"secrets"},"t":"%s"}',
     "kept"),
    ("alert-class", '{"host":"h","classification":"Attempted Information Leak","t":"%s"}', "kept"),
    ("alert-letter", '{"host":"h","classification":"C","t":"%s"}', "kept"),
    ("business", '{"host":"h","sensitivity":"Confidential","t":"%s"}', "kept"),
    ("open-mark", '{"host":"h","гриф секретности":"нет","t":"%s"}', "kept"),
    ("free-text", HEAD.format(host="h") + "- совершенно секретно ли это? өте құпия ма? %s", "kept"),
    ("file-name", '{"host":"h","file":{"name":"секретно.docx"},"t":"%s"}', "kept"),
    ("title", '{"host":"h","title":"Гриф: секретно","t":"%s"}', "kept"),
    ("forward-secrecy", '{"host":"h","tls":{"forward_secrecy":"secret"},"t":"%s"}', "kept"),
]  # fmt: skip


_CARRIED = (
    '{"log":"{\\"doc\\":{\\"mark\\":\\"секретно\\"},\\"t\\":\\"%s\\"}\\n","stream":"stdout",'
    '"time":"2026-03-02T09:00:00Z"}'
)


def word(number: int) -> str:
    """Give the word of one record: nothing else holds it."""
    return f"qzword{number:04d}{number * 7919 % 99991:05d}zq"


def _declared() -> list[Marked]:
    found: list[Marked] = []
    for source, frame in _FRAMED.items():
        for name, (mark, what) in _MARKS.items():
            text = json.dumps(mark, ensure_ascii=False)[1:-1] if source == "json" else mark
            if source == "xml":
                text = mark.replace("&", "&amp;")
            if source == "csv":
                text = f'"{mark}"'
            own = word(len(found))
            found.append(
                Marked(
                    f"{source}-{name}",
                    source,
                    frame.format(mark=text, word=own, number=len(found) + 1),
                    what,
                    own,
                )
            )
    return found


def _others(begin: int) -> list[Marked]:
    rows: list[tuple[str, str, str, str, str]] = [
        ("cp1251", "json", '{"doc":{"mark":"секретно"},"t":"%s"}', "withheld", "windows-1251"),
        ("utf16", "json", '{"doc":{"mark":"секретно"},"t":"%s"}', "withheld", "utf-16"),
        ("carried", "auto", _CARRIED, "withheld", "utf-8"),
        ("cef-blank", "cef-custom", "CEF:0|Reg|Doc|1|7|read|5|cs1=Не секретно msg=%s", "kept",
         "utf-8"),
        ("cef-mark", "cef-custom", "CEF:0|Reg|Doc|1|7|read|5|cs1=Совершенно секретно msg=%s",
         "withheld", "utf-8"),
        ("inside-syslog", "auto", OLD.format(host="reg-json") + 'a: {"doc":{"mark":"секретно"},'
         '"t":"%s"}', "withheld", "utf-8"),
        ("cut", "json", '{"doc":{"mark":"секретно"},"t":"%s"', "suspected", "utf-8"),
        ("own-value", "own", '{"level":"3","t":"%s"}', "withheld", "utf-8"),
        ("own-bare", "own", '{"level":"құпия","t":"%s"}', "withheld", "utf-8"),
        ("own-number", "own", '{"level":3,"t":"%s"}', "withheld", "utf-8"),
        ("own-false", "own", '{"level":false,"t":"%s"}', "kept", "utf-8"),
        ("declared-beside", "json", '{"doc":{"mark":"ашық"},"гриф":"секретно","t":"%s"}', "stopped",
         "utf-8"),
        ("cp1251-undeclared", "undeclared", '{"host":"h","гриф":"секретно","t":"%s"}', "stopped",
         "windows-1251"),
        ("utf16-undeclared", "undeclared", '{"host":"h","d":[{"гриф":"секретно"}],"t":"%s"}',
         "stopped", "utf-16"),
    ]  # fmt: skip
    rows += [(name, "undeclared", text, what, "utf-8") for name, text, what in _UNDECLARED]
    return [
        Marked(name, source, text % word(begin + at), what, word(begin + at), encoding)
        for at, (name, source, text, what, encoding) in enumerate(rows)
    ]


DECLARED = _declared()
ALL = [*DECLARED, *_others(len(DECLARED))]
