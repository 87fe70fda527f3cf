"""Which network addresses may be called: public ones, and those that the deployment allows.

A webhook is sent to whatever address its owner names. Without these rules the owner could have this
deployment call services that trust its network, such as a cloud's metadata service, which hands out
credentials.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Self

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NOT_PUBLIC_V4 = (
    IPv4Network("0.0.0.0/8"),  # this host
    IPv4Network("10.0.0.0/8"),  # private
    IPv4Network("100.64.0.0/10"),  # shared by the customers of a provider (CGNAT)
    IPv4Network("127.0.0.0/8"),  # loopback
    IPv4Network("169.254.0.0/16"),  # link-local
    IPv4Network("172.16.0.0/12"),  # private
    IPv4Network("192.0.0.0/24"),  # protocols of the IETF
    IPv4Network("192.0.2.0/24"),  # documentation
    IPv4Network("192.88.99.0/24"),  # relays of 6to4
    IPv4Network("192.168.0.0/16"),  # private
    IPv4Network("198.18.0.0/15"),  # benchmarks
    IPv4Network("198.51.100.0/24"),  # documentation
    IPv4Network("203.0.113.0/24"),  # documentation
    IPv4Network("224.0.0.0/4"),  # multicast
    IPv4Network("240.0.0.0/4"),  # reserved, and broadcast
)
"""From IANA's registry of special-purpose addresses. `ipaddress.is_private` knows most of them, but
not the same ones in each version of Python."""
PUBLIC_V6 = IPv6Network("2000::/3")
"""All public addresses of version 6 are in it."""
NOT_PUBLIC_V6 = (
    IPv6Network("2001::/23"),  # protocols of the IETF, such as Teredo, which wraps version 4
    IPv6Network("2001:db8::/32"),  # documentation
    IPv6Network("2002::/16"),  # 6to4, which wraps version 4
    IPv6Network("3fff::/20"),  # documentation
)
NAT64 = IPv6Network("64:ff9b::/96")
"""Addresses that a network translates to version 4: their last 32 bits."""
METADATA = frozenset(
    map(
        ip_address,
        (
            "169.254.169.254",  # Google Cloud, AWS, Azure and others
            "fd00:ec2::254",  # AWS
            "fd20:ce::254",  # Google Cloud
            "168.63.129.16",  # Azure, though it is a public address
            "100.100.100.200",  # Alibaba Cloud
        ),
    )
)
"""Metadata services of clouds, which hand out credentials. No setting allows them."""


@dataclass(frozen=True)
class AllowedHosts:
    """Hosts that may be called although they are not public, as a deployment's setting lists
    them."""

    names: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> Self:
        """Returns the hosts of a list such as ["hooks.internal", "10.1.0.0/16", "127.0.0.1"].

        Raises ValueError.
        """
        names = set()
        networks = []
        for entry in entries:
            network = network_of(entry)
            if network is None:
                names.add(entry.lower())
            else:
                networks.append(network)
        return cls(frozenset(names), tuple(networks))

    def has_host(self, host: str) -> bool:
        """Returns whether the setting names a host of a URL: by its name, or by a network that has
        the address if the host is one."""
        if host in self.names:
            return True
        address = address_of(host)
        if address is None:
            return False
        return self.has_address(address)

    def has_address(self, address: Address) -> bool:
        """Returns whether an address is in an allowed network."""
        forms = tuple(forms_of(address))
        return any(form in network for form in forms for network in self.networks)

    def refuses(self, address: Address, host: str) -> bool:
        """Returns whether an address of a host may not be called."""
        if is_metadata(address):
            return True
        if host in self.names or self.has_address(address):
            return False
        return not is_public(address)


def network_of(entry: str) -> Network | None:
    """Returns the network or the single address that an entry of the setting is, or None if it is
    a name.

    Raises ValueError if it is neither.
    """
    try:
        return ip_network(entry)
    except ValueError:
        without_hyphens = entry.replace("-", "")
        letters = without_hyphens.replace(".", "")
        is_name = letters.isalnum() and letters.isascii()
        if not is_name or entry[-1].isdigit():
            raise ValueError(f"{entry!r} is neither a host name nor a network") from None
        return None


def address_of(host: str) -> Address | None:
    """Returns the address that a host is, written in the usual form, or None if it is a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def forms_of(address: Address) -> Iterator[Address]:
    """Yields an address, and that of version 4 which is written in it."""
    yield address
    if isinstance(address, IPv4Address):
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address in NAT64:
        yield IPv4Address(address.packed[-4:])


def is_metadata(address: Address) -> bool:
    """Returns whether a cloud's metadata service has the address."""
    return any(form in METADATA for form in forms_of(address))


def is_public(address: Address) -> bool:
    """Returns whether an address is one of the internet's, in every form of it."""
    *_, innermost = forms_of(address)
    if isinstance(innermost, IPv4Address):
        return not any(innermost in network for network in NOT_PUBLIC_V4)
    if innermost.scope_id is not None or innermost not in PUBLIC_V6:
        return False
    return not any(innermost in network for network in NOT_PUBLIC_V6)
