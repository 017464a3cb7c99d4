"""Messages of systemd and systemd-logind.

Source: systemd, src/core/job.c (what a job says when it ends), src/core/service.c, unit.c;
src/login/logind-session.c, logind-action.c.
"""

from pipeline.normalize.programs.told import Told, first_said, saying, session, told

_LOG = "system.syslog"
_KINDS = "service|socket|timer|mount|scope|slice|target|device|path|swap|automount"
_UNIT = rf"(?P<service>[^\s:]{{1,255}}\.(?:{_KINDS}))"
_STARTED = told("started-service", "process", "start", "success", _LOG)
_STOPPED = told("stopped-service", "process", "end", "success", _LOG)
_BEGINS = told("starting-service", "process", "info", "", _LOG)
_ENDS = told("stopping-service", "process", "info", "", _LOG)
_FAILED = told("failed-service", "process", "end", "failure", _LOG)
_SAYINGS = (
    saying(
        rf"(?:{_UNIT}: )?Main process exited, code=(?P<how>\w+), status=(?P<status>\S+)", _FAILED
    ),
    saying(rf"{_UNIT}: Failed with result '(?P<reason>[^']{{1,64}})'\.?", _FAILED),
    saying(rf"{_UNIT}: (?:Succeeded|Deactivated successfully|Consumed .{{1,256}})\.?", _STOPPED),
    saying(rf"{_UNIT}: Scheduled restart job, restart counter is at (?P<restarts>\d+)\.", _BEGINS),
    saying(
        r"Started Session (?P<session>\S+) of [Uu]ser (?P<user>[^\s.]{1,256})\.",
        session("session_opened", "start"),
    ),
    saying(
        r"Failed to start (?P<service>.{1,512}?)\.?",
        told("started-service", "process", "start", "failure", _LOG),
    ),
    saying(rf"(?:Started|Finished) (?:{_UNIT} - )?(?P<description>.{{1,512}}?)\.?", _STARTED),
    saying(rf"Stopped (?:{_UNIT} - )?(?P<description>.{{1,512}}?)\.?", _STOPPED),
    saying(rf"Starting (?:{_UNIT} - )?(?P<description>.{{1,512}}?)\.\.\.", _BEGINS),
    saying(rf"Stopping (?:{_UNIT} - )?(?P<description>.{{1,512}}?)\.\.\.", _ENDS),
    saying(
        r"Reload(?:ing|ed) (?P<description>.{1,512}?)\.*",
        told("reloaded-service", "process", "change", "", _LOG),
    ),
    # systemd-logind
    saying(
        r"New session (?P<session>\S{1,64}) of user (?P<user>[^\s]{1,256}?)(?: with .{1,128})?\.",
        session("session_opened", "start"),
    ),
    saying(r"Removed session (?P<session>\S{1,64}?)\.", session("session_closed", "end")),
    saying(r"Session (?P<session>\S{1,64}) logged out\. .*", session("session_logged_out", "end")),
    saying(
        r"(?:The system|System) (?:is|will) (?P<reason>rebooting|powering down|power(?:ed)? off|"
        r"reboot|halting|suspended).*",
        told("shutdown-system", "host", "end", "", _LOG),
    ),
    saying(
        r"(?P<reason>Power key pressed.{0,64}|Lid closed\.)",
        told("pressed-key", "host", "info", "", _LOG),
    ),
)


def read(message: str) -> Told | None:
    """Give what a message tells; None where it is none of these."""
    return first_said(_SAYINGS, message)
