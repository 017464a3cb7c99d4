"""Messages of the programs that change accounts: useradd, usermod, passwd and others.

Source: shadow, src/useradd.c, usermod.c, userdel.c, groupadd.c, groupmod.c, groupdel.c, passwd.c,
chage.c, chfn.c, chsh.c, gpasswd.c: the texts of the SYSLOG calls.
"""

from pipeline.normalize.programs.told import Saying, Told, first_said, saying, told

_TARGET = r"(?P<target>[^\s'`,]{1,256})"
_GROUP = r"(?P<group>[^\s'`,]{1,256})"
_BY = r"(?P<user>[^\s'`,]{1,256})"


def _iam(action: str, kinds: str, outcome: str = "success") -> dict[str, object]:
    return told(action, "iam", kinds, outcome)


_SAYINGS: tuple[Saying, ...] = (
    saying(
        rf"new user: name={_TARGET}, UID=(?P<UID>\d+), GID=(?P<gid>\d+), "
        rf"home=(?P<home>[^,]{{0,512}}), "
        r"shell=(?P<shell>[^,]{0,512})(?:, from=(?P<from>.{0,128}))?",
        _iam("added-user-account", "user creation"),
    ),
    saying(
        rf"new group: name={_GROUP}, GID=(?P<gid>\d+).*",
        _iam("added-group-account-to", "group creation"),
    ),
    saying(
        rf"group added to (?P<path>\S+?): name={_GROUP}(?:, GID=(?P<gid>\d+))?",
        _iam("added-group-account-to", "group creation"),
    ),
    saying(
        rf"add '{_TARGET}' to (?:shadow )?group '{_GROUP}'",
        _iam("added-user-to-group", "group user change"),
    ),
    saying(
        rf"delete '{_TARGET}' from (?:shadow )?group '{_GROUP}'",
        _iam("removed-user-from-group", "group user change"),
    ),
    saying(
        rf"failed adding user '{_TARGET}'.*", _iam("added-user-account", "user creation", "failure")
    ),
    saying(rf"delete user '{_TARGET}'", _iam("deleted-user-account", "user deletion")),
    saying(
        rf"removed (?:shadow )?group '{_GROUP}' owned by '{_TARGET}'",
        _iam("deleted-group-account-from", "group deletion"),
    ),
    saying(
        rf"group '{_GROUP}' removed(?: from (?P<path>\S+))?",
        _iam("deleted-group-account-from", "group deletion"),
    ),
    saying(
        rf"group changed in (?P<path>\S+) \(group {_GROUP}/(?P<gid>\d+).*\)",
        _iam("modified-group-account", "group change"),
    ),
    saying(
        rf"change user name '{_TARGET}' to '(?P<new_name>[^']{{1,256}})'",
        _iam("renamed-user-account", "user change"),
    ),
    saying(rf"change user '{_TARGET}' password", _iam("changed-password", "user change")),
    saying(
        rf"change user '{_TARGET}' (?P<changed>.{{1,64}}?) from '(?P<old>[^']{{0,512}})' to "
        rf"'(?P<new>[^']{{0,512}})'",
        _iam("modified-user-account", "user change"),
    ),
    saying(rf"lock user '{_TARGET}' password", _iam("locked-account", "user change")),
    saying(rf"unlock user '{_TARGET}' password", _iam("unlocked-account", "user change")),
    saying(
        rf"password for '?{_TARGET}'? changed by '?{_BY}'?", _iam("changed-password", "user change")
    ),
    saying(
        rf"changed password expiry for {_TARGET}", _iam("changed-password-expiry", "user change")
    ),
    saying(
        rf"changed user '{_TARGET}' (?P<changed>\w+)(?: to '(?P<new>[^']{{0,512}})')?",
        _iam("modified-user-account", "user change"),
    ),
    saying(
        rf"user {_TARGET} added by {_BY} to group {_GROUP}",
        _iam("added-user-to-group", "group user change"),
    ),
    saying(
        rf"user {_TARGET} removed by {_BY} from group {_GROUP}",
        _iam("removed-user-from-group", "group user change"),
    ),
    saying(
        rf"members of group {_GROUP} set by {_BY} to (?P<members>.{{0,4096}})",
        _iam("set-group-members", "group change"),
    ),
    saying(
        rf"password of group {_GROUP} (?:changed|removed) by {_BY}",
        _iam("changed-group-password", "group change"),
    ),
    saying(
        rf"can't view or modify password information for {_TARGET}",
        _iam("changed-password", "user info", "failure"),
    ),
    saying(
        rf"user '{_TARGET}' (?P<reason>does not exist.*)",
        _iam("modified-user-account", "user info", "failure"),
    ),
)


def read(message: str) -> Told | None:
    """Give what a message tells; None where it is none of these."""
    return first_said(_SAYINGS, message)
