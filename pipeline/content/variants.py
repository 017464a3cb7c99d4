"""Texts with dashes to vary and encodings: what each value of a rule becomes, made here.

pySigma refuses UTF-16 of letters outside ASCII, leaves long dashes as they are and permutes three
dashes a value at most. Source: Sigma specification 2.1, modifiers appendix, ``windash`` and
encoding.
"""

import re
from base64 import b64encode
from itertools import product
from typing import TypeAlias

from sigma.types import SigmaString, SigmaStringPartType, SpecialChars

from pipeline.content.modifiers import BASE64, ENCODINGS, WIDE, Chain
from pipeline.content.refusal import NotUnderstood

Parts: TypeAlias = tuple[SigmaStringPartType, ...]

VARIED = ("windash", *ENCODINGS)
DASHES = ("-", "/", "\u2013", "\u2014", "\u2015")
MOST_DASHES = 5  # 3,125 texts of a value
_DASH = re.compile(rf"\B[{re.escape(''.join(DASHES))}]\b")
_CODECS = {"wide": "utf-16-le", "utf16": "utf-16-le", "utf16be": "utf-16-be"}
_MARK = "\xff\xfe"


class Variants(str):
    """A value as pySigma is given it and hands it through, for the texts that it stands for.

    The value's modifiers but ``all`` and ``neq`` are not left to pySigma. ``size`` is how many
    texts there are: they are made when they are asked for, once a rule is known to have few enough.
    """

    __slots__ = ("chain", "size")
    chain: Chain
    size: int

    def texts(self) -> tuple[Parts, ...]:
        """Make the texts, as parts of pySigma's: plain ones and wildcards.

        Encoded text is bytes: where no base64 follows, each is the character of its number.
        NotUnderstood where a text would say nothing.
        """
        chain = self.chain
        texts = _dashed(self) if chain.has("windash") else [self]
        parts: list[Parts] = [tuple(SigmaString(text).s) for text in texts]
        if chain.has(*WIDE):
            parts = [_wide(chain, one) for one in parts]
        if chain.has(*BASE64):
            parts = [encoded for one in parts for encoded in _base64(chain, one)]
        head = (SpecialChars.WILDCARD_MULTI,) if chain.has("contains", "endswith") else ()
        tail = (SpecialChars.WILDCARD_MULTI,) if chain.has("contains", "startswith") else ()
        return tuple(dict.fromkeys((*head, *one, *tail) for one in parts))


def variants_of(chain: Chain, value: str) -> Variants:
    """Give a value, whose wildcards are to be read, with its chain; NotUnderstood if it is many."""
    found = Variants(value)
    found.chain = chain
    found.size = 3 if chain.has("base64offset") else 1
    if chain.has("windash"):
        dashes = sum(1 for _ in _DASH.finditer(value))
        if dashes > MOST_DASHES:
            told = f"{chain.key}: windash permutes {MOST_DASHES} dashes of a value at most"
            raise NotUnderstood(told, way_out="split the value, and join the parts by all")
        found.size *= len(DASHES) ** dashes
    return found


def _dashed(value: str) -> list[str]:
    """Give a value with every dash that begins a word in each form, in every combination."""
    between = _DASH.split(value)
    return [
        "".join(text for pair in zip(between, (*chosen, ""), strict=True) for text in pair)
        for chosen in product(DASHES, repeat=len(between) - 1)
    ]


def _wide(chain: Chain, parts: Parts) -> Parts:
    codec = _CODECS[chain.of(WIDE)[0]]
    wide = (
        part.encode(codec).decode("latin-1") if isinstance(part, str) else part for part in parts
    )
    return (_MARK, *wide) if chain.has("utf16") else tuple(wide)


def _base64(chain: Chain, parts: Parts) -> list[Parts]:
    text = "".join(str(part) for part in parts)
    data = text.encode("latin-1" if chain.has(*WIDE) else "utf-8")
    if not chain.has("base64offset"):
        return [(b64encode(data).decode(),)]
    shifted = _shifted(data)
    if not all(shifted):
        told = f"{chain.key}: {text!r} is too short to be seen in base64 at each place"
        raise NotUnderstood(told, way_out="write more of what is sought, or base64")
    return [(one,) for one in shifted]


def _shifted(data: bytes) -> list[str]:
    """Give what of a text's base64 stays the same at each of three places (encoding)."""
    return [
        b64encode(b" " * shift + data).decode()[
            (0, 2, 3)[shift] : (None, -3, -2)[(len(data) + shift) % 3]
        ]
        for shift in range(3)
    ]
