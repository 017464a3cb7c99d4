"""Two hundred ways to break a rule file: names to bytes, none of which is a rule."""

from typing import Any

import yaml

WHOLE: dict[str, Any] = {
    "title": "A rule",
    "id": "00000000-0000-4000-8000-00000000abcd",
    "logsource": {"product": "linux"},
    "detection": {"s": {"A": "x"}, "condition": "s"},
}
TEXT = yaml.safe_dump(WHOLE, sort_keys=False).encode()
NOT: dict[str, Any] = {
    "a number": 7,
    "a fraction": 1.5,
    "truth": True,
    "a mapping": {"a": {"b": [1]}},
    "no mapping": {},
    "lists in a list": [[]],
    "a list of a number": [1],
    "a list of null": [None],
    "nothing": "",
    "a long text": "x y" * 30_000,
}
ANY_LIST = ("lists in a list", "a list of a number", "a list of null")
MAY_BE: dict[str, tuple[str, ...]] = {
    "name": ("a long text",),
    **dict.fromkeys(("description", "license", "author"), ("a long text", "nothing")),
    **dict.fromkeys(("references", "fields", "falsepositives", "scope"), ANY_LIST),
}
KEYS = (
    "title", "id", "name", "related", "status", "description", "license", "references", "author",
    "date", "modified", "fields", "falsepositives", "level", "tags", "scope", "logsource",
    "detection", "taxonomy", "action",
)  # fmt: skip


def _changed(**more: Any) -> bytes:
    return yaml.safe_dump({**WHOLE, **more}, sort_keys=False).encode()


def _detection(text: str) -> bytes:
    head = "title: A rule\nlogsource: {product: linux}\ndetection:\n  "
    return (head + text.replace("\n", "\n  ") + "\n").encode()


def _types() -> dict[str, bytes]:
    files = {
        f"{key} is {name}": _changed(**{key: value})
        for key in KEYS
        for name, value in NOT.items()
        if name not in MAY_BE.get(key, ())
    }
    files |= {
        f"{key} of the log source is {name}": _changed(logsource={"category": "c", key: value})
        for key in ("product", "service")
        for name, value in NOT.items()
        if name != "a long text"
    }
    files |= {
        f"the selection is {name}": _changed(detection={"s": value, "condition": "s"})
        for name, value in NOT.items()
        if name in ("no mapping", "lists in a list", "nothing", "a list of null", "a mapping")
    }
    return files


def _text() -> dict[str, bytes]:
    bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    bomb += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    return {
        "empty": b"",
        "comments": b"# a rule will stand here\n",
        "dashes": b"---\n---\n",
        "a word": b"rule",
        "a list": b"- a\n- b\n",
        "a tab": b"title: a\ndetection:\n\ts: 1\n",
        "an open bracket": b"title: [\n",
        "an open quote": b"title: 'a\nid: b\n",
        "another document behind": TEXT + b"--- [",
        "a key twice": TEXT + b"title: again\n",
        "a key twice inside": _detection("s:\n  A: x\n  A: y\ncondition: s"),
        "UTF-16": TEXT.decode().encode("utf-16"),
        "Latin-1": "title: é\n".encode("latin-1"),
        "cut UTF-8": TEXT + b"author: \xd2",
        "NUL": TEXT + b"author: \0\n",
        "control characters": TEXT + b"author: \x1b[2J\n",
        "half a surrogate pair": TEXT + b"author: \xed\xa0\x80\n",
        "an escape of half a pair": TEXT + b'author: "\\ud800"\n',
        "a program": b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 40,
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
        "an archive": b"PK\x03\x04" + b"\x00" * 1000,
        "JSON that is cut": b'{"title": "a", "detection": {',
        "a bomb of aliases": "\n".join(bomb).encode(),
        "a bomb of aliases as key": "\n".join([*bomb[:8], "? *a7\n: x"]).encode(),
        "a bomb of merges": ("\n".join(bomb[:8]) + "\nb: {<<: *a7}\n").encode(),
        "an alias of itself": TEXT + b"custom: &a [*a]\n",
        "an alias of nothing": TEXT + b"custom: *a\n",
        "a tag of Python": TEXT + b"custom: !!python/object/apply:os.system [id]\n",
        "a tag of binary": TEXT + b"custom: !!binary aGVsbG8=\n",
        "a list as key": TEXT + b"? [a, b]\n: c\n",
        "ten thousand brackets": TEXT + b"custom: " + b"[" * 10_000 + b"]" * 10_000,
        "a million brackets": TEXT + b"custom: " + b"[" * 1_000_000,
        "a hundred thousand lists": b"- " * 100_000,
        "a hundred thousand keys": b"? " * 100_000,
        "ten thousand levels": b"\n".join(b" " * n + b"a:" for n in range(2000)),
        "two hundred thousand parts": TEXT + b"custom:\n" + b"- x\n" * 200_000,
        "a number of a million digits": TEXT + b"custom: " + b"9" * 1_000_000,
        "neither rule nor filter": b"title: a\nid: 00000000-0000-4000-8000-00000000abcd\n",
        "a day that is none": TEXT + b"date: 2026-02-31\n",
    }


def _detections() -> dict[str, bytes]:
    many = "\n".join(f"s{n}: {{A: x}}" for n in range(1500))
    wide = "\n".join(f"s{n}: {{A: [{', '.join(['x'] * 200)}]}}" for n in range(100))
    slow = ("(a+)+(?=b)", "(?!a)b", r"(a|b)\1", "(?>a+)b", "a++", "((a{1000}){1000}){1000}", "(a")
    dashes = ", ".join(["' -a /b –c —d ―e'"] * 20_000)
    rows = {
        "a condition of a megabyte": "s: {A: x}\ncondition: s" + " or s" * 200_000,
        "ten thousand brackets in a condition": f"s: {{A: x}}\ncondition: {'(' * 4900}s",
        "a thousand negations": f"s: {{A: x}}\ncondition: {'not ' * 1000}s",
        "many selections": f"{many}\ncondition: 1 of s*",
        "many tests many times": f"{wide}\ncondition: {' and '.join(['1 of s*'] * 20)}",
        "a million dashes": f"s: {{A|windash: ['{' -a' * 1_000_000}']}}\ncondition: s",
        "dashes that multiply": f"s: {{A|windash: [{dashes}]}}\ncondition: s",
        "a wildcard of a megabyte": f"s: {{A: '?{'x' * 500_000}'}}\ncondition: s",
        "infinity": "s: {A: 1.0e+999}\ncondition: s",
        "a condition of a million lines": f"s: {{A: x}}\ncondition: [{', '.join(['s'] * 90_000)}]",
        "two at once": "s: {A|containz: x}\nt: {B|endwith: y}\ncondition: s and t",
        "the old aggregation": "s: {A: x}\ncondition: s | count() by B > 5",
        "the old timeframe": "s: {A: x}\ntimeframe: 5m\ncondition: s",
        "an unknown selection": "s: {A: x}\ncondition: t",
        "a placeholder": "s: {A|expand: '%Servers%'}\ncondition: s",
        "a network that is none": "s: {A|cidr: 300.0.0.0/8}\ncondition: s",
    }
    rows |= {f"the regex {each}": f"s:\n  A|re: '{each}'\ncondition: s" for each in slow}
    return {name: _detection(text) for name, text in rows.items()}


BROKEN: dict[str, bytes] = {**_types(), **_text(), **_detections()}
