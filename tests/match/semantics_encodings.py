"""What the modifiers appendix of Sigma 2.1 says of encodings and dashes: rows as elsewhere."""

from base64 import b64encode

from tests.match.semantics_values import Row


def encoded(text: str, codec: str, before: bytes = b"", behind: bytes = b"") -> str:
    """Give the base64 of a text between other bytes."""
    return b64encode(before + text.encode(codec) + behind).decode()


KZ = "Құпия сөз"
WINDASH: list[Row] = [
    (f"windash, {name}", "Field|windash|contains: ' -enc'", {"Field": f"x {dash}enc y"}, True)
    for name, dash in (
        ("hyphen", "-"),
        ("slash", "/"),
        ("en dash", "–"),
        ("em dash", "—"),
        ("bar", "―"),
    )
] + [
    ("windash, no dash", "Field|windash|contains: ' -enc'", {"Field": "x +enc y"}, False),
    ("windash behind contains", "Field|contains|windash: ' /enc'", {"Field": "x -enc y"}, True),
    (
        "windash, a rule with an en dash",
        "Field|windash|contains: ' –enc'",
        {"Field": "x -enc y"},
        True,
    ),
    ("windash, a rule with a bar", "Field|windash|contains: ' ―enc'", {"Field": "x —enc y"}, True),
    ("windash, two dashes", "Field|windash|contains: ' -a -b'", {"Field": "x /a –b"}, True),
    ("windash, three dashes", "Field|windash|contains: ' -a -b -c'", {"Field": "x /a –b -c"}, True),
    (
        "windash, five dashes",
        "Field|windash|contains: ' -a /b –c —d ―e'",
        {"Field": "x ―a —b –c /d -e"},
        True,
    ),
    (
        "windash, five dashes, one of another kind",
        "Field|windash|contains: ' -a /b –c —d ―e'",
        {"Field": "x ―a —b –c /d +e"},
        False,
    ),
    (
        "windash, a rule with a bar and a slash in the event",
        "Field|windash|endswith: ' ―enc'",
        {"Field": "x /enc"},
        True,
    ),
    (
        "windash, an en dash inside a word",
        "Field|windash|contains: ' -no–exit'",
        {"Field": "x /no-exit"},
        False,
    ),
    ("windash of other letters", "Field|windash|contains: ' -құпия'", {"Field": "/ /ҚҰПИЯ"}, True),
    (
        "windash, cased",
        "Field|windash|contains|cased: ' -Enc'",
        {"Field": "x /enc"},
        False,
    ),
    (
        "windash, all and neq",
        "Field|windash|contains|all|neq: [' -a', ' -b']",
        {"Field": "x /a"},
        True,
    ),
    (
        "windash, all and neq, both there",
        "Field|windash|contains|all|neq: [' -a', ' -b']",
        {"Field": "x /a –b"},
        False,
    ),
    (
        "windash and wide base64 of other letters",
        f"Field|windash|wide|base64|contains: ' -{KZ}'",
        {"Field": encoded(f" —{KZ}", "utf-16-le")},
        True,
    ),
    (
        "windash, an escaped star",
        "Field|windash: '-a\\*b'",
        {"Field": "/a*b"},
        True,
    ),
    (
        "windash, a dash inside a word",
        "Field|windash|contains: ' -no-exit'",
        {"Field": "x /no-exit"},
        True,
    ),
    (
        "windash leaves the dash inside a word",
        "Field|windash|contains: ' -no-exit'",
        {"Field": "x /no/exit"},
        False,
    ),
    ("windash and endswith", "Field|endswith|windash: ' -d'", {"Field": "x /D"}, True),
    ("windash, the whole value", "Field|windash: '-d'", {"Field": "/d"}, True),
    ("windash and all", "Field|windash|contains|all: [' -a', ' -b']", {"Field": "x /b –a"}, True),
    (
        "windash and all, one absent",
        "Field|windash|contains|all: [' -a', ' -b']",
        {"Field": "x /b"},
        False,
    ),
    ("windash and neq", "Field|windash|contains|neq: ' -a'", {"Field": "x /a"}, False),
    ("windash without a dash", "Field|windash|contains: abc", {"Field": "xabcx"}, True),
    ("windash and a wildcard", "Field|windash|contains: ' -e*c'", {"Field": " /exxc"}, True),
    (
        "windash and base64",
        "Field|windash|base64|contains: ' -a'",
        {"Field": encoded(" /a", "utf-8")},
        True,
    ),
]
ENCODINGS: list[Row] = (
    [
        ("base64", "Field|base64: foo", {"Field": "Zm9v"}, True),
        ("base64 is the whole value", "Field|base64: foo", {"Field": "xZm9v"}, False),
        ("base64 and contains", "Field|base64|contains: foo", {"Field": "xx Zm9v yy"}, True),
        ("base64 and startswith", "Field|base64|startswith: foo", {"Field": "Zm9vIGJhcg=="}, True),
        (
            "base64 of other letters",
            f"Field|base64|contains: {KZ}",
            {"Field": encoded(KZ, "utf-8")},
            True,
        ),
        (
            "base64 of an escaped star",
            r"Field|base64: 'a\*b'",
            {"Field": encoded("a*b", "utf-8")},
            True,
        ),
        (
            "base64 of a backslash",
            r"Field|base64: 'a\\b'",
            {"Field": encoded(r"a\b", "utf-8")},
            True,
        ),
        ("base64 and all", "Field|base64|contains|all: [foo, bar]", {"Field": "Zm9v YmFy"}, True),
        ("utf16le", "Field|utf16le|base64offset|contains: IEX", {"Field": "SQBFAFgA"}, True),
        (
            "wide and utf16le of one field",
            "Field|wide|base64|contains: a\nField|utf16le|base64|contains: b",
            {"Field": "YQA= YgA="},
            True,
        ),
        (
            "wide and utf16le of one field, one absent",
            "Field|wide|base64|contains: a\nField|utf16le|base64|contains: b",
            {"Field": "YQA="},
            False,
        ),
        ("wide is utf16le", "Field|wide|base64offset|contains: IEX", {"Field": "SQBFAFgA"}, True),
        ("wide, the specification's bytes", "Field|wide: cmd", {"Field": "c\0m\0d\0"}, True),
        ("wide and contains", "Field|wide|contains: cmd", {"Field": "xc\0m\0d\0y"}, True),
        ("wide and a wildcard", "Field|wide|contains: 'c*d'", {"Field": "c\0m\0d\0"}, True),
        ("utf16be, the specification's bytes", "Field|utf16be: cmd", {"Field": "\0c\0m\0d"}, True),
        (
            "utf16be and base64",
            "Field|utf16be|base64: cmd",
            {"Field": encoded("cmd", "utf-16-be")},
            True,
        ),
        (
            "utf16 has a mark",
            "Field|utf16|base64: cmd",
            {"Field": encoded("\ufeffcmd", "utf-16-le")},
            True,
        ),
        (
            "utf16 is not without",
            "Field|utf16|base64: cmd",
            {"Field": encoded("cmd", "utf-16-le")},
            False,
        ),
        (
            "wide of other letters without base64 is its bytes",
            f"Field|wide|contains: {KZ}",
            {"Field": f"x{KZ.encode('utf-16-le').decode('latin-1')}y"},
            True,
        ),
        (
            "wide of other letters without base64, another text",
            f"Field|wide|contains: {KZ}",
            {"Field": f"x{KZ}y"},
            False,
        ),
        (
            "utf16be of other letters without base64",
            f"Field|utf16be: {KZ}",
            {"Field": KZ.encode("utf-16-be").decode("latin-1")},
            True,
        ),
        ("utf16, the specification's bytes", "Field|utf16: cmd", {"Field": "ÿþc\0m\0d\0"}, True),
        ("utf16, without its mark", "Field|utf16: cmd", {"Field": "c\0m\0d\0"}, False),
        (
            "wide of other letters and a wildcard",
            "Field|wide: 'қ*ү'",
            {
                "Field": f"{'қ'.encode('utf-16-le').decode('latin-1')}x"
                f"{'ү'.encode('utf-16-le').decode('latin-1')}"
            },
            True,
        ),
        (
            "wide of other letters",
            f"Field|wide|base64: {KZ}",
            {"Field": encoded(KZ, "utf-16-le")},
            True,
        ),
        (
            "wide of other letters, another text",
            f"Field|wide|base64: {KZ}",
            {"Field": encoded(KZ + "!", "utf-16-le")},
            False,
        ),
        (
            "utf16 of other letters",
            f"Field|utf16|base64|contains: {KZ}",
            {"Field": encoded("\ufeff" + KZ, "utf-16-le")},
            True,
        ),
        (
            "utf16be of other letters",
            f"Field|utf16be|base64: {KZ}",
            {"Field": encoded(KZ, "utf-16-be")},
            True,
        ),
        (
            "other letters and all",
            f"Field|wide|base64|contains|all: [{KZ}, IEX]",
            {"Field": f"{encoded(KZ, 'utf-16-le')} SQBFAFgA"},
            True,
        ),
        (
            "other letters and neq",
            f"Field|wide|base64|neq: {KZ}",
            {"Field": encoded(KZ, "utf-16-le")},
            False,
        ),
        (
            "other letters and cased",
            f"Field|wide|base64|cased: {KZ}",
            {"Field": encoded(KZ, "utf-16-le").swapcase()},
            False,
        ),
        (
            "other letters and startswith",
            f"Field|wide|base64|startswith: {KZ}",
            {"Field": encoded(KZ, "utf-16-le") + "x"},
            True,
        ),
        (
            "other letters and startswith, elsewhere",
            f"Field|wide|base64|startswith: {KZ}",
            {"Field": "x" + encoded(KZ, "utf-16-le")},
            False,
        ),
    ]
    + [
        (
            f"base64offset at {shift}",
            "Field|base64offset|contains: secret words",
            {"Field": encoded("secret words", "utf-8", b"x" * shift, b"y" * (7 - shift))},
            True,
        )
        for shift in range(6)
    ]
    + [
        (
            f"base64offset of other letters at {shift}",
            f"Field|base64offset|contains: {KZ}",
            {"Field": encoded(KZ, "utf-8", b"x" * shift, b"yz")},
            True,
        )
        for shift in range(3)
    ]
    + [
        (
            f"wide of other letters at {shift}",
            f"Field|wide|base64offset|contains: {KZ}",
            {"Field": encoded(KZ, "utf-16-le", b"x" * shift, b"yz")},
            True,
        )
        for shift in range(3)
    ]
    + [
        (
            "base64offset, another text",
            "Field|base64offset|contains: secret words",
            {"Field": encoded("secret wards", "utf-8")},
            False,
        ),
        (
            "base64offset and all",
            "Field|base64offset|contains|all: [secret, words]",
            {"Field": encoded("secret words", "utf-8")},
            True,
        ),
        (
            "base64offset and all, one absent",
            "Field|base64offset|contains|all: [secret, wards]",
            {"Field": encoded("secret words", "utf-8")},
            False,
        ),
    ]
)

SECTIONS: dict[str, list[Row]] = {"windash": WINDASH, "encoding": ENCODINGS}
