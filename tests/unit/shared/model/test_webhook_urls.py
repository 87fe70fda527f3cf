"""A webhook's URL is refused unless all programs read it alike and its host may be called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.networks import NOT_PUBLIC_V4, AllowedHosts
from shared.model.webhook_urls import WebhookUrl, checked_url

NONE = AllowedHosts()
LOCAL = AllowedHosts.parse(["localhost", "127.0.0.0/8", "::1", "10.1.0.0/16"])


@pytest.mark.parametrize(
    ("text", "parts", "host_header"),
    [
        ("https://example.org", ("https", "example.org", 443, "/"), "example.org"),
        (
            "HTTPS://EXAMPLE.org:443/A?b=%20",
            ("https", "example.org", 443, "/A?b=%20"),
            "example.org",
        ),
        ("https://example.org:8443?x", ("https", "example.org", 8443, "/?x"), "example.org:8443"),
        ("https://xn--bcher-kva.example/", ("https", "xn--bcher-kva.example", 443, "/"), None),
        ("https://8.8.8.8/a", ("https", "8.8.8.8", 443, "/a"), "8.8.8.8"),
        ("https://[2600::1]:1/a", ("https", "2600::1", 1, "/a"), "[2600::1]:1"),
    ],
)
def test_a_url_is_taken_apart(
    text: str, parts: tuple[str, str, int, str], host_header: str | None
) -> None:
    url = checked_url(text, NONE)
    assert url == WebhookUrl(*parts)
    assert url.host_header == (host_header or url.host)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "RFC 3986"),
        ("https://example.org/\\x", "RFC 3986"),
        ("https://example.org/a b", "RFC 3986"),
        ("https://example.org/\r\nHost: x", "RFC 3986"),
        ("https://bücher.example/", "RFC 3986"),
        ("https://①②⑦.0.0.1/", "RFC 3986"),
        ("https://example.org/" + "a" * 2000, "2000"),
        ("ftp://example.org/", "begins with https"),
        ("file:///etc/passwd", "begins with https"),
        ("//example.org/", "begins with https"),
        ("example.org", "begins with https"),
        ("http://example.org/", "begins with https"),
        ("https://user:secret@example.org/", "password"),
        ("https://@example.org/", "password"),
        ("https://example.org@127.0.0.1/", "password"),
        ("https://example.org/#part", "fragment"),
        ("https://example.org/#", "fragment"),
        ("https:///path", "host name"),
        ("https://example.org./", "host name"),
        ("https://exa%6dple.org/", "encoded"),
        ("https://-a.example/", "host name"),
        ("https://" + "a" * 64 + ".example/", "host name"),
        ("https://" + "a." * 127 + "example/", "host name"),
        ("https://[::1/", "brackets"),
        ("https://[example.org]/", "brackets"),
        ("https://[2600::1%25eth0]/", "zone"),
        ("https://example.org:0/", "port"),
        ("https://example.org:65536/", "port"),
        ("https://example.org:x/", "port"),
        ("https://localhost/", "domain"),
        ("https://metadata/", "metadata"),
        ("https://metadata.google.internal/computeMetadata/v1/", "metadata"),
        ("https://127.0.0.1/", "not public"),
        ("https://169.254.169.254/latest/meta-data/", "not public"),
        ("https://[::ffff:127.0.0.1]/", "not public"),
        ("https://[fd00:ec2::254]/", "not public"),
        ("https://2130706433/", "unusual"),
        ("https://0x7f000001/", "unusual"),
        ("https://127.1/", "unusual"),
        ("https://0177.0.0.1/", "unusual"),
        ("https://example.0x1/", "unusual"),
    ],
)
def test_a_url_is_refused_with_a_reason_that_does_not_quote_it(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as refusal:
        checked_url(text, NONE)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    ["http://localhost:1/", "http://127.0.0.1/", "http://[::1]:80/", "https://10.1.2.3/"],
)
def test_a_host_that_the_deployment_allows_may_be_private_and_without_encryption(text: str) -> None:
    assert checked_url(text, LOCAL).target == "/"


@pytest.mark.parametrize("text", ["http://10.2.0.1/", "http://example.org/", "https://10.2.0.1/"])
def test_what_is_allowed_for_one_host_is_not_for_another(text: str) -> None:
    with pytest.raises(ValueError):
        checked_url(text, LOCAL)


@given(st.sampled_from(NOT_PUBLIC_V4).flatmap(lambda network: st.ip_addresses(network=network)))
def test_no_way_of_writing_an_address_that_is_not_public_is_accepted(address: object) -> None:
    octets = [int(part) for part in str(address).split(".")]
    number = int.from_bytes(bytes(octets))
    *most, last = octets
    short = f"{octets[0]}.{number & 0xFFFFFF}"
    hosts = [
        str(address),
        str(number),
        hex(number),
        f"0{number:o}",
        ".".join(map(hex, octets)),
        ".".join(f"0{part:o}" for part in octets),
        ".".join(map(str, most)) + f".{last:#x}",
        short,
        f"[::ffff:{address}]",
        f"[64:ff9b::{address}]",
        f"[::{address}]",
    ]
    for host in hosts:
        for allowed in (NONE, AllowedHosts.parse(["receiver.internal"])):
            with pytest.raises(ValueError):
                checked_url(f"https://{host}/", allowed)
