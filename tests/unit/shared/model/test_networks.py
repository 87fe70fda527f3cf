"""Webhooks may be sent to public addresses, to those that a deployment allows, and to no other."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.networks import NAT64, AllowedHosts

NONE = AllowedHosts()

PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2a00:1450:4001:80b::200e",
    "2600::1",
    "2001:200::1",
    "64:ff9b::808:808",
    "::ffff:8.8.8.8",
]
NOT_PUBLIC = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::808:808",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "2600::1%eth0",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_called(text: str) -> None:
    assert not NONE.refuses(ip_address(text), "example.org")


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused(text: str) -> None:
    assert NONE.refuses(ip_address(text), "example.org")


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_alike_in_each_of_its_forms(address: IPv4Address) -> None:
    refused = NONE.refuses(address, "example.org")
    number = int(address)
    mapped = IPv6Address((0xFFFF << 32) | number)
    translated = IPv6Address((0x64FF9B << 96) | number)
    assert NONE.refuses(mapped, "example.org") == refused
    assert NONE.refuses(translated, "example.org") == refused


@given(st.ip_addresses())
def test_what_python_does_not_call_global_is_refused(address: IPv4Address | IPv6Address) -> None:
    """Python's own list is another reading of IANA's registry."""
    is_translated = isinstance(address, IPv6Address) and address in NAT64
    if not address.is_global and not is_translated:
        assert NONE.refuses(address, "example.org")


def test_a_named_network_allows_its_addresses_in_each_form() -> None:
    allowed = AllowedHosts.parse(["10.1.0.0/16", "fd00::/16"])
    for text in ("10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203", "fd00::7"):
        assert not allowed.refuses(ip_address(text), "example.org"), text
    for text in ("10.2.0.1", "::ffff:10.2.0.1", "fd01::7", "127.0.0.1"):
        assert allowed.refuses(ip_address(text), "example.org"), text


def test_a_named_host_may_have_private_addresses() -> None:
    allowed = AllowedHosts.parse(["Receiver.internal"])
    assert not allowed.refuses(ip_address("10.0.0.1"), "receiver.internal")
    assert allowed.refuses(ip_address("10.0.0.1"), "other.internal")


@pytest.mark.parametrize("entry", ["169.254.0.0/16", "169.254.169.254", "example.org"])
@pytest.mark.parametrize("text", ["169.254.169.254", "::ffff:169.254.169.254"])
def test_no_setting_allows_a_metadata_service(entry: str, text: str) -> None:
    allowed = AllowedHosts.parse([entry])
    assert allowed.refuses(ip_address(text), "example.org")


def test_a_host_is_named_by_its_name_or_by_a_network_with_its_address() -> None:
    allowed = AllowedHosts.parse(["localhost", "127.0.0.0/8", "::1"])
    named = [host for host in ("localhost", "127.0.0.9", "::1") if allowed.has_host(host)]
    assert named == ["localhost", "127.0.0.9", "::1"]
    assert not allowed.has_host("example.org")
    assert not allowed.has_host("::2")


@pytest.mark.parametrize("entry", ["", "10.0.0.0/33", "10.0.0.1/8", "https://example.org", "1.2.3"])
def test_an_entry_that_is_neither_name_nor_network_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="neither a host name nor a network"):
        AllowedHosts.parse([entry])
