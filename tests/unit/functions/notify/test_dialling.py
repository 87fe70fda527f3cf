"""No address of a network that is refused is ever dialled, however it is written."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.notify.deadline import Deadline
from functions.notify.dialling import AddressRefused, CheckedBackend, NameUnknown
from functions.notify.name_lookup import NameLookup
from shared.model.networks import (
    METADATA,
    NOT_PUBLIC_V4,
    NOT_PUBLIC_V6,
    Address,
    AllowedHosts,
)

PORT = 9
SYSTEM = NameLookup()
"""The system's own, which reads odd forms of addresses without asking another machine."""
V4 = st.sampled_from(NOT_PUBLIC_V4).flatmap(lambda network: st.ip_addresses(network=network))
V6 = st.one_of(
    st.sampled_from(NOT_PUBLIC_V6).flatmap(lambda network: st.ip_addresses(network=network)),
    st.ip_addresses(network="fc00::/7"),
    st.ip_addresses(network="fe80::/10"),
    st.ip_addresses(network="ff00::/8"),
    st.ip_addresses(network="::/96"),
    st.sampled_from(sorted(address for address in METADATA if address.version == 6)),
)


class Undialled(CheckedBackend):
    """Fails a test by dialling."""

    def connect(self, address: Address, port: int) -> httpcore.NetworkStream:
        raise AssertionError(f"{address} was dialled")


def backend(names: NameLookup) -> CheckedBackend:
    return Undialled(AllowedHosts(), names, Deadline.within(60))


def forms(address: IPv4Address) -> list[str]:
    """Returns ways to write an address that the system's resolver knows."""
    octets = address.packed
    number = int(address)
    return [
        str(address),
        str(number),
        hex(number),
        f"0{number:o}",
        ".".join(map(hex, octets)),
        ".".join(f"0{octet:o}" for octet in octets),
        f"{octets[0]}.{number & 0xFFFFFF}",
        f"{octets[0]}.{octets[1]}.{number & 0xFFFF}",
        f"::ffff:{address}",
        f"::{address}",
        f"64:ff9b::{address}",
    ]


@given(V4)
def test_no_way_of_writing_a_refused_address_is_dialled(address: IPv4Address) -> None:
    for host in forms(address):
        with pytest.raises((AddressRefused, NameUnknown)):
            backend(SYSTEM).connect_tcp(host, PORT)


@given(st.one_of(V4, V6), st.lists(st.ip_addresses(network="8.0.0.0/8"), max_size=3), st.data())
def test_a_name_with_a_refused_address_is_not_dialled(
    refused: IPv4Address | IPv6Address, others: list[Address], data: st.DataObject
) -> None:
    addresses = data.draw(st.permutations([refused, *others]))
    names = NameLookup(lambda host: list(addresses))
    with pytest.raises(AddressRefused):
        backend(names).connect_tcp("receiver.example.org", PORT)


def test_a_public_address_is_dialled() -> None:
    """So the tests above can fail."""
    names = NameLookup(lambda host: [ip_address("8.8.8.8")])
    with pytest.raises(AssertionError, match="was dialled"):
        backend(names).connect_tcp("receiver.example.org", PORT)


def test_a_process_does_not_grow_by_a_thread_for_each_look_up() -> None:
    names = NameLookup(lambda host: [ip_address("127.0.0.1")])
    for _ in range(100):
        names.addresses("receiver.example.org", Deadline.within(60))
    assert len(names._threads._threads) <= 16
