"""How an object is joined to the world: gateways, segments, domains, integrations, mining.

These are what the law's own detectors compare events with (29(3), 30, 33-1, 43, 44, 56-1; National
Security Law 23(6)). What a record leaves out is unknown, and no detector takes it as compliance.
"""

from typing import Annotated

from pydantic import StringConstraints

from pipeline.registry.enumerations import (
    GatewayExemption,
    IntegrationException,
    IntegrationWay,
    Zone,
)
from pipeline.registry.moments import Begin, End
from pipeline.registry.part import Address, Certificate, Code, Country, Part, Text

DomainName = Annotated[str, StringConstraints(min_length=1, max_length=253, pattern=r"^[^\s/:]+$")]


class Segment(Part):
    """A network segment of the object, with its zone (1(42), 29)."""

    name: Text
    zone: Zone
    addresses: tuple[Address, ...] = ()
    internet: bool | None = None


class Domain(Part):
    """A domain name of the object and what 56-1 asks of one in .KZ or .ҚАЗ.

    ``hosting_country`` is where the machines stand that serve it; ``certificate`` the security
    certificate by name or fingerprint, ``certificate_valid_until`` its last day; ``certified: no``
    says that there is none.
    """

    name: DomainName
    hosting_country: Country | None = None
    certified: bool | None = None
    certificate: Certificate | None = None
    certificate_valid_until: End | None = None

    @property
    def national(self) -> bool:
        """Tell whether the name lies in a Kazakh top-level domain (56-1)."""
        last = self.name.rstrip(".").rpartition(".")[2].casefold()
        return last in {"kz", "қаз", "xn--80ao21a"}


class Network(Part):
    """Addresses, gateways and zones.

    ``addresses`` are the object's own. ``internet_via_gateway``: whether it reaches the Internet
    through the single gateway (30(1)), whose addresses are ``internet_gateways`` (also those that
    it gives to what leaves), and to which ``internet_gateway_interfaces`` lead by their names;
    ``gateway_exemption`` says why it need not (30(3)). ``mail_via_gateway`` and ``mail_gateways``:
    the same for mail (30(4)). ``trunk``: whether it is a trunk network, which may not be managed
    from abroad (National Security Law 23(6)); ``management_addresses`` are those it is managed
    from, ``management_countries`` where they are.
    """

    addresses: tuple[Address, ...] = ()
    segments: tuple[Segment, ...] = ()
    domains: tuple[Domain, ...] = ()
    hosting_country: Country | None = None
    internet_via_gateway: bool | None = None
    internet_gateways: tuple[Address, ...] = ()
    internet_gateway_interfaces: tuple[Text, ...] = ()
    gateway_exemption: GatewayExemption | None = None
    mail_via_gateway: bool | None = None
    mail_gateways: tuple[Address, ...] = ()
    trunk: bool | None = None
    management_addresses: tuple[Address, ...] = ()
    management_countries: tuple[Country, ...] = ()

    def in_zone(self, zone: Zone) -> tuple[str, ...]:
        """Give the addresses and networks of a zone."""
        return tuple(
            address for one in self.segments if one.zone == zone for address in one.addresses
        )


class Integration(Part):
    """An edge of the integration graph (1(5-1), 43, 44).

    ``object`` names a registered object, else ``name`` the other side; ``state``: whether that is a
    state system (an object's own record says so itself). ``via`` is over what they are joined,
    ``exception`` why no gateway is needed (43(3)). ``contract`` is the agreement on joint security
    work (43(1)); data of persons pass only with ``personal_data_approval`` (44(4)). ``addresses``
    and ``hosts`` are the other side's, ``gateways`` those of the gateway.
    """

    object: Code | None = None
    name: str = ""
    state: bool | None = None
    via: IntegrationWay | None = None
    exception: IntegrationException | None = None
    contract: str = ""
    personal_data: bool | None = None
    personal_data_approval: str = ""
    since: Begin | None = None
    addresses: tuple[Address, ...] = ()
    hosts: tuple[str, ...] = ()
    gateways: tuple[Address, ...] = ()


class Mining(Part):
    """Digital mining at the object (33-1): whether its owner has told the authority of it.

    ``declared: no`` says that none is; None is unknown, and no detector takes it as a yes.
    """

    declared: bool
    notified_at: Begin | None = None
    notice_ref: str = ""
    addresses: tuple[Address, ...] = ()
