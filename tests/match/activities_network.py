"""What happens on a network, at web servers and in applications, in several shapes each."""

from collections.abc import Mapping
from typing import Any

from tests.match.activity import SENT, Activity, ecs, in_syslog, native, syslog
from tests.match.log_source_records import windows_record

ZEEK = {
    "ts": 1772445600.0, "uid": "C1", "id.orig_h": "10.0.0.5", "id.orig_p": 50000,
    "id.resp_h": "198.51.100.7", "id.resp_p": 445,
}  # fmt: skip
ADDRESSES = {
    "source": {"ip": "10.0.0.5", "port": 50000},
    "destination": {"ip": "198.51.100.7", "port": 445},
}


def _zeek(path: str, apart: Mapping[str, Any] | None = None, /, **values: Any) -> dict[str, bytes]:
    """Give a line of Zeek with and without its log's name, and Filebeat's ECS of it."""
    further = {"zeek": {path: values, "session_id": "C1"}, **ADDRESSES, **(apart or {})}
    return {
        "Zeek with _path": native(_path=path, **ZEEK, **values),
        "Zeek without _path": native(**ZEEK, **values),
        "Filebeat": ecs(f"zeek.{path}", "network/protocol", **further),
        "in syslog": in_syslog(native(_path=path, **ZEEK, **values)),
    }


WEB = "/cgi-bin/x?cmd=${IFS}/../../../../etc/passwd&q=/Basic/ReverseShell/198.51.100.7"
AGENT = "sqlmap/1.7"
NETWORK = [
    Activity(
        "Zeek: DNS",
        ("New Kind of Network (NKN) Detection",),
        _zeek("dns", {"dns": {"question": {"name": "seed1.nkn.org", "type": "A"}}},
              query="seed1.nkn.org", qtype_name="A"),
    ),
    Activity(
        "DNS, whoever watches",
        ("Cobalt Strike DNS Beaconing",),
        {
            "Zeek": native(_path="dns", **ZEEK, query="aaa.stage.1234.example", qtype_name="A"),
            "Suricata": native(
                timestamp=SENT, flow_id=1, event_type="dns", src_ip="10.0.0.5",
                dns={"type": "query", "rrname": "aaa.stage.1234.example", "rrtype": "A"},
            ),
            "ECS": ecs(
                "network_traffic.dns", "network/protocol", network={"protocol": "dns"},
                dns={"question": {"name": "aaa.stage.1234.example"}}, **ADDRESSES,
            ),
            "Windows DNS server": windows_record(
                "Microsoft-Windows-DNSServer/Analytical", 256, "Microsoft-Windows-DNSServer",
                QNAME="aaa.stage.1234.example", QTYPE="1",
            ),
        },
        {"Suspicious DNS Z Flag Bit Set": "a rule on Zeek alone"},
    ),
    Activity(
        "Zeek: HTTP",
        ("WebDav Put Request",),
        _zeek("http", {"user_agent": {"original": "Microsoft-WebDAV-MiniRedir/10.0"}},
              method="PUT", uri="/share/x", user_agent="Microsoft-WebDAV-MiniRedir/10.0",
              trans_depth=1, status_code=201),
    ),
    Activity(
        "Zeek: SMB files",
        ("Suspicious PsExec Execution - Zeek",),
        _zeek("smb_files", path="\\\\srv\\IPC$", name="tool-1-stdin", action="SMB::FILE_OPEN"),
    ),
    Activity(
        "Zeek: RPC",
        ("Potential PetitPotam Attack Via EFS RPC Calls",),
        _zeek("dce_rpc", operation="EfsRpcOpenFileRaw", endpoint="efsrpc", named_pipe="lsarpc"),
    ),
    Activity(
        "Zeek: RDP",
        ("Publicly Accessible RDP Service",),
        {
            "Zeek with _path": native(_path="rdp", **{**ZEEK, "id.orig_h": "198.51.100.9"}),
            "Zeek without _path": native(
                **{**ZEEK, "id.orig_h": "198.51.100.9"}, security_protocol="HYBRID"
            ),
            "Filebeat": ecs("zeek.rdp", "network/protocol", source={"ip": "198.51.100.9"}),
        },
    ),
    Activity(
        "Zeek: Kerberos",
        ("Kerberos Network Traffic RC4 Ticket Encryption",),
        _zeek("kerberos", request_type="TGS", cipher="rc4-hmac", service="cifs/srv"),
    ),
    Activity(
        "Zeek: certificate",
        ("Default Cobalt Strike Certificate",),
        {
            "Zeek": native(_path="x509", ts=1772445600.0, **{
                "certificate.serial": "8BB00EE", "certificate.subject": "CN=x"}),
            "Zeek without _path": native(ts=1772445600.0, **{
                "certificate.serial": "8BB00EE", "certificate.subject": "CN=x"}),
            "Filebeat": ecs("zeek.x509", "network/protocol",
                            zeek={"x509": {"certificate": {"serial": "8BB00EE"}}}),
        },
    ),
    Activity(
        "a web server is probed",
        ("JNDIExploit Pattern", "Path Traversal Exploitation Attempts",
         "Suspicious User-Agents Related To Recon Tools"),
        {
            "nginx JSON": native(
                time_iso8601=SENT, remote_addr="198.51.100.9", request_method="GET",
                request_uri=WEB, status=200, http_user_agent=AGENT,
            ),
            "Caddy": native(
                ts=1772445600.0, logger="http.log.access", msg="handled request", status=200,
                request={"method": "GET", "uri": WEB, "host": "www", "remote_ip": "198.51.100.9",
                         "headers": {"User-Agent": [AGENT]}},
            ),
            "Traefik": native(
                time=SENT, ClientHost="198.51.100.9", RequestMethod="GET", RequestPath=WEB,
                RequestHost="www", DownstreamStatus=200, **{"request_User-Agent": AGENT},
            ),
            "W3C in JSON": native(**{
                "date": "2026-03-02", "time": "10:00:00", "c-ip": "198.51.100.9",
                "cs-method": "GET", "cs-uri-stem": WEB.partition("?")[0], "cs-uri-query": WEB,
                "sc-status": 200, "cs(User-Agent)": AGENT,
            }),
            "Filebeat": ecs(
                "nginx.access", "web/access", url={"original": WEB},
                http={"request": {"method": "GET"}, "response": {"status_code": 200}},
                user_agent={"original": AGENT}, source={"ip": "198.51.100.9"},
            ),
            "Zeek": native(_path="http", **ZEEK, method="GET", uri=WEB, status_code=200,
                           user_agent=AGENT, trans_depth=1),
        },
        {"Hack Tool User Agent": "Zeek's requests are also those through proxies"},
    ),
    Activity(
        "a proxy is asked",
        ("Rclone Activity via Proxy", "Raw Paste Service Access"),
        {
            "W3C in JSON": native(**{
                "c-ip": "10.0.0.5", "cs-method": "GET", "c-uri": "http://x.pastebin.com/raw/1",
                "sc-status": 200, "cs(User-Agent)": "rclone/v1.60", "cs-host": "x.pastebin.com",
            }),
            "Filebeat": ecs(
                "squid.log", "web/access", url={"original": "http://x.pastebin.com/raw/1",
                                                "domain": "x.pastebin.com"},
                http={"request": {"method": "GET"}, "response": {"status_code": 200}},
                user_agent={"original": "rclone/v1.60"},
            ),
            "Zeek": native(
                _path="http", **ZEEK, method="GET", uri="http://x.pastebin.com/raw/1",
                host="x.pastebin.com", user_agent="rclone/v1.60", trans_depth=1, status_code=200,
            ),
        },
    ),
    Activity(
        "a packet filter lets clear text through",
        ("Cleartext Protocol Usage",),
        {
            "pairs": b"date=2026-03-02 time=10:00:00 src=10.0.0.5 dst=198.51.100.7 dport=23 "
            b"proto=tcp action=accept",
            "pairs in syslog": syslog(
                "fw", "src=10.0.0.5 dst=198.51.100.7 dport=23 proto=tcp action=accept"
            ),
            "JSON": native(src_ip="10.0.0.5", dst_ip="198.51.100.7", dst_port=23, action="accept",
                           proto="tcp"),
            "ECS": ecs("panw.panos", "network/allowed", event={"action": "accept"},
                       source={"ip": "10.0.0.5"}, destination={"ip": "198.51.100.7", "port": 23}),
        },
    ),
    Activity(
        "FortiGate: a user is made",
        ("FortiGate - New Local User Created",),
        {
            "pairs": b'date=2026-03-02 time=10:00:00 devname="FGT" devid="FG100D1" type="event" '
            b'subtype="system" action="Add" cfgpath="user.local" cfgobj="x"',
            "pairs in syslog": b'<189>date=2026-03-02 time=10:00:00 devname="FGT" devid="FG100D1" '
            b'type="event" subtype="system" action="Add" cfgpath="user.local" cfgobj="x"',
            "Filebeat": ecs("fortinet.firewall", event={"action": "Add"},
                            fortinet={"firewall": {"action": "Add", "cfgpath": "user.local",
                                                   "type": "event"}}),
        },
    ),
    Activity(
        "OpenCanary: a login",
        ("OpenCanary - SSH Login Attempt",),
        {
            "JSON": native(logtype=4002, node_id="opencanary-1", src_host="10.0.0.5",
                           local_time="2026-03-02 10:00:00.123456", logdata={"USERNAME": "root"}),
            "in syslog": in_syslog(native(logtype=4002, node_id="opencanary-1")),
            "ECS": ecs("opencanary.event", "intrusion_detection/info", logtype=4002),
        },
    ),
    Activity(
        "Django refuses a host",
        ("Django Framework Exceptions",),
        {
            "ECS logger": native(**{
                "@timestamp": SENT, "ecs.version": "1.6.0", "log.level": "ERROR",
                "log.logger": "django.security.DisallowedHost", "message": "Invalid HTTP_HOST"}),
            "syslog": syslog("django", "django.security.DisallowedHost: Invalid HTTP_HOST"),
            "Filebeat": ecs("django.log", log={"logger": "django.security.DisallowedHost"},
                            message="Invalid HTTP_HOST header"),
        },
    ),
]  # fmt: skip
