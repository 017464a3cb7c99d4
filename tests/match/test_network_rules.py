"""SigmaHQ's rules on networks fire on what sensors and exporters of flows write."""

from pathlib import Path

import orjson
import pytest

from pipeline.content import load_content
from pipeline.match import Matcher
from pipeline.model import Event
from tests.match.material import taxonomy
from tests.normalize.golden_rows import rows_of
from tests.normalize.reading import batch_of, event_of, normalized

FOLDERS = (
    "rules/network",
    "rules-compliance/other",
    "rules-emerging-threats/2021/Exploits/CVE-2021-38647",
    "rules/windows/process_creation/proc_creation_win_whoami_priv_discovery.yml",
)
ZEEK = {
    "ts": 1772445600.0, "uid": "C1", "id.orig_h": "10.0.0.5", "id.orig_p": 50000,
    "id.resp_h": "198.51.100.7", "id.resp_p": 445,
}  # fmt: skip


@pytest.fixture(scope="module")
def network_rules(sigmahq_folder: Path) -> Matcher:
    """Load SigmaHQ's rules on networks."""
    content = load_content(tuple(sigmahq_folder / name for name in FOLDERS), None)
    return Matcher(content, taxonomy())


def zeek(path: str, /, **values: object) -> bytes:
    return orjson.dumps({"_path": path, **ZEEK, **values})


def as_rows(record: bytes) -> tuple[bytes, bytes]:
    """Give a record of Zeek's JSON as its table has it: the lines that begin with #, and a row."""
    values = orjson.loads(record)
    path = values.pop("_path")
    types, texts = [], []
    for value in values.values():
        kind, text = column(value)
        types.append(kind)
        texts.append(text)
    head = (
        "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"
        f"#path\t{path}\n#fields\t" + "\t".join(values) + "\n#types\t" + "\t".join(types) + "\n"
    )
    return head.encode(), "\t".join(texts).encode()


def column(value: object) -> tuple[str, str]:
    if isinstance(value, list):
        return "vector[string]", ",".join(column(one)[1] for one in value) or "(empty)"
    if isinstance(value, bool):
        return "bool", "T" if value else "F"
    if isinstance(value, int):
        return "count", str(value)
    if isinstance(value, float):
        return "double", f"{value:.6f}"
    return "string", str(value).replace("\\", "\\\\").replace("\t", "\\x09").replace(",", "\\x2c")


FIRING = [
    ("Default Cobalt Strike Certificate",
     zeek("x509", **{"certificate.serial": "8BB00EE", "certificate.subject": "CN=x"})),
    ("MITRE BZAR Indicators for Execution",
     zeek("dce_rpc", endpoint="svcctl", operation="CreateServiceW", named_pipe="\\pipe\\x")),
    ("SMB Spoolss Name Piped Usage",
     zeek("smb_files", action="SMB::FILE_OPEN", path="\\\\srv\\IPC$", name="spoolss")),
    ("Suspicious PsExec Execution - Zeek",
     zeek("smb_files", action="SMB::FILE_OPEN", path="\\\\srv\\IPC$", name="tool-1-stdin")),
    ("WebDav Put Request",
     zeek("http", method="PUT", uri="/x", user_agent="Microsoft-WebDAV-MiniRedir/10.0",
          trans_depth=1, status_code=201)),
    ("OMIGOD HTTP No Authentication RCE - CVE-2021-38647",
     zeek("http", method="POST", uri="/wsman", status_code=200, trans_depth=1,
          request_body_len=900, client_header_names=["HOST"])),
    ("DNS Events Related To Mining Pools",
     zeek("dns", query="pool.minexmr.com", qtype_name="A", answers=["203.0.113.9"],
          rejected=False)),
    ("Suspicious DNS Z Flag Bit Set",
     zeek("dns", query="a.example.org", qtype_name="A", Z=1, answers=["203.0.113.9"],
          **{"id.resp_p": 53})),
    ("Kerberos Network Traffic RC4 Ticket Encryption",
     zeek("kerberos", request_type="TGS", cipher="rc4-hmac", service="cifs/srv")),
    ("Publicly Accessible RDP Service",
     zeek("rdp", **{"id.orig_h": "198.51.100.9"}, security_protocol="HYBRID")),
    ("DNS TXT Answer with Possible Execution Strings",
     zeek("dns", query="x.example.org", qtype_name="TXT", answers=["TXT 9 IEX(1)"])),
    ("Cobalt Strike DNS Beaconing", zeek("dns", query="aaa.stage.1.example", qtype_name="A")),
]  # fmt: skip


@pytest.mark.parametrize(("title", "record"), FIRING, ids=[title for title, _ in FIRING])
def test_a_rule_fires_on_zeeks_json_and_on_its_table(
    network_rules: Matcher, title: str, record: bytes
) -> None:
    """One record, as JSON and as a row of Zeek's table, is the same event to every rule."""
    head, row = as_rows(record)
    (table,) = normalized(batch_of(row, preamble=head))
    assert isinstance(table, Event)
    events = (event_of(record), table)
    fired = [titles(network_rules, event) for event in events]
    assert title in fired[0]
    assert fired[0] == fired[1]
    assert events[0].ecs == events[1].ecs
    assert events[0].native == events[1].native


SURICATA = {
    "timestamp": "2026-03-02T10:00:00.000000+0000", "flow_id": 1, "src_ip": "10.0.0.5",
    "src_port": 50000, "dest_ip": "198.51.100.7", "dest_port": 53, "proto": "UDP",
}  # fmt: skip
TXT = {"rrname": "x.example.org", "rrtype": "TXT", "rdata": "IEX(1)", "ttl": 5}
OTHERS = [
    ("Cobalt Strike DNS Beaconing", "Suricata's first form",
     {**SURICATA, "event_type": "dns",
      "dns": {"type": "query", "rrname": "aaa.stage.1.example", "rrtype": "A"}}),
    ("Cobalt Strike DNS Beaconing", "Suricata's third form",
     {**SURICATA, "event_type": "dns",
      "dns": {"version": 3, "type": "request",
              "queries": [{"rrname": "aaa.stage.1.example", "rrtype": "A"}]}}),
    ("DNS TXT Answer with Possible Execution Strings", "Suricata's second form",
     {**SURICATA, "event_type": "dns",
      "dns": {"version": 2, "type": "answer", "rrname": "x.example.org", "rrtype": "TXT",
              "answers": [TXT]}}),
    ("Cleartext Protocol Usage Via Netflow", "nfdump",
     {"type": "FLOW", "first": "2026-03-02T10:00:00.000", "last": "2026-03-02T10:00:01.000",
      "proto": 6, "src4_addr": "10.0.0.5", "dst4_addr": "198.51.100.7", "src_port": 50000,
      "dst_port": 23, "in_packets": 1, "in_bytes": 60}),
    ("Cleartext Protocol Usage Via Netflow", "goflow2",
     {"type": "IPFIX", "sampler_address": "192.0.2.1", "src_addr": "10.0.0.5", "proto": "TCP",
      "dst_addr": "198.51.100.7", "src_port": 50000, "dst_port": 3306, "bytes": 60}),
    ("Cleartext Protocol Usage Via Netflow", "super_mediator",
     {"flows": {"sourceIPv4Address": "10.0.0.5", "destinationIPv4Address": "198.51.100.7",
                "protocolIdentifier": 6, "destinationTransportPort": 21}}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("title", "document"), [(row[0], row[2]) for row in OTHERS], ids=[row[1] for row in OTHERS]
)
def test_a_rule_fires_on_other_sensors(
    network_rules: Matcher, title: str, document: dict[str, object]
) -> None:
    """Suricata's forms of DNS and the exporters of flows reach the rules on DNS and flows."""
    assert title in titles(network_rules, event_of(orjson.dumps(document)))


def test_a_process_of_ocsf_reaches_the_rules_on_windows(network_rules: Matcher) -> None:
    """A process that OCSF tells of is read by ECS, as Sysmon's or Elastic's are."""
    (row,) = (row for row in rows_of("ocsf") if row.name == "process-launch")
    title = "Security Privileges Enumeration Via Whoami.EXE"
    assert title in titles(network_rules, event_of(row.record))


def titles(matcher: Matcher, event: Event) -> set[str]:
    return {matcher.content.rules[match.rule_id].title for match in matcher.match(event)}
