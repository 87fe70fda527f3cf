"""A body reaches only the receiver that it is for, and no receiver can hold its sender for long."""

import datetime
import re
import socket
import ssl
import struct
import threading
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import get_args

import pytest

from functions.notify.deadline import Deadline
from functions.notify.delivering import THREADS
from functions.notify.name_lookup import NameLookup
from functions.notify.posting import Answer, Sender, TryError
from shared.model.networks import Address, AllowedHosts
from tests.support.receivers import (
    Authority,
    Behaviour,
    Conversation,
    Receiver,
    answering,
    receiver,
)

PAGE = (Path(__file__).parents[4] / "docs" / "webhooks.md").read_text()
HOST = "receiver.example.org"
LOOPBACK = "127.0.0.1"
SHORT = 0.3
"""Seconds that a try may take where it is to reach its limit."""
ENDLESS = 200
"""Bytes that would drip for far longer than a try may take."""
LONG = 64 * 2**20
"""Bytes of a body that no buffer on the way holds."""
PAUSE = 0.02
"""Seconds after each of them."""


class Names:
    """Answers look-ups with prepared addresses, one list after the other, and counts them."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def __call__(self, host: str) -> list[Address]:
        index = min(len(self.asked), len(self.answers) - 1)
        self.asked.append(host)
        return [ip_address(text) for text in self.answers[index]]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> Path:
    return authority.issue(HOST)


@pytest.fixture(scope="module")
def trusted(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=authority.file)


@pytest.fixture
def names() -> Names:
    return Names([LOOPBACK])


@pytest.fixture
def sender(names: Names, trusted: ssl.SSLContext) -> Sender:
    """Sends to one loopback address, which stands for the only public one."""
    allowed = AllowedHosts.parse([LOOPBACK])
    return Sender(allowed, NameLookup(names), trusted)


@pytest.fixture
def hasty(sender: Sender) -> Sender:
    """Gives up soon."""
    return Sender(sender.allowed, sender.names, sender.certificates, try_seconds=SHORT)


def post(sender: Sender, url: str) -> Answer:
    return sender.post(url, {"Content-Type": "application/json", "webhook-id": "1"}, b"{}")


def result(
    sender: Sender, served: Receiver, scheme: str = "https"
) -> tuple[int | None, str | None]:
    """Returns the status and the error of a try."""
    status, error, _ = post(sender, served.url(HOST, scheme=scheme))
    return status, error


# What is sent


def test_the_body_arrives_under_the_name_while_the_address_was_dialled(
    sender: Sender, names: Names, certificate: Path
) -> None:
    with receiver(answering(200), certificate=certificate) as served:
        answer = post(sender, served.url(HOST, "/hook?token=a%20b"))
    assert (answer.status, answer.error) == (200, None)
    (request,) = served.requests
    assert request.request_line == "POST /hook?token=a%20b HTTP/1.1"
    assert request.body == b"{}"
    assert request.headers["host"] == f"{HOST}:{served.port}"
    assert request.headers["webhook-id"] == "1"
    assert request.headers["content-type"] == "application/json"
    assert served.server_names == [HOST]
    assert names.asked == [HOST]


def test_no_proxy_of_the_environment_gets_the_body(
    sender: Sender, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        receiver(answering(200)) as proxy,
        receiver(answering(200), certificate=certificate) as served,
    ):
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://{LOOPBACK}:{proxy.port}")
            monkeypatch.setenv(name.lower(), f"http://{LOOPBACK}:{proxy.port}")
        assert result(sender, served) == (200, None)
    assert proxy.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        "https://user:password@receiver.example.org/",
        "http://receiver.example.org/",
        "https://169.254.169.254/",
        "not a URL",
    ],
)
def test_a_url_that_may_not_be_called_is_looked_up_nowhere(
    sender: Sender, names: Names, url: str
) -> None:
    assert post(sender, url) == Answer(None, "url_refused", 0.0)
    assert names.asked == []


# Which answers count


def test_the_page_explains_each_reason_of_a_failure() -> None:
    section = PAGE.partition("| error | why |")[2].partition("\n\n")[0]
    explained = re.findall(r"(?m)^\| `(\w+)` \|", section)
    assert explained == list(get_args(TryError))


@pytest.mark.parametrize("status", [200, 201, 202, 299])
def test_a_status_2xx_is_a_success(sender: Sender, certificate: Path, status: int) -> None:
    with receiver(answering(status), certificate=certificate) as served:
        assert result(sender, served) == (status, None)


@pytest.mark.parametrize(
    ("status", "error"),
    [(410, "gone"), (400, "status"), (404, "status"), (500, "status"), (503, "status")],
)
def test_another_status_is_a_failure(
    sender: Sender, certificate: Path, status: int, error: str
) -> None:
    with receiver(answering(status), certificate=certificate) as served:
        assert result(sender, served) == (status, error)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("place", ["http://169.254.169.254/latest/meta-data/", "/elsewhere"])
def test_a_redirect_is_a_failure_and_not_followed(
    sender: Sender, names: Names, certificate: Path, status: int, place: str
) -> None:
    behaviour = answering(status, f"Location: {place}\r\n")
    with receiver(behaviour, certificate=certificate) as served:
        assert result(sender, served) == (status, "redirect")
    assert served.connections == 1
    assert names.asked == [HOST]


def test_a_204_with_a_body_is_a_success(sender: Sender, certificate: Path) -> None:
    with receiver(answering(204, body=b"a body"), certificate=certificate) as served:
        assert result(sender, served) == (204, None)


def test_informational_answers_do_not_count(sender: Sender, certificate: Path) -> None:
    def informed(conversation: Conversation) -> None:
        conversation.send(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 3)
        answering(500)(conversation)

    with receiver(informed, certificate=certificate) as served:
        assert result(sender, served) == (500, "status")


# Receivers that do not answer as they should


def say(data: bytes) -> Behaviour:
    """Returns the behaviour of a receiver that sends this and closes the connection."""

    def speak(conversation: Conversation) -> None:
        conversation.send(data)

    return speak


def hang(conversation: Conversation) -> None:
    conversation.ending.wait()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200 O",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x00" * 1000,
        b"HTTP/1.1 200 OK\r\n" + b"A: " + b"a" * 200_000,
        b"HTTP/1.1 999999 OK\r\n\r\n",
    ],
    ids=["nothing", "half a line", "half a header", "ssh", "zeros", "endless header", "status"],
)
def test_what_is_no_answer_is_a_failure(sender: Sender, certificate: Path, data: bytes) -> None:
    with receiver(say(data), certificate=certificate) as served:
        assert result(sender, served) == (None, "no_answer")


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnone",
    ],
    ids=["cut off", "cut off chunk", "broken chunk", "not compressed"],
)
def test_a_receiver_that_closes_in_its_answer_has_accepted(
    sender: Sender, certificate: Path, data: bytes
) -> None:
    with receiver(say(data), certificate=certificate) as served:
        assert result(sender, served) == (200, None)


def test_a_receiver_that_hangs_is_given_up(hasty: Sender, certificate: Path) -> None:
    with receiver(hang, certificate=certificate) as served:
        assert result(hasty, served) == (None, "timeout")


def test_a_receiver_that_drips_its_answer_is_given_up(hasty: Sender, certificate: Path) -> None:
    """It would have answered with 200 in the end."""
    padding = "A: " + "a" * ENDLESS
    head = f"HTTP/1.1 200 OK\r\n{padding}\r\nContent-Length: 0\r\n\r\n".encode()

    def drip(conversation: Conversation) -> None:
        conversation.drip(head, PAUSE)

    with receiver(drip, certificate=certificate) as served:
        assert result(hasty, served) == (None, "timeout")


def test_endless_informational_answers_are_given_up(hasty: Sender, certificate: Path) -> None:
    def inform(conversation: Conversation) -> None:
        while not conversation.ending.wait(PAUSE):
            conversation.send(b"HTTP/1.1 102 Processing\r\n\r\n")

    with receiver(inform, certificate=certificate) as served:
        assert result(hasty, served) == (None, "timeout")


def test_a_body_that_drips_is_not_waited_for_longer_than_a_try(
    hasty: Sender, certificate: Path
) -> None:
    """The status has come, so the receiver has accepted."""
    was_cut_off = threading.Event()

    def drip(conversation: Conversation) -> None:
        conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        try:
            while not conversation.ending.wait(PAUSE):
                conversation.send(b"a")
        except OSError:
            was_cut_off.set()
            raise

    with receiver(drip, certificate=certificate) as served:
        assert result(hasty, served) == (200, None)
        assert was_cut_off.wait(10)


@pytest.mark.parametrize("is_chunked", [True, False])
def test_of_a_long_body_only_a_part_is_read(
    sender: Sender, certificate: Path, is_chunked: bool
) -> None:
    was_cut_off = threading.Event()
    block = b"a" * 65536
    chunk = b"10000\r\n" + block + b"\r\n" if is_chunked else block
    framing = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {LONG}"

    def flood(conversation: Conversation) -> None:
        conversation.send(f"HTTP/1.1 200 OK\r\n{framing}\r\n\r\n".encode())
        try:
            for _ in range(LONG // len(block)):
                conversation.send(chunk)
        except OSError:
            was_cut_off.set()
            raise
        conversation.send(b"0\r\n\r\n" if is_chunked else b"")

    with receiver(flood, certificate=certificate) as served:
        assert result(sender, served) == (200, None)
    assert was_cut_off.is_set()


# Encryption


@pytest.mark.parametrize(
    ("host", "is_self_signed", "age"),
    [
        ("other.example.org", False, 0),
        (HOST, True, 0),
        (HOST, False, 3),
    ],
    ids=["of another host", "self-signed", "expired"],
)
def test_a_certificate_that_does_not_prove_the_name_ends_the_try(
    sender: Sender, authority: Authority, host: str, is_self_signed: bool, age: int
) -> None:
    days = datetime.timedelta(days=age)
    certificate = authority.issue(host, is_self_signed=is_self_signed, age=days)
    with receiver(answering(200), certificate=certificate) as served:
        assert result(sender, served) == (None, "certificate")
    assert served.requests == []


def test_certificates_are_checked_by_the_authorities_of_the_machine(
    authority: Authority, certificate: Path, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = AllowedHosts.parse([LOOPBACK])
    with receiver(answering(200), certificate=certificate) as served:
        assert result(Sender(allowed, NameLookup(names)), served) == (None, "certificate")
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        assert result(Sender(allowed, NameLookup(names)), served) == (200, None)


def test_a_receiver_without_encryption_gets_nothing(sender: Sender) -> None:
    with receiver(answering(200), before_request=say(b"HTTP/1.1 200 OK\r\n\r\n")) as served:
        assert result(sender, served) == (None, "tls")


def test_a_handshake_that_hangs_or_drips_is_given_up(hasty: Sender) -> None:
    header_of_a_long_message = b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xf0\x03\x03"

    def drip(conversation: Conversation) -> None:
        conversation.drip(header_of_a_long_message + b"a" * ENDLESS, PAUSE)

    for behaviour in (hang, drip):
        with receiver(hang, before_request=behaviour) as served:
            assert result(hasty, served) == (None, "timeout")


# Names and addresses


def test_a_name_is_looked_up_once_for_each_try(trusted: ssl.SSLContext, certificate: Path) -> None:
    """A second look-up would lead to an address that is refused, where somebody listens."""
    names = Names([LOOPBACK], ["127.0.0.2"])
    sender = Sender(AllowedHosts.parse([LOOPBACK]), NameLookup(names), trusted)
    with (
        receiver(answering(200), certificate=certificate) as served,
        receiver(
            answering(200), certificate=certificate, address="127.0.0.2", port=served.port
        ) as inside,
    ):
        assert result(sender, served) == (200, None)
        assert names.asked == [HOST]
        assert result(sender, served) == (None, "address_refused")
        assert names.asked == [HOST, HOST]
    assert (served.connections, inside.connections) == (1, 0)


@pytest.mark.parametrize("refused", ["127.0.0.2", "::1", "::ffff:127.0.0.2", "169.254.169.254"])
@pytest.mark.parametrize("is_first", [True, False])
def test_one_refused_address_of_a_name_refuses_all(
    trusted: ssl.SSLContext, certificate: Path, refused: str, is_first: bool
) -> None:
    addresses = [refused, LOOPBACK] if is_first else [LOOPBACK, refused]
    sender = Sender(AllowedHosts.parse([LOOPBACK]), NameLookup(Names(addresses)), trusted)
    with receiver(answering(200), certificate=certificate) as served:
        assert result(sender, served) == (None, "address_refused")
    assert served.connections == 0


def test_the_next_address_is_dialled_if_one_is_dead(
    trusted: ssl.SSLContext, certificate: Path
) -> None:
    names = Names(["127.0.0.4", "127.0.0.3"])
    sender = Sender(AllowedHosts.parse(["127.0.0.0/29"]), NameLookup(names), trusted)
    with receiver(answering(200), certificate=certificate, address="127.0.0.3") as served:
        assert result(sender, served) == (200, None)


def test_a_dead_address_is_a_failure(sender: Sender) -> None:
    with receiver(answering(200)) as served:
        pass
    assert result(sender, served) == (None, "connection")


def test_a_name_without_an_address_is_a_failure(trusted: ssl.SSLContext) -> None:
    def unknown(host: str) -> list[Address]:
        raise OSError(f"{host} is unknown")

    for look_up in (unknown, Names([])):
        sender = Sender(AllowedHosts(), NameLookup(look_up), trusted)
        assert post(sender, f"https://{HOST}/")[:2] == (None, "name_unknown")


def test_a_look_up_that_hangs_is_given_up(trusted: ssl.SSLContext) -> None:
    answered = threading.Event()

    def hang(host: str) -> list[Address]:
        answered.wait()
        return []

    sender = Sender(AllowedHosts(), NameLookup(hang), trusted, try_seconds=SHORT)
    try:
        assert post(sender, f"https://{HOST}/")[:2] == (None, "timeout")
    finally:
        answered.set()


def test_names_that_hang_keep_no_other_from_being_looked_up() -> None:
    """Each of so many tries at once has given up a look-up that goes on, and makes another one."""
    ending = threading.Event()

    def look_up(host: str) -> list[Address]:
        if host != HOST:
            ending.wait()
        return [ip_address(LOOPBACK)]

    names = NameLookup(look_up)
    for number in range(2 * THREADS - 1):
        with suppress(TimeoutError):
            names.addresses(f"slow-{number}.example.org", Deadline.within(0.01))
    try:
        assert names.addresses(HOST, Deadline.within(30)) == [ip_address(LOOPBACK)]
    finally:
        ending.set()


def test_a_receiver_that_resets_the_connection_after_its_status_has_accepted(
    sender: Sender,
) -> None:
    def reset(conversation: Conversation) -> None:
        conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        at_once = struct.pack("ii", 1, 0)
        conversation.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)

    with receiver(reset) as served:
        assert post(sender, served.url(LOOPBACK, scheme="http"))[:2] == (200, None)
