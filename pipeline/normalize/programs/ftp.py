"""Messages of FTP servers: vsftpd, ProFTPD, Pure-FTPd.

Source: vsftpd, logging.c (vsf_log_do_log_to_file), vsftpd.conf(5), syslog_enable; ProFTPD,
modules/mod_auth.c, src/main.c; Pure-FTPd, src/log_*.c, src/messages_en.h.
"""

from pipeline.normalize.programs.told import Saying, Told, first_said, saying, session, told

_CLIENT = r'Client "(?P<peer>[^"]{1,64})"'
_FILE = r', "(?P<path>[^"]{0,2048})"(?:, (?P<bytes>\d{1,18}) bytes)?(?:, .{0,64})?'


def _ftp(action: str, category: str, kinds: str, outcome: str, name: str) -> dict[str, object]:
    return told(action, category, kinds, outcome, f"{name}.log")


def _vsftpd() -> tuple[Saying, ...]:
    found = [
        saying(
            rf"CONNECT: {_CLIENT}(?:, .*)?",
            _ftp("ftp_connected", "network", "connection start", "", "vsftpd"),
        )
    ]
    kinds = (
        ("LOGIN", "ftp_login", "authentication", "start", ""),
        ("UPLOAD", "ftp_upload", "file", "creation", _FILE),
        ("APPEND", "ftp_append", "file", "change", _FILE),
        ("DOWNLOAD", "ftp_download", "file", "access", _FILE),
        ("DELETE", "ftp_delete", "file", "deletion", _FILE),
        ("RMDIR", "ftp_rmdir", "file", "deletion", _FILE),
        ("MKDIR", "ftp_mkdir", "file", "creation", _FILE),
        ("RENAME", "ftp_rename", "file", "change", _FILE),
        ("CHMOD", "ftp_chmod", "file", "change", _FILE),
    )
    for word, action, category, kind, more in kinds:
        for verdict, outcome in (("OK", "success"), ("FAIL", "failure")):
            found.append(
                saying(
                    rf"\[(?P<user>[^\]]{{0,256}})\] {verdict} {word}: {_CLIENT}{more}"
                    r"(?:, anon password \"(?P<anonymous>[^\"]{0,128})\")?",
                    _ftp(action, category, kind, outcome, "vsftpd"),
                    network__protocol="ftp",
                )
            )
    return tuple(found)


_VSFTPD = _vsftpd()
_WHERE = (
    r"(?P<server>\S{1,255}) \((?P<claimed>[^\[\]()]{0,255})\[(?P<peer>[^\]]{1,64})\]\)(?: -|:)? ?"
)
_USER = r"USER (?P<user>[^\s:]{1,256})"
_PROFTPD = (
    saying(
        rf"(?:{_WHERE})?{_USER}: Login successful\.?",
        _ftp("ftp_login", "authentication", "start", "success", "proftpd"),
        network__protocol="ftp",
    ),
    saying(
        rf"(?:{_WHERE})?{_USER} \(Login failed\): (?P<reason>.{{1,256}}?)\.?",
        _ftp("ftp_login", "authentication", "start", "failure", "proftpd"),
        network__protocol="ftp",
    ),
    saying(
        rf"(?:{_WHERE})?{_USER}: (?P<reason>no such user found) from (?P<claim>\S{{0,255}}) "
        rf"\[(?P<client>[^\]]{{1,64}})\].*",
        _ftp("ftp_login", "authentication", "start", "failure", "proftpd"),
        network__protocol="ftp",
    ),
    saying(
        rf"(?:{_WHERE})?(?P<reason>Maximum login attempts \(\d+\) exceeded.*|SECURITY VIOLATION.*)",
        _ftp("ftp_attempts_exceeded", "authentication", "info", "failure", "proftpd"),
        network__protocol="ftp",
    ),
    saying(
        rf"(?:{_WHERE})?FTP session opened\.?",
        _ftp("ftp_connected", "network", "connection start", "", "proftpd"),
    ),
    saying(
        rf"(?:{_WHERE})?FTP session closed\.?",
        _ftp("ftp_disconnected", "network", "connection end", "", "proftpd"),
    ),
)
_PURE = r"\((?P<user>[^@()]{0,256})@(?P<peer>[^()]{1,255})\) \[(?P<level>[A-Z]{3,9})\] "
_PURE_FTPD = (
    saying(
        rf"{_PURE}(?P<name>\S{{1,256}}) is now logged in",
        _ftp("ftp_login", "authentication", "start", "success", "pureftpd"),
        network__protocol="ftp",
    ),
    saying(
        rf"{_PURE}Authentication failed for user \[(?P<name>[^\]]{{0,256}})\]",
        _ftp("ftp_login", "authentication", "start", "failure", "pureftpd"),
        network__protocol="ftp",
    ),
    saying(
        rf"{_PURE}New connection from .*",
        _ftp("ftp_connected", "network", "connection start", "", "pureftpd"),
    ),
    saying(rf"{_PURE}Logout\.?", session("ftp_disconnected", "end")),
    saying(
        rf"{_PURE}(?P<path>/.{{0,1024}}) uploaded .*",
        _ftp("ftp_upload", "file", "creation", "success", "pureftpd"),
    ),
    saying(
        rf"{_PURE}(?P<path>/.{{0,1024}}) downloaded .*",
        _ftp("ftp_download", "file", "access", "success", "pureftpd"),
    ),
    saying(
        rf"{_PURE}Deleted (?P<path>.{{1,1024}})",
        _ftp("ftp_delete", "file", "deletion", "success", "pureftpd"),
    ),
)


def read_vsftpd(message: str) -> Told | None:
    """Give what a message of vsftpd tells; None where it is none of these."""
    return first_said(_VSFTPD, message)


def read_proftpd(message: str) -> Told | None:
    """Give what a message of ProFTPD tells; None where it is none of these."""
    said = first_said(_PROFTPD, message)
    if said is not None and "client.ip" in said.fields:
        said.fields.setdefault("source.ip", said.fields.pop("client.ip"))
    return said


def read_pureftpd(message: str) -> Told | None:
    """Give what a message of Pure-FTPd tells; None where it is none of these."""
    said = first_said(_PURE_FTPD, message)
    if said is not None:
        if "name" in said.native:
            said.fields["user.name"] = said.native.pop("name")
        elif said.fields.get("user.name") == "?":
            del said.fields["user.name"]
    return said
