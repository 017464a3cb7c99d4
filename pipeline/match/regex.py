r"""Regular expressions as Sigma means them: searched anywhere, in time linear to the value.

The meaning is that of Python's ``re`` on text, for the flavour that the Sigma specification
allows (modifiers appendix, regular expression). A pattern of that flavour is parsed here, which
serves twice: it is written again for RE2 with equal meaning (``\d``, ``\s``, ``\w`` by Unicode,
``$`` also before a last newline), and its literals tell which text a value must contain to match.
What the flavour does not have (look-around, references back) runs in ``re``. One difference is
accepted for linear time: ``\b`` knows the word characters of ASCII only.
"""

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import re2

from pipeline.match.regex_syntax import NotPortable, Syntax, parse_regex

_MOST_MEMORY = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class CompiledRegex:
    """A pattern ready to search; ``needs`` are folded texts of which a match contains one.

    ``needs`` is empty where nothing can be said. ``linear`` tells whether RE2 runs it.
    """

    search: Callable[[str], object]
    needs: tuple[str, ...]
    linear: bool


@lru_cache(maxsize=4096)
def compile_regex(pattern: str, flags: str) -> CompiledRegex:
    """Compile a pattern with Sigma's flags i, m, s; raises ValueError where it is none."""
    try:
        syntax = parse_regex(pattern, flags)
        return CompiledRegex(_linear(syntax), syntax.needs, linear=True)
    except NotPortable:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            try:
                compiled = re.compile(pattern, sum(getattr(re, flag.upper()) for flag in flags))
            except re.error as error:
                raise ValueError(f"is no regular expression: {error}") from error
        return CompiledRegex(compiled.search, (), linear=False)


def _linear(syntax: Syntax) -> Callable[[str], object]:
    options = re2.Options()
    options.max_mem = _MOST_MEMORY
    options.never_capture = True
    options.log_errors = False
    try:
        search: Callable[[str], object] = re2.compile(syntax.re2, options).search
    except re2.error as error:
        raise NotPortable(str(error)) from error

    def found(text: str) -> object:
        try:
            return search(text)
        except UnicodeEncodeError:  # half of a surrogate pair: no UTF-8 can say it
            return search(text.encode("utf-8", "replace").decode())

    return found
