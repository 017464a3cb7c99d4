"""Columns of PAN-OS' logs by type, and what they fill.

Names are the guide's variable names. Source: Palo Alto Networks, PAN-OS 10.2 and 11 Administrator's
Guide, "Syslog Field Descriptions" (a page a type).
"""

from collections.abc import Mapping

HEAD = ("future_use1", "receive_time", "serial", "type", "subtype", "future_use2", "time_generated")

_SESSION = (
    "src dst natsrc natdst rule srcuser dstuser app vsys from to inbound_if outbound_if logset"
    " future_use3 sessionid repeatcnt sport dport natsport natdport flags proto action"
)
_GROUPS = "dg_hier_level_1 dg_hier_level_2 dg_hier_level_3 dg_hier_level_4 vsys_name device_name"
_DEVICES = (
    "src_category src_profile src_model src_vendor src_osfamily src_osversion src_host src_mac"
    " dst_category dst_profile dst_model dst_vendor dst_osfamily dst_osversion dst_host dst_mac"
)
_CONTAINER = "container_id pod_namespace pod_name src_edl dst_edl"
_APPLICATION = (
    "subcategory_of_app category_of_app technology_of_app risk_of_app characteristic_of_app"
    " container_of_app tunneled_app is_saas_of_app sanctioned_state_of_app"
)

COLUMNS: Mapping[str, tuple[str, ...]] = {
    kind: tuple(names.split())
    for kind, names in {
        "TRAFFIC": f"{_SESSION} bytes bytes_sent bytes_received packets start elapsed category"
        " future_use4 seqno actionflags srcloc dstloc future_use5 pkts_sent pkts_received"
        f" session_end_reason {_GROUPS} action_source src_uuid dst_uuid imsi imei"
        " parent_session_id parent_start_time tunnel assoc_id chunks chunks_sent chunks_received"
        " rule_uuid http2_connection link_change_count policy_id link_switches sdwan_cluster"
        " sdwan_device_type sdwan_cluster_type sdwan_site dynusergroup_name xff_ip"
        f" {_DEVICES} {_CONTAINER} hostid serialnumber src_dag dst_dag session_owner"
        f" high_res_timestamp nssai_sst nssai_sd {_APPLICATION} offloaded flow_type cluster_name",
        "THREAT": f"{_SESSION} misc threatid category severity direction seqno actionflags srcloc"
        " dstloc future_use4 contenttype pcap_id filedigest cloud url_idx user_agent filetype xff"
        f" referer sender subject recipient reportid {_GROUPS} future_use5 src_uuid dst_uuid"
        " http_method imsi imei parent_session_id parent_start_time tunnel thr_category contentver"
        " future_use6 assoc_id ppid http_headers url_category_list rule_uuid http2_connection"
        f" dynusergroup_name xff_ip {_DEVICES} {_CONTAINER} hostid serialnumber domain_edl src_dag"
        f" dst_dag partial_hash high_res_timestamp reason justification nssai_sst {_APPLICATION}"
        " cloud_reportid cluster_name flow_type",
        "SYSTEM": "vsys eventid object future_use3 future_use4 module severity opaque seqno"
        f" actionflags {_GROUPS} future_use5 future_use6 high_res_timestamp",
        "CONFIG": "host vsys cmd admin client result path before_change_detail after_change_detail"
        f" seqno actionflags {_GROUPS} dg_id comment future_use3 high_res_timestamp",
        # What was before and after stands in custom formats only.
        "CONFIGDEFAULT": "host vsys cmd admin client result path seqno actionflags"
        f" {_GROUPS} dg_id comment future_use3 high_res_timestamp",
        "GLOBALPROTECT": "vsys eventid stage auth_method tunnel_type srcuser srcregion machinename"
        " public_ip public_ipv6 private_ip private_ipv6 hostid serialnumber client_ver client_os"
        " client_os_ver repeatcnt reason error opaque status location login_duration"
        " connect_method error_code portal seqno actionflags high_res_timestamp selection_type"
        f" response_time priority attempted_gateways gateway {_GROUPS} vsys_id cluster_name",
        "USERID": "vsys ip user datasourcename eventid repeatcnt timeout beginport endport"
        f" datasource datasourcetype seqno actionflags {_GROUPS} vsys_id factortype"
        " factorcompletiontime factorno future_use3 future_use4 ugflags userbysource tag_name"
        " high_res_timestamp origindatasource future_use5 cluster_name",
        "HIPMATCH": "srcuser vsys machinename os src matchname repeatcnt matchtype future_use3"
        f" future_use4 seqno actionflags {_GROUPS} vsys_id srcipv6 hostid serialnumber mac"
        " high_res_timestamp cluster_name",
        "DECRYPTION": f"{_SESSION} tunnel future_use4 future_use5 src_uuid dst_uuid rule_uuid"
        " hs_stage_c2f hs_stage_f2s tls_version tls_keyxchg tls_enc tls_auth policy_name ec_curve"
        " err_index root_status chain_status proxy_type cert_serial fingerprint notbefore notafter"
        " cert_ver cert_size cn_len issuer_len rootcn_len sni_len cert_flags cn issuer_cn root_cn"
        f" sni error {_CONTAINER} src_dag dst_dag high_res_timestamp {_DEVICES} seqno actionflags"
        f" {_GROUPS} vsys_id {_APPLICATION} cluster_name",
        "AUTHENTICATION": "vsys ip user normalize_user object authpolicy repeatcnt authid vendor"
        f" logset serverprofile opaque clienttype event factorno seqno actionflags {_GROUPS}"
        " vsys_id authproto rule_uuid high_res_timestamp src_category src_profile src_model"
        " src_vendor"
        " src_osfamily src_osversion src_host src_mac region future_use3 user_agent sessionid"
        " cluster_name",
    }.items()
}

# Type: category and types of its events.
EVENTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "TRAFFIC": (("network",), ("connection",)),
    "THREAT": (("intrusion_detection", "network"), ("info",)),
    "SYSTEM": (("host",), ("info",)),
    "CONFIG": (("configuration",), ("change",)),
    "GLOBALPROTECT": (("authentication", "network"), ("info",)),
    "USERID": (("iam",), ("user", "info")),
    "HIPMATCH": (("network",), ("info",)),
    "DECRYPTION": (("network",), ("connection", "protocol")),
    "AUTHENTICATION": (("authentication",), ("start",)),
}

ECS_BY_COLUMN: Mapping[str, str | tuple[str, ...]] = {
    "serial": "observer.serial_number",
    "device_name": ("observer.hostname", "observer.name"),
    "src": "source",
    "srcipv6": "source.ip",
    "ip": "source",
    "private_ip": "source.ip",
    "private_ipv6": "source.ip",
    "public_ip": ("source.nat.ip", "source.ip"),
    "public_ipv6": ("source.nat.ip", "source.ip"),
    "dst": "destination",
    "natsrc": "source.nat.ip",
    "natdst": "destination.nat.ip",
    "sport": "source.port",
    "dport": "destination.port",
    "natsport": "source.nat.port",
    "natdport": "destination.nat.port",
    "rule": "rule.name",
    "rule_uuid": "rule.uuid",
    "srcuser": "source.user.name",
    "dstuser": "destination.user.name",
    "user": "source.user.name",
    "app": "network.application",
    "from": "observer.ingress.zone",
    "to": "observer.egress.zone",
    "inbound_if": "observer.ingress.interface.name",
    "outbound_if": "observer.egress.interface.name",
    "sessionid": "event.id",
    "bytes": "network.bytes",
    "bytes_sent": "source.bytes",
    "bytes_received": "destination.bytes",
    "packets": "network.packets",
    "pkts_sent": "source.packets",
    "pkts_received": "destination.packets",
    "session_end_reason": "event.reason",
    "seqno": "event.sequence",
    "threatid": "rule.description",
    "thr_category": "rule.category",
    "user_agent": "user_agent.original",
    "referer": "http.request.referrer",
    "http_method": "http.request.method",
    "filetype": "file.type",
    "filedigest": "file.hash",
    "sender": "email.from.address",
    "recipient": "email.to.address",
    "subject": "email.subject",
    "eventid": ("event.action", "event.code"),
    "opaque": "message",
    "error": "error.message",
    "reason": "event.reason",
    "machinename": "source.domain",
    "client_os": "user_agent.os.name",
    "client_os_ver": "user_agent.os.full",
    "cmd": "event.action",
    "admin": "user.name",
    "host": "source",
    "event": "event.action",
    "src_mac": "source.mac",
    "dst_mac": "destination.mac",
    "mac": "source.mac",
    "sni": "tls.client.server_name",
    "tls_enc": "tls.cipher",
    "ec_curve": "tls.curve",
    "cn": "tls.server.x509.subject.common_name",
    "issuer_cn": "tls.server.x509.issuer.common_name",
    "cert_serial": "tls.server.x509.serial_number",
}
