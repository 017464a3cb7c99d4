"""Messages of Fail2Ban.

Source: Fail2Ban, server/filter.py ("Found"), server/actions.py ("Ban", "Unban", "Restore Ban").
"""

from pipeline.normalize.programs.told import Told, first_said, saying, told

_LOG = "fail2ban.log"
_HEAD = (
    r"(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} )?(?:fail2ban\.)?(?P<component>[a-z]{2,16})? {0,32}+"
    r"(?:\[\d{1,10}\])?:? {0,32}+(?P<level>[A-Z]{4,8})? {0,32}+\[(?P<rule>[^\]]{1,128})\] "
)
_SAYINGS = (
    saying(
        rf"{_HEAD}(?:Restore )?Ban (?P<peer>\S{{2,64}})",
        told("ban", "intrusion_detection", "denied", "success", _LOG),
    ),
    saying(
        rf"{_HEAD}Unban (?P<peer>\S{{2,64}})",
        told("unban", "intrusion_detection", "allowed", "success", _LOG),
    ),
    saying(
        rf"{_HEAD}(?P<peer>\S{{2,64}}) already banned",
        told("ban", "intrusion_detection", "denied", "", _LOG),
    ),
    saying(
        rf"{_HEAD}Found (?P<peer>\S{{2,64}})(?: - .*)?",
        told("found", "intrusion_detection", "info", "", _LOG),
    ),
    saying(
        rf"{_HEAD}Ignore (?P<peer>\S{{2,64}}).*",
        told("ignore", "intrusion_detection", "allowed", "", _LOG),
    ),
)


def read(message: str) -> Told | None:
    """Give what a message tells; None where it is none of these."""
    return first_said(_SAYINGS, message)
