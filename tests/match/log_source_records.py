"""One record of every log source that SigmaHQ's rules name, in the shape in which it arrives.

Windows is told by channel and event id; of everything else each record is what its vendor writes
(native JSON, or Elastic's ECS of it where that is text), or a syslog line.
"""

from typing import Any

import orjson
from sigma.pipelines.common import windows_logsource_mapping

SYSMON = "Microsoft-Windows-Sysmon/Operational"
POWERSHELL = "Microsoft-Windows-PowerShell/Operational"
CLASSIC = "Windows PowerShell"

# Sigma specification 2.1, taxonomy appendix, "Windows Folder", Category.
WINDOWS_CATEGORIES = {
    "process_creation": (SYSMON, 1),
    "file_change": (SYSMON, 2),
    "network_connection": (SYSMON, 3),
    "sysmon_status": (SYSMON, 16),
    "process_termination": (SYSMON, 5),
    "driver_load": (SYSMON, 6),
    "image_load": (SYSMON, 7),
    "create_remote_thread": (SYSMON, 8),
    "raw_access_thread": (SYSMON, 9),
    "process_access": (SYSMON, 10),
    "file_event": (SYSMON, 11),
    "registry_event": (SYSMON, 14),
    "registry_add": (SYSMON, 12),
    "registry_delete": (SYSMON, 12),
    "registry_set": (SYSMON, 13),
    "registry_rename": (SYSMON, 14),
    "create_stream_hash": (SYSMON, 15),
    "pipe_created": (SYSMON, 17),
    "wmi_event": (SYSMON, 20),
    "dns_query": (SYSMON, 22),
    "file_delete": (SYSMON, 23),
    "clipboard_capture": (SYSMON, 24),
    "process_tampering": (SYSMON, 25),
    "file_delete_detected": (SYSMON, 26),
    "file_block_executable": (SYSMON, 27),
    "file_block_shredding": (SYSMON, 28),
    "file_executable_detected": (SYSMON, 29),
    "sysmon_error": (SYSMON, 255),
    "ps_classic_start": (CLASSIC, 400),
    "ps_classic_provider_start": (CLASSIC, 600),
    "ps_classic_script": (CLASSIC, 800),
    "ps_module": (POWERSHELL, 4103),
    "ps_script": (POWERSHELL, 4104),
}
# Services that pySigma's table of channels leaves out, by the channel that the provider registers.
WINDOWS_SERVICES = {
    "smbclient-connectivity": "Microsoft-Windows-SmbClient/Connectivity",
    "smbserver-connectivity": "Microsoft-Windows-SMBServer/Connectivity",
}


def windows_record(channel: str, code: int, provider: str = "A provider", **data: Any) -> bytes:
    """Make a Windows event in the nesting of its XML."""
    system = {
        "Provider": {"#attributes": {"Name": provider}},
        "EventID": code,
        "Channel": channel,
        "Computer": "host",
    }
    return orjson.dumps({"Event": {"System": system, "EventData": data}})


def windows_records() -> dict[str, list[bytes]]:
    """Give the records of Windows' log sources by ``product/category/service``."""
    found = {
        f"windows/{category}/": [windows_record(channel, code)]
        for category, (channel, code) in WINDOWS_CATEGORIES.items()
    }
    tracing = windows_record("", 12, "Microsoft-Windows-Kernel-File")
    found["windows/file_access/"] = found["windows/file_rename/"] = [tracing]
    found["windows//"] = [windows_record("Anything", 1)]
    for service, channels in {**windows_logsource_mapping, **WINDOWS_SERVICES}.items():
        several = [channels] if isinstance(channels, str) else channels
        found[f"windows//{service}"] = [windows_record(channel, 1) for channel in several]
    del found["windows//ldap_debug"]  # the name that the appendix 2.0.0 gave up
    return found


def _json(**document: Any) -> bytes:
    return orjson.dumps(document)


def _ecs(dataset: str, **more: Any) -> bytes:
    return orjson.dumps({"ecs": {"version": "8.17.0"}, "event": {"dataset": dataset}, **more})


def _logger(name: str) -> bytes:
    return orjson.dumps(
        {"ecs.version": "1.6.0", "log.level": "ERROR", "log.logger": name, "message": "Failed"}
    )


def _elastic(system: str, category: str, kind: str) -> bytes:
    event = {"kind": "event", "category": [category], "type": [kind]}
    return orjson.dumps({"event": event, "host": {"os": {"type": system}}, "message": "m"})


def _syslog(program: str, text: str = "something happened") -> bytes:
    return f"<38>Mar  2 10:00:00 host {program}[7]: {text}".encode()


CLOUDTRAIL = _json(
    eventVersion="1.08", eventSource="iam.amazonaws.com", eventName="A", awsRegion="us-east-1",
    eventTime="2026-03-02T10:00:00Z",
)  # fmt: skip
GOOGLE = {
    "protoPayload": {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "methodName": "storage.buckets.delete",
        "serviceName": "storage.googleapis.com",
    },
    "logName": "projects/p/logs/cloudaudit.googleapis.com%2Factivity",
    "timestamp": "2026-03-02T10:00:00Z",
}
KUBERNETES = _json(
    kind="Event", apiVersion="audit.k8s.io/v1", verb="get", objectRef={"resource": "pods"},
    auditID="a", stage="ResponseComplete",
)  # fmt: skip
ZEEK = {"ts": 1772445600.0, "uid": "C1", "id.orig_h": "192.0.2.1", "id.resp_h": "192.0.2.2"}


def _zeek(path: str) -> bytes:
    return orjson.dumps({"_path": path, **ZEEK})


def _m365(workload: str) -> bytes:
    return _json(
        CreationTime="2026-03-02T10:00:00", Operation="Op", Workload=workload, RecordType=1
    )


def _workspace(application: str) -> bytes:
    return _json(
        kind="admin#reports#activity", id={"applicationName": application}, events=[{"name": "X"}]
    )


OTHER_RECORDS: dict[str, bytes] = {
    "//apache": _ecs("apache.access", http={"request": {"method": "GET"}}),
    "//netflow": _ecs("netflow.log", destination={"port": 21}),
    "//nginx": _json(remote_addr="192.0.2.1", request_uri="/", status=200, http_user_agent="x"),
    "/antivirus/": windows_record("Microsoft-Windows-Windows Defender/Operational", 1116),
    "/database/": _elastic("linux", "database", "access"),
    "/dns/": _zeek("dns"),
    "/firewall/": b"src=192.0.2.1 dst=192.0.2.2 dport=21 proto=tcp action=accept",
    "/proxy/": _json(**{"cs-method": "GET", "c-uri": "http://a/", "sc-status": 200}),
    "/webserver/": _json(**{"cs-method": "GET", "cs-uri-stem": "/", "sc-status": 200}),
    "aws//cloudtrail": CLOUDTRAIL,
    "azure//activitylogs": _json(
        category="Administrative", operationName="X/WRITE", resourceId="/SUBSCRIPTIONS/1",
    ),
    "azure//auditlogs": _json(category="AuditLogs", operationName="Add user"),
    "azure//pim": _json(riskEventType="staleSignInAlertIncident", id="1"),
    "azure//riskdetection": _json(riskEventType="unfamiliarFeatures", id="1"),
    "azure//signinlogs": _json(category="SignInLogs", resultType="0"),
    "bitbucket//audit": _json(auditType={"category": "Security", "action": "X"}),
    "cisco//aaa": _syslog("tac_plus"),
    "cisco//bgp": b"<189>29: *Mar  1 18:46:11: %TCP-6-BADAUTH: Invalid MD5 digest",
    "cisco//duo": _json(txid="1", event_type="authentication", reason="bypass_user"),
    "cisco//ldp": b"<189>29: *Mar  1 18:46:11: %LDP-4-ERR: SOCKET_TCP_PACKET_MD5_AUTHEN_FAIL",
    "cisco//syslog": b"<189>29: *Mar  1 18:46:11: %SYS-5-CONFIG_I: Configured from console",
    "django/application/": _logger("django.request"),
    "fortigate//event": b'devname="FGT" devid="FG100D" logid="0100044547" type="event" cfgpath="a"',
    "fortios//sslvpnd": _syslog("sslvpnd"),
    "gcp//gcp.audit": orjson.dumps(GOOGLE),
    "gcp//google_workspace.admin": _workspace("admin"),
    "gcp//google_workspace.login": _workspace("login"),
    "github//audit": _json(_document_id="1", action="repo.destroy", actor="a"),
    "huawei//bgp": b"<133>Mar  1 2026 18:46:11 AR01 %%01BGP/3/BGP_AUTH_FAILED(l)[3]: failed",
    "juniper//bgp": _syslog("rpd", "bgp_recv: missing MD5 digest"),
    "jvm/application/": _logger("com.example.Shop"),
    "kubernetes//audit": KUBERNETES,
    "kubernetes/application/audit": KUBERNETES,
    "linux//": _syslog("anything"),
    "linux//auditd": b'type=EXECVE msg=audit(1772445600.123:456): argc=1 a0="id"',
    "linux//auth": _syslog("su"),
    "linux//clamav": _syslog("clamd"),
    "linux//cron": _syslog("CRON"),
    "linux//guacamole": _syslog("guacd"),
    "linux//sshd": _syslog("sshd"),
    "linux//sudo": _syslog("sudo"),
    "linux//syslog": _syslog("kernel"),
    "linux//vsftpd": _syslog("vsftpd"),
    "linux/file_event/": windows_record("Linux-Sysmon/Operational", 11, "Linux-Sysmon"),
    "linux/network_connection/": windows_record("Linux-Sysmon/Operational", 3, "Linux-Sysmon"),
    "linux/process_creation/": windows_record("Linux-Sysmon/Operational", 1, "Linux-Sysmon"),
    "m365//audit": _m365("AzureActiveDirectory"),
    "m365//exchange": _m365("Exchange"),
    "m365//threat_detection": _m365("SecurityComplianceCenter"),
    "m365//threat_management": _m365("SecurityComplianceCenter"),
    "macos/file_event/": _elastic("macos", "file", "creation"),
    "macos/process_creation/": _elastic("macos", "process", "start"),
    "nodejs/application/": _syslog("node"),
    "okta//okta": _json(
        eventType="user.session.start", displayMessage="d", published="2026-03-02T10:00:00Z"
    ),
    "onelogin//onelogin.events": _json(event_type_id=3, account_id=1),
    "opencanary/application/": _json(logtype=4000, node_id="opencanary-1"),
    "paloalto/appliance/globalprotect": _syslog("gpsvc", "failed to unmarshal session(../"),
    "paloalto/file_event/globalprotect": orjson.dumps(
        {
            "event": {"dataset": "paloalto.globalprotect", "category": ["file"]},
            "file": {"path": "/opt/panlogs/tmp/device_telemetry/x"},
        }
    ),
    "python/application/": _logger("gunicorn.error"),
    "qualys//": _ecs("qualys_vmdr.asset_host_detection", vulnerability={"id": ["1"]}),
    "rpc_firewall/application/": windows_record("RPCFW", 3, "RPCFW"),
    "ruby_on_rails/application/": _syslog("puma"),
    "spring/application/": _logger("org.springframework.web.servlet.DispatcherServlet"),
    "sql/application/": _ecs("mysql.error", host={"name": "db"}, message="You have an error"),
    "velocity/application/": _logger("org.apache.velocity.runtime"),
    "zeek//dce_rpc": _zeek("dce_rpc"),
    "zeek//dns": _zeek("dns"),
    "zeek//http": _zeek("http"),
    "zeek//kerberos": _zeek("kerberos"),
    "zeek//rdp": _zeek("rdp"),
    "zeek//smb_files": _zeek("smb_files"),
    "zeek//x509": _zeek("x509"),
}  # fmt: skip


def records() -> dict[str, list[bytes]]:
    """Give every record by its log source, ``product/category/service``."""
    return windows_records() | {name: [record] for name, record in OTHER_RECORDS.items()}
