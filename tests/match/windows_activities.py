"""Windows activities that SigmaHQ's regression files have no event of, for the renderers."""

from typing import Any

SYSMON = "Microsoft-Windows-Sysmon"
AUDITING = "Microsoft-Windows-Security-Auditing"
POWERSHELL = "Microsoft-Windows-PowerShell"
CHANNELS = {
    SYSMON: f"{SYSMON}/Operational",
    AUDITING: "Security",
    POWERSHELL: f"{POWERSHELL}/Operational",
    "PowerShell": "Windows PowerShell",
    "Service Control Manager": "System",
    "Microsoft-Windows-WMI-Activity": "Microsoft-Windows-WMI-Activity/Operational",
    "Microsoft-Windows-Windows Defender": "Microsoft-Windows-Windows Defender/Operational",
    "Microsoft-Windows-Bits-Client": "Microsoft-Windows-Bits-Client/Operational",
}


def windows_activity(provider: str, code: int, channel: str = "", **parts: Any) -> dict[str, Any]:
    """Describe an event as the renderers take it; ``parts``: data, user_data or unnamed."""
    system = {
        "Provider": provider,
        "EventID": code,
        "Level": 4,
        "Keywords": "0x8020000000000000",
        "EventRecordID": 7,
        "Channel": channel or CHANNELS[provider],
        "Computer": "ws07.example",
        "UserID": "S-1-5-18",
    }
    return {"system": system, "time": "2026-03-02T10:00:00.000000Z", **parts}


ENGINE = (
    "\tNewEngineState=Available\n\tPreviousEngineState=None\n\n\tHostName=ConsoleHost\n"
    "\tHostVersion=5.1\n\tHostApplication=powershell -version 2\n\tEngineVersion=2.0"
)
# Title of a rule that must be among the hits, and the event.
WINDOWS_ACTIVITIES: dict[str, dict[str, Any]] = {
    "Uncommon Network Connection Initiated By Certutil.EXE": windows_activity(
        SYSMON,
        3,
        data={
            "Image": r"C:\Windows\System32\certutil.exe",
            "User": r"PLANT\operator",
            "Protocol": "tcp",
            "Initiated": "true",
            "SourceIp": "10.0.0.5",
            "SourcePort": "50000",
            "DestinationIp": "198.51.100.7",
            "DestinationPort": "443",
        },
    ),
    "PsExec Tool Execution From Suspicious Locations - PipeName": windows_activity(
        SYSMON,
        17,
        data={
            "EventType": "CreatePipe",
            "Image": r"C:\Users\Public\a.exe",
            "PipeName": r"\PSEXESVC",
        },
    ),
    "WMI Event Subscription": windows_activity(
        SYSMON,
        20,
        data={
            "EventType": "WmiConsumerEvent",
            "Operation": "Created",
            "User": r"PLANT\operator",
            "Name": "x",
            "Type": "Command Line",
            "Destination": r"C:\x.exe",
        },
    ),
    "Failed Logon From Public IP": windows_activity(
        AUDITING,
        4625,
        data={"TargetUserName": "admin", "IpAddress": "198.51.100.9", "LogonType": "3"},
    ),
    "Admin User Remote Logon": windows_activity(
        AUDITING,
        4624,
        data={
            "TargetUserName": "Administrator",
            "LogonType": "10",
            "AuthenticationPackageName": "Negotiate",
            "IpAddress": "10.0.0.9",
        },
    ),
    "Security Eventlog Cleared": windows_activity(
        "Microsoft-Windows-Eventlog", 1102, "Security", user_data={"SubjectUserName": "operator"}
    ),
    "HackTool Service Registration or Execution": windows_activity(
        "Service Control Manager",
        7045,
        data={"ServiceName": "winexesvc", "ImagePath": "winexesvc.exe", "StartType": "demand"},
    ),
    "Potential Invoke-Mimikatz PowerShell Script": windows_activity(
        POWERSHELL,
        4104,
        data={
            "MessageNumber": "1",
            "MessageTotal": "1",
            "ScriptBlockText": "sekurlsa::logonpasswords",
        },
    ),
    "Clear PowerShell History - PowerShell Module": windows_activity(
        POWERSHELL,
        4103,
        data={
            "ContextInfo": "Host Name = ConsoleHost",
            "Payload": "Remove-Item (Get-PSReadlineOption).HistorySavePath",
        },
    ),
    "PowerShell Downgrade Attack - PowerShell": windows_activity(
        "PowerShell", 400, unnamed=["Available", "None", ENGINE]
    ),
    "Failed Event Log Clear Via WMI NTEventLogFile ClearEventLog": windows_activity(
        "Microsoft-Windows-WMI-Activity",
        5858,
        user_data={
            "Operation": "Start IWbemServices::ExecMethod - Win32_NTEventlogFile::cleareventlog"
        },
    ),
    "Windows Defender Real-time Protection Disabled": windows_activity(
        "Microsoft-Windows-Windows Defender", 5001, data={"Product Name": "Defender"}
    ),
    "BITS Transfer Job Download To Potential Suspicious Folder": windows_activity(
        "Microsoft-Windows-Bits-Client",
        16403,
        data={"LocalName": r"C:\Users\Public\x.exe", "RemoteName": "https://a.example/x.exe"},
    ),
}
