"""Messages of login, dropbear and polkit.

Source: util-linux, login-utils/login.c (log_syslog, log_btmp); Dropbear, svr-auth.c,
svr-authpasswd.c, svr-authpubkey.c, svr-session.c; polkit, src/polkitbackend/
polkitbackendinteractiveauthority.c (log_result); pkexec.c.
"""

from pipeline.normalize.programs.told import Told, authentication, first_said, saying, session, told

_PEER = (
    r"(?:from )?(?P<peer>\[[^\]]{2,64}\]|[^\s:<>']{2,255}?|[0-9A-Fa-f:]{3,45}?):(?P<port>\d{1,5})"
)
_LOGIN = (
    saying(
        r"FAILED LOGIN(?: SESSION)? (?:\(?(?P<attempt>\d+)\)? )?(?:FROM (?P<peer>\S+) |on "
        r"'(?P<tty>[^']{0,64})' (?:from '(?P<origin>[^']{0,255})' )?)"
        r"FOR '?(?P<user>[^',]{0,256})'?, (?P<reason>.{1,256})",
        authentication("login", "failure"),
    ),
    saying(
        r"TOO MANY LOGIN TRIES \((?P<attempt>\d+)\)(?: FROM (?P<peer>\S+))? FOR "
        r"(?P<user>[^,]{0,256}), (?P<reason>.{1,256})",
        authentication("login_attempts_exceeded", "failure", "info"),
    ),
    saying(
        r"ROOT LOGIN ON (?P<tty>\S+)(?: FROM (?P<peer>\S+))?",
        authentication("login", "success"),
        user__name="root",
    ),
    saying(
        r"ROOT LOGIN +on '(?P<tty>[^']{1,64})'(?: from '(?P<peer>[^']{1,255})')?",
        authentication("login", "success"),
        user__name="root",
    ),
    saying(
        r"(?:LOGIN ON|DIALUP AT) (?P<tty>\S+) BY (?P<user>\S+)(?: FROM (?P<peer>\S+))?",
        authentication("login", "success"),
    ),
    saying(
        r"invalid password for '(?P<user>[^']{0,256})' on '(?P<tty>[^']{0,64})'(?: from "
        r"'(?P<peer>[^']{0,255})')?.*",
        authentication("login", "failure"),
    ),
)
_DROPBEAR = (
    saying(
        rf"(?P<method>Password|PAM password|Pubkey) auth succeeded for '(?P<user>[^']{{0,256}})"
        rf"'(?: with (?:\S+ )?key (?P<fingerprint>\S+))? {_PEER}",
        authentication("ssh_login", "success"),
        network__protocol="ssh",
    ),
    saying(
        rf"Bad (?:PAM )?(?P<method>password|pubkey) attempt for '(?P<user>[^']{{0,256}})'(?: with "
        rf"key (?P<fingerprint>\S+))? {_PEER}",
        authentication("ssh_login", "failure"),
        network__protocol="ssh",
    ),
    saying(
        rf"Login attempt (?:for|with) (?:nonexistent user|invalid username|nonexistent user "
        rf"'(?P<user>[^']{{0,256}})')(?: '(?P<name>[^']{{0,256}})')?(?: {_PEER})?",
        authentication("ssh_invalid_user", "failure", "info"),
        network__protocol="ssh",
    ),
    saying(
        rf"Max auth tries reached - user '(?P<user>[^']{{0,256}})' {_PEER}",
        authentication("ssh_attempts_exceeded", "failure", "info"),
        network__protocol="ssh",
    ),
    saying(
        rf"Child connection {_PEER}",
        told("ssh_connected", "network", "connection start"),
        network__protocol="ssh",
    ),
    saying(
        r"Exit \((?P<user>[^()]{0,256})\)(?: from <(?P<peer>[^>]{2,64}?):(?P<port>\d{1,5})"
        r">)?: (?P<reason>.{1,256})",
        session("ssh_disconnected", "end"),
        network__protocol="ssh",
    ),
    saying(
        r"Exit before auth(?: from <(?P<peer>[^>]{2,64}?):(?P<port>\d{1,5})>)?(?: \(user "
        r"'(?P<user>[^']{0,256})', (?P<failures>\d+) fails\))?: (?P<reason>.{1,256})",
        authentication("ssh_disconnected", "failure", "end"),
        network__protocol="ssh",
    ),
)
_POLKIT = (
    saying(
        r"Operator of (?P<subject_session>\S+) (?P<state>successfully authenticated|FAILED to "
        r"authenticate) as "
        r"(?:unix-user:)?(?P<effective>\S{1,256}) to gain (?P<scope>\S+) authorization for "
        r"action (?P<action_id>\S{1,256}) "
        r"for (?P<subject_name>\S+) \[(?P<command>.{0,1024}?)\] \(owned by "
        r"unix-user:(?P<user>[^()]{1,256})\)",
        authentication("polkit_authentication", "unknown"),
    ),
    saying(
        r"(?P<user>\S{1,256}): Executing command \[USER=(?P<effective>[^\]]{1,256})\] "
        r"\[TTY=(?P<tty>[^\]]{0,64})\] "
        r"\[CWD=(?P<cwd>[^\]]{0,1024})\] \[COMMAND=(?P<command>.{0,2048})\]",
        told("pkexec_command", "process", "start", "success"),
    ),
    saying(
        r"(?P<user>\S{1,256}): (?P<reason>.{1,256}?) \[USER=(?P<effective>[^\]]{1,256})\] "
        r"\[TTY=(?P<tty>[^\]]{0,64})\] "
        r"\[CWD=(?P<cwd>[^\]]{0,1024})\] \[COMMAND=(?P<command>.{0,2048})\]",
        told("pkexec_command", "process", "start", "failure"),
    ),
    saying(
        r"(?P<state>Registered|Unregistered) Authentication Agent for (?P<subject_session>\S+) .*",
        told("polkit_agent", "session", "info"),
    ),
)


def read_login(message: str) -> Told | None:
    """Give what a message of login tells; None where it is none of these."""
    return first_said(_LOGIN, message)


def read_dropbear(message: str) -> Told | None:
    """Give what a message of dropbear tells; None where it is none of these."""
    said = first_said(_DROPBEAR, message)
    if said is not None and "name" in said.native:
        said.fields["user.name"] = said.native.pop("name")
    return said


def read_polkit(message: str) -> Told | None:
    """Give what a message of polkitd or pkexec tells; None where it is none of these."""
    said = first_said(_POLKIT, message)
    if said is not None and said.event["action"] == "polkit_authentication":
        failed = said.native["state"].startswith("FAILED")
        said.event["outcome"] = "failure" if failed else "success"
    return said
