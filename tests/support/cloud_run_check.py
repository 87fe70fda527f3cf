"""Cloud Run's check of callers in front of an application, served over TLS.

A service on Cloud Run that is not public answers only to members with the role run.invoker. They
show an identity token, in Authorization or in X-Serverless-Authorization. The application gets the
token without its signature.
"""

import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import jwt
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from local.layout import free_ports

HEADERS = ("X-Serverless-Authorization", "Authorization")
"""Headers that may have the token. If the first is there, Cloud Run looks at no other."""
NO_SIGNATURE = "SIGNATURE_REMOVED_BY_GOOGLE"
PAGE = """
<html><head>
<meta http-equiv="content-type" content="text/html;charset=utf-8">
<title>{status} {reason}</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: {reason}</h1>
<h2>Your client does not have permission {what} <code>{path}</code>{where}.</h2>
<h2></h2>
</body></html>
"""
INVALID_TOKEN = (
    'Bearer error="invalid_token" error_description="The access token could not be verified"'
)


class CloudRunCheck:
    """Lets requests of invokers through to an application."""

    def __init__(
        self, app: ASGIApp, audience: str, invokers: frozenset[str], issuer_key: RSAPublicKey
    ) -> None:
        """`invokers` are the e-mail addresses of accounts with the role run.invoker."""
        self._app = app
        self._audience = audience
        self._invokers = invokers
        self._issuer_key = issuer_key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            answer = self._refusal(scope) or self._without_signature(scope)
            if isinstance(answer, HTMLResponse):
                await answer(scope, receive, send)
                return
            scope = answer
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> HTMLResponse | None:
        """Returns Google's answer to a request that may not pass, or None."""
        token = token_of(Headers(scope=scope))
        if token is None:
            return forbidden(scope["path"])
        try:
            claims = jwt.decode(
                token,
                self._issuer_key,
                ["RS256"],
                audience=self._audience,
                issuer="https://accounts.google.com",
            )
        except jwt.InvalidTokenError:
            return unauthorized(scope["path"])
        if claims["email"] not in self._invokers:
            return forbidden(scope["path"])
        return None

    def _without_signature(self, scope: Scope) -> Scope:
        """Returns the request as the application gets it."""
        headers = MutableHeaders(raw=list(scope["headers"]))
        name = next(name for name in HEADERS if name in headers)
        signed = headers[name]
        headers[name] = f"{signed.rpartition('.')[0]}.{NO_SIGNATURE}"
        return {**scope, "headers": headers.raw}


def token_of(headers: Headers) -> str | None:
    """Returns the token that is looked at, or None if there is none."""
    for name in HEADERS:
        if name in headers:
            return headers[name].partition(" ")[2]
    return None


def forbidden(path: str) -> HTMLResponse:
    page = PAGE.format(
        status=403, reason="Forbidden", what="to get URL", path=path, where=" from this server"
    )
    return HTMLResponse(page, 403)


def unauthorized(path: str) -> HTMLResponse:
    page = PAGE.format(
        status=401, reason="Unauthorized", what="to the requested URL", path=path, where=""
    )
    return HTMLResponse(page, 401, {"WWW-Authenticate": INVALID_TOKEN})


@dataclass(frozen=True)
class Address:
    """Where an application is served over TLS."""

    port: int
    certificate: Path
    """What clients have to trust."""

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def transport(self) -> httpx.HTTPTransport:
        """Returns what connects a client of httpx, without proxies of this machine's."""
        trusting = ssl.create_default_context(cafile=self.certificate)
        return httpx.HTTPTransport(verify=trusting)


def free_address(folder: Path) -> Address:
    """Returns a free port with a certificate in the folder, whose key is beside it."""
    (port,) = free_ports(1)
    certificate = folder / "certificate.pem"
    write_certificate(certificate)
    return Address(port, certificate)


@contextmanager
def served_over_tls(app: ASGIApp, address: Address) -> Iterator[None]:
    config = uvicorn.Config(
        app,
        port=address.port,
        ssl_certfile=address.certificate,
        ssl_keyfile=address.certificate.with_suffix(".key"),
        log_config=None,
    )
    server = uvicorn.Server(config)
    listening = config.bind_socket()
    listening.listen()  # a request that comes before the thread runs waits
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


def write_certificate(file: Path) -> None:
    """Write a certificate for 127.0.0.1 that signs itself, and its key beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    file.write_bytes(certificate.public_bytes(pem))
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.with_suffix(".key").write_bytes(secret)
