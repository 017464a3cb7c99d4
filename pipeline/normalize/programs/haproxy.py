"""Messages of HAProxy: HTTP log, TCP log, error log, state of servers.

Source: HAProxy, "Configuration Manual", 8.2.2 (TCP log format), 8.2.3 (HTTP log format), 8.2.6
(error log format).
"""

import re

from pipeline.model import Json
from pipeline.normalize.ecs_schema import number
from pipeline.normalize.programs.told import Told, first_said, party, saying, told
from pipeline.normalize.request_line import request

_LOG = "haproxy.log"
_HEAD = (
    r"(?P<peer>\S{1,64}):(?P<port>\d{1,5}) \[(?P<accept_date>[^\]]{10,40})\] "
    r"(?P<frontend>\S{1,128}) "
    r"(?P<backend>[^\s/]{1,128})/(?P<server>\S{1,128}) "
)
_HTTP = re.compile(
    _HEAD + r"(?:(?P<host>[^\s/]{1,255}) )?(?P<timers>[-+\d]{1,12}(?:/[-+\d]{1,12}){4}) "
    r"(?P<status>\d{3}|-1) "
    r"(?P<bytes_read>\+?\d{1,18}) "
    r"(?P<request_cookie>\S{1,256}) (?P<response_cookie>\S{1,256}) (?P<termination_state>\S{4}) "
    r"(?P<connections>[\d/+]{5,64}) (?P<queues>\d{1,9}/\d{1,9})"
    r"(?: \{(?P<request_headers>[^}]{0,2048})\})?(?: \{(?P<response_headers>[^}]{0,2048})\})? "
    r"\"(?P<request>[^\"]{0,8192})\"?.*",
    flags=re.DOTALL,
)
_TCP = re.compile(
    _HEAD + r"(?P<timers>[-+\d]{1,12}(?:/[-+\d]{1,12}){2,4}) (?P<bytes_read>\+?\d{1,18}) "
    r"(?P<termination_state>\S{2}) (?P<connections>[\d/+]{5,64}) (?P<queues>\d{1,9}/\d{1,9}).*",
    flags=re.DOTALL,
)
_SAYINGS = (
    saying(
        r"(?P<peer>\S{2,64}):(?P<port>\d{1,5}) \[(?P<accept_date>[^\]]{10,40})\] "
        r"(?P<frontend>[^\s/]{1,128})/(?P<bind>[^\s:]{1,128}): "
        r"(?P<reason>.{1,512})",
        told("connection_error", "network", "connection info", "failure", _LOG),
    ),
    saying(
        r"Connect from (?P<peer>\S{2,64}?):(?P<port>\d{1,5}) to (?P<dst>\S{2,64}?)"
        r":(?P<dst_port>\d{1,5}) \((?P<frontend>.{1,128})\)",
        told("connected", "network", "connection start", "", _LOG),
    ),
    saying(
        r"(?P<kind>Server|Backup Server) (?P<service>\S{1,255}) is (?P<state>UP|DOWN|going DOWN "
        r"for maintenance)(?:[,.] (?:reason: )?(?P<reason>.{1,512}))?.*",
        told("server_state", "network", "info", "", _LOG),
    ),
    saying(
        r"(?:backend|proxy) (?P<service>\S{1,255}) (?P<reason>has no server available!|stopped.*|"
        r"started.*)",
        told("backend_state", "network", "info", "", _LOG),
    ),
)


def read(message: str) -> Told | None:
    """Give what a message tells; None where it is none of these."""
    match = _HTTP.fullmatch(message) if len(message) <= 16_384 else None
    if match is not None:
        return _http(match)
    match = _TCP.fullmatch(message) if len(message) <= 4096 else None
    if match is not None:
        native = {name: value for name, value in match.groupdict().items() if value}
        event = told("tcp_session", "network", "connection", "", _LOG)
        return Told(event, _peers(native), native)
    return first_said(_SAYINGS, message)


def _http(match: re.Match[str]) -> Told:
    native: Json = {name: value for name, value in match.groupdict().items() if value}
    fields = _peers(native) | dict(request(native.get("request", "")))
    status = number(native["status"])
    event = told("http_request", "web", "access", "", _LOG)
    if status is not None and status >= 100:
        fields["http.response.status_code"] = status
        event["outcome"] = "failure" if status >= 400 else "success"
    else:
        event["outcome"] = "failure"
    size = number(native["bytes_read"].lstrip("+"))
    if size is not None:
        fields["http.response.bytes"] = size
    total = number(native["timers"].rpartition("/")[2].lstrip("+"))
    if total is not None and total >= 0:
        event["duration"] = total * 1_000_000
    for captured in native.get("request_headers", "").split("|"):  # what was captured has no names
        if captured.startswith(("Mozilla/", "curl/")):
            fields.setdefault("user_agent.original", captured)
    return Told(event, fields, native)


def _peers(native: Json) -> Json:
    fields = party(native["peer"])
    port = number(native["port"])
    if port is not None and port < 65_536:
        fields["source.port"] = port
    if native["server"] != "<NOSRV>":
        fields["service.name"] = native["server"]
    return fields
