"""Regular expressions that run in time linear to the value, or are refused.

A pattern may be written by anybody and a value by an attacker, so nothing backtracks: RE2 runs
every pattern. What it cannot run with the meaning of the Sigma flavour (look-around, references
back, possessive repeats: modifiers appendix, "other metacharacters are unsupported") is refused.
"""

import re
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from pipeline.content.regex_syntax import NotPortable, parse_regex

_MOST_MEMORY = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class LinearRegex:
    """A compiled pattern of RE2.

    ``needs`` are sets of folded texts: every match contains one of each set; the best set first.
    """

    compiled: Any
    needs: tuple[tuple[str, ...], ...]
    re2: str


@lru_cache(maxsize=4096)
def linear_regex(pattern: str, flags: str) -> LinearRegex:
    """Compile a pattern with Sigma's flags i, m, s; NotPortable where it cannot be run so."""
    syntax = parse_regex(pattern, flags)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        try:
            re.compile(pattern, sum(getattr(re, flag.upper()) for flag in flags))
        except (re.error, OverflowError, RecursionError) as error:
            raise NotPortable(f"it is no regular expression: {error}") from error
    try:
        return LinearRegex(compile_re2(syntax.re2), syntax.needs, syntax.re2)
    except (re2.error, UnicodeEncodeError) as error:
        raise NotPortable(f"it is too large: {error}") from error


def compile_re2(pattern: str) -> Any:
    """Compile a pattern in RE2's own words."""
    options = re2.Options()
    options.max_mem = _MOST_MEMORY
    options.never_capture = True
    options.log_errors = False
    return re2.compile(pattern, options)
