"""Messages of OpenSSH's SFTP server (``sftp-server``, ``internal-sftp``).

Source: OpenSSH portable, sftp-server.c: the texts of the logit calls.
"""

from pipeline.normalize.programs.told import Told, first_said, saying, session, told

_PATH = r'"(?P<path>.{1,2048}?)"'
_SAYINGS = (
    saying(
        r"session opened for local user (?P<user>.{1,256}?) from \[(?P<peer>[^\]]{1,64})\]",
        session("sftp_session_opened", "start"),
    ),
    saying(
        r"session closed for local user (?P<user>.{1,256}?) from \[(?P<peer>[^\]]{1,64})\]",
        session("sftp_session_closed", "end"),
    ),
    saying(
        rf"open {_PATH} flags (?P<flags>\S*WRITE\S*) mode (?P<mode>[0-7]+)",
        told("sftp_opened_for_writing", "file", "change"),
    ),
    saying(
        rf"open {_PATH} flags (?P<flags>\S+) mode (?P<mode>[0-7]+)",
        told("sftp_opened", "file", "access"),
    ),
    saying(
        rf"(?:forced )?close {_PATH} bytes read (?P<sent>\d{{1,18}}) written "
        rf"(?P<received>\d{{1,18}})",
        told("sftp_closed", "file", "info"),
    ),
    saying(
        rf"(?:opendir|closedir|lstat name|stat name|readlink) {_PATH}",
        told("sftp_listed", "file", "access"),
    ),
    saying(rf"remove name {_PATH}", told("sftp_removed", "file", "deletion")),
    saying(rf"rmdir name {_PATH}", told("sftp_removed", "file", "deletion")),
    saying(rf"mkdir name {_PATH} mode (?P<mode>[0-7]+)", told("sftp_created", "file", "creation")),
    saying(
        rf'(?:posix-)?rename old "(?P<old_path>.{{1,2048}}?)" new {_PATH}',
        told("sftp_renamed", "file", "change"),
    ),
    saying(
        rf'symlink old "(?P<old_path>.{{1,2048}}?)" new {_PATH}',
        told("sftp_linked", "file", "creation"),
    ),
    saying(
        rf"(?:set|fset|setstat) {_PATH} (?P<change>.{{1,256}})",
        told("sftp_changed", "file", "change"),
    ),
    saying(
        r"sent status (?P<reason>No such file|Permission denied|Failure|Operation unsupported|Bad "
        r"message)",
        told("sftp_refused", "file", "info", "failure"),
    ),
)


def read(message: str) -> Told | None:
    """Give what a message tells; None where it is none of these."""
    return first_said(_SAYINGS, message)
