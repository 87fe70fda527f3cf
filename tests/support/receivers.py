"""Receivers of webhooks as real servers, most of them hostile, and certificates for them."""

import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LIFETIME = datetime.timedelta(days=1)

Behaviour = Callable[["Conversation"], None]
"""What a receiver does with a connection."""


@dataclass
class Received:
    """A request that arrived."""

    request_line: str
    headers: dict[str, str]
    """By names in lower case."""
    body: bytes


@dataclass
class Conversation:
    """A connection, and what to know about its server."""

    socket: socket.socket
    ending: threading.Event
    """Is set when the server is to end."""
    number: int
    """Of the connection, from 0."""

    def receive(self) -> Received:
        """Returns the request. Raises OSError if the connection ends before it does."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += self.more()
        head, _, body = data.partition(b"\r\n\r\n")
        request_line, *lines = head.decode().split("\r\n")
        pairs = [line.split(": ", 1) for line in lines]
        headers = {name.lower(): value for name, value in pairs}
        length = int(headers.get("content-length", "0"))
        while len(body) < length:
            body += self.more()
        return Received(request_line, headers, body)

    def more(self) -> bytes:
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the sender has closed the connection")
        return data

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def drip(self, data: bytes, seconds: float) -> None:
        """Send one byte after another, with a pause after each."""
        for index in range(len(data)):
            self.send(data[index : index + 1])
            if self.ending.wait(seconds):
                return


@dataclass
class Receiver:
    """A server on a loopback address."""

    address: str
    port: int
    requests: list[Received] = field(default_factory=list)
    server_names: list[str | None] = field(default_factory=list)
    """Those that senders named in their TLS handshakes."""
    connections: int = 0

    def url(self, host: str, path: str = "/hook", scheme: str = "https") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


def answering(status: int, headers: str = "", body: bytes = b"ok") -> Behaviour:
    """Returns the behaviour of a receiver that answers."""
    head = f"HTTP/1.1 {status} Status\r\nContent-Length: {len(body)}\r\n{headers}\r\n"

    def answer(conversation: Conversation) -> None:
        conversation.send(head.encode() + body)

    return answer


@contextmanager
def receiver(
    behave: Behaviour,
    *,
    certificate: Path | None = None,
    address: str = "127.0.0.1",
    port: int = 0,
    before_request: Behaviour | None = None,
) -> Iterator[Receiver]:
    """Runs a server that keeps each request and then behaves as told.

    Without a certificate it does not speak TLS. `before_request` replaces everything from the
    connection's begin on.
    """
    listening = socket.create_server((address, port))
    served = Receiver(address, listening.getsockname()[1])
    ending = threading.Event()
    context = server_context(certificate, served) if certificate else None
    threads: list[threading.Thread] = []

    def converse(connection: socket.socket, number: int) -> None:
        with suppress(OSError), connection:
            conversation = Conversation(connection, ending, number)
            if before_request is not None:
                before_request(conversation)
                return
            if context is not None:
                conversation.socket = context.wrap_socket(connection, server_side=True)
            with conversation.socket:
                served.requests.append(conversation.receive())
                behave(conversation)

    def accept() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:  # it was shut down, since the server is to end
                return
            connection.settimeout(10)
            number = served.connections
            served.connections += 1
            thread = threading.Thread(target=converse, args=(connection, number))
            threads.append(thread)
            thread.start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield served
    finally:
        ending.set()
        listening.shutdown(socket.SHUT_RD)
        accepting.join()
        listening.close()
        for thread in threads:
            thread.join()


def server_context(certificate: Path, served: Receiver) -> ssl.SSLContext:
    """Returns the context of a server, which notes the names that clients ask for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def note(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> None:
        served.server_names.append(name)

    context.sni_callback = note
    return context


class Authority:
    """A certificate authority whose certificates are files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        builder = certificate_builder(self.name, self.name, self.key, datetime.timedelta())
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        own = builder.add_extension(constraints, critical=True)
        self.certificate = own.sign(self.key, hashes.SHA256())
        self.file = folder / "authority.pem"
        self.file.write_bytes(pem(self.certificate))

    def issue(
        self, host: str, *, is_self_signed: bool = False, age: datetime.timedelta | None = None
    ) -> Path:
        """Returns a file with a certificate for a host and its key. `age` is how long ago it was
        issued; it is valid for a day."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        issuer = subject if is_self_signed else self.name
        builder = certificate_builder(subject, issuer, key, age or datetime.timedelta())
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        with_names = builder.add_extension(names, critical=False)
        signer = key if is_self_signed else self.key
        certificate = with_names.sign(signer, hashes.SHA256())
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file = self.folder / f"{host}-{certificate.serial_number}.pem"
        file.write_bytes(private + pem(certificate))
        return file


def certificate_builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    age: datetime.timedelta,
) -> x509.CertificateBuilder:
    """Returns an unsigned certificate that was issued so long ago."""
    issued = datetime.datetime.now(datetime.UTC) - age
    begin = issued - datetime.timedelta(minutes=5)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    return builder.not_valid_before(begin).not_valid_after(issued + LIFETIME)


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
