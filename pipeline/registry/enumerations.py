"""The closed lists of words in the registry, each with its article.

Articles without a law are of the Informatization Law (418-V). A word that stands in none of these
lists is refused at load, never guessed.
"""

from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["eir", "software", "internet_resource", "ici"]
"""The four kinds of object (1(4)): information resource, software, Internet resource, ICI."""

IciKind: TypeAlias = Literal[
    "is", "tech_platform", "hw_sw_complex", "server_room", "telecom_network",
    "security_continuity_system",
]  # fmt: skip
"""The six kinds of infrastructure object (1(25)); the last keeps power, cooling, access up."""

Ownership: TypeAlias = Literal["state", "non_state"]
"""Whose it is (32(1), 37(1))."""

Access: TypeAlias = Literal["public", "restricted"]
"""Whether conditions of access are set (32(4), 37)."""

Restriction: TypeAlias = Literal["none", "confidential", "state_secret", "unknown"]
"""The two kinds of restricted resource (32(5)); ``state_secret`` is known only to be refused."""

RestrictedBy: TypeAlias = Literal["law", "owner", "holder"]
"""Who restricts access (32(6))."""

Sector: TypeAlias = Literal[
    "heat", "electricity", "gas", "water_supply", "industry", "health_care", "communications",
    "banking", "transport", "hydraulic_structures", "law_enforcement", "e_government",
    "agriculture", "defence", "education", "environment", "other",
]  # fmt: skip
"""The twelve branches of 1(24); the last five come from the National Security Law, 5(1)."""

Consequence: TypeAlias = Literal[
    "social_emergency", "technogenic_emergency", "defence", "security",
    "international_relations", "economy", "branch", "population",
]  # fmt: skip
"""What a critical object's disruption leads to (1(24)): two emergencies, six effects."""

Stage: TypeAlias = Literal[
    "development", "trial", "testing", "implementation", "industrial", "upgrade", "terminating",
    "written_off",
]  # fmt: skip
"""The life cycle (1(6-1)-(6-7), 39-41-1)."""

GuardExemption: TypeAlias = Literal["special_state_body", "tests_not_required"]
"""Why no acts are asked before industrial operation: 39-1; an object outside 49(1)."""

FinancialSubject: TypeAlias = Literal[
    "bank", "bank_branch", "insurer", "insurer_branch", "reinsurer", "reinsurer_branch",
    "insurance_broker", "insurance_broker_branch", "organisation",
]  # fmt: skip
"""Whom the financial market's sectoral centre serves (1(31-1)); branches of non-residents."""

EGovernmentGround: TypeAlias = Literal[
    "state_eir", "state_body_software", "state_body_internet_resource", "e_government_ici",
    "for_state_eir", "for_state_functions", "for_state_services",
]  # fmt: skip
"""Why an object is of electronic government (1(64)); the last three may be another's."""

RequirementsGround: TypeAlias = Literal[
    "state_body", "local_self_government", "state_legal_entity", "quasi_state",
    "integrated_non_state", "forms_state_eir", "critical",
]  # fmt: skip
"""On whom the unified requirements are binding (54(3))."""

PartyKind: TypeAlias = Literal[
    "state_body", "special_state_body", "law_enforcement_body", "national_bank",
    "local_self_government", "state_legal_entity", "quasi_state", "legal_entity",
    "natural_person", "unit",
]  # fmt: skip
"""What a subject is (1(11), 30(1), 30(3)); ``unit`` is a structural unit of another (1(30-4))."""

PersonalDataKind: TypeAlias = Literal["public", "restricted"]
"""The two kinds of resources with personal data (36(1))."""

PersonalDataState: TypeAlias = Literal["active", "depersonalised", "destroyed"]
"""Protection holds from receipt until depersonalisation or destruction (56)."""

IntegrationWay: TypeAlias = Literal[
    "eg_gateway", "external_gateway", "payment_gateway", "national_gateway", "direct"
]
"""Over what two systems are joined (1(5-1), 1(47), 1(71-1), 28, 43(2), 44(1))."""

IntegrationException: TypeAlias = Literal["signature_check", "data_analysis", "payment_data"]
"""For what no gateway is asked (43(3), 20)."""

GatewayExemption: TypeAlias = Literal["special_state_body", "law_enforcement", "national_bank"]
"""Who may pass the single gateway (30(3))."""

Zone: TypeAlias = Literal[
    "internal", "public", "state_transport", "management", "process", "demilitarised"
]
"""A network's zone (1(42)); ``state_transport`` is the state bodies' unified transport
environment (29), ``public`` a network joined to the Internet, ``process`` a control network."""

OperatingRegime: TypeAlias = Literal[
    "normal", "social", "natural", "technogenic", "state_of_emergency", "martial_law"
]
"""Under what regime an object runs (5(11), 54(4))."""

AuditKind: TypeAlias = Literal["security", "system", "personal_data_survey"]
"""The yearly security audit (17(4)), the other audit (1(18), 50), the survey (1(57-1))."""

Carries: TypeAlias = Literal[
    "access_log", "request_log", "backup_status", "restore_status", "internet_gateway",
    "mail_gateway", "dns", "network_flow", "protection_tool", "sensor", "licence_status",
]  # fmt: skip
"""What a source tells, as the law's detectors ask for it: access facts (55(3)(2)), requests
(40(2)(4)), backups and restores (42(3), 40(2)(2)), the two gateways (30), DNS (14(1)(14)),
protection tools (1(32)), sensors of monitoring (National Security Law 23(5))."""
