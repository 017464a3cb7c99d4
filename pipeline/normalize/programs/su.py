"""Messages of su, in the words of util-linux, shadow and BSD.

Source: util-linux login-utils/su-common.c (log_syslog), shadow src/su.c; RFC 3164, 5.4, example 1
for BSD's.
"""

import re

from pipeline.normalize.programs.told import Told, authentication

_UTIL_LINUX = re.compile(r"(FAILED SU )?\(to (\S+)\) (\S+) on (\S+)")
_SHADOW = re.compile(r"(Successful|FAILED) su for (\S+) by (\S+)")
_BSD = re.compile(r"'su (\S+)' failed for (\S+) on (\S+)")


def read(message: str) -> Told | None:
    """Give what a message tells; None where it is none of these."""
    terminal = ""
    if match := _UTIL_LINUX.fullmatch(message):
        failed, target, user, terminal = match.groups()
    elif match := _SHADOW.fullmatch(message):
        verdict, target, user = match.groups()
        failed = "" if verdict == "Successful" else verdict
    elif match := _BSD.fullmatch(message):
        target, user, terminal = match.groups()
        failed = "failed"
    else:
        return None
    event = authentication("su", "failure" if failed else "success")
    fields = {"user.name": user, "user.effective.name": target}
    return Told(event, fields, {"tty": terminal} if terminal else {})
