"""Messages of sudo.

Source: sudo manual (sudoers, "Event Logging", "Accepted" and "Denied command log entries"):
``user : [reason ; ]TTY=… ; PWD=… ; USER=… ; COMMAND=…``. The command comes last and may hold
anything, " ; " included.
"""

import re

from pipeline.model import Json
from pipeline.normalize.programs.told import Told, told

_LINE = re.compile(r"\s{0,8}(.{1,256}?) : (.*)", flags=re.DOTALL)
_CONTINUED = re.compile(r"\s{0,8}(.{1,256}?) : \(command continued\) (.*)", flags=re.DOTALL)
_SETTING = re.compile(r"([A-Z]{2,8})=(.*)", flags=re.DOTALL)


def read(message: str) -> Told | None:
    """Give what a message tells; None where it is no command's log entry."""
    match = _LINE.fullmatch(message)
    if match is None:
        return None
    if continued := _CONTINUED.fullmatch(message):  # a long command goes on in further messages
        event = told("sudo_command_continued", "process", "info")
        return Told(event, {"user.name": continued[1]}, {"COMMAND": continued[2]})
    user, rest = match.groups()
    before, separator, command = rest.partition("COMMAND=")
    reasons: list[str] = []
    native: Json = {}
    for part in before.split(" ; "):
        setting = _SETTING.fullmatch(part.strip())
        if setting is not None:
            native[setting[1]] = setting[2]
        elif part.strip():
            reasons.append(part.strip())
    if not separator or "USER" not in native:
        return None
    native["COMMAND"] = command
    event = told("sudo_command", "process", "start", "failure" if reasons else "success")
    if reasons:
        event["reason"] = "; ".join(reasons)
    fields = {"user.name": user, "user.effective.name": native["USER"]}
    if "PWD" in native:
        fields["process.working_directory"] = native["PWD"]
    if command:
        fields["process.command_line"] = command
        fields["process.executable"] = command.split(" ", 1)[0]
    return Told(event, fields, native)
