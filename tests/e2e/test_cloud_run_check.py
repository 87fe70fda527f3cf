"""Cloud Run's check of callers lets the documented calls through to the gateway, and no others."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from dropscribe import ApiError, Client
from functions.gateway.app import create_app
from functions.gateway.deployment import deployment
from shared.jobs.key_store import KEY
from tests.suites import ROOT
from tests.support.cloud_run_check import (
    NO_SIGNATURE,
    Address,
    CloudRunCheck,
    free_address,
    served_over_tls,
)
from tests.support.gateway import key_headers, memory_deployment
from tests.support.metadata_server import Metadata, metadata_server
from tests.unit.shared.runtime.test_auth import KEY as ISSUER_KEY
from tests.unit.shared.runtime.test_auth import UNKNOWN_KEY, bearer

INVOKER = "shop@project.iam.gserviceaccount.com"
STRANGER = "stranger@project.iam.gserviceaccount.com"
PATH = "/api/v1/keys/me"
IDENTITY = "X-Serverless-Authorization"
PAGE = (ROOT / "docs" / "deploy.md").read_text()


class Remembering:
    """Remembers the headers of the requests that reach an application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.requests: list[dict[str, str]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            self.requests.append(headers)
        await self._app(scope, receive, send)


@dataclass(frozen=True)
class Service:
    """A gateway behind Cloud Run's check."""

    address: Address
    key: str
    gateway: Remembering

    def token(self, email: str = INVOKER) -> str:
        """Returns an identity token for the service, as a header has it."""
        return bearer(aud=self.address.url, email=email)

    def get(self, headers: dict[str, str], method: str = "GET") -> httpx.Response:
        with httpx.Client(transport=self.address.transport()) as client:
            return client.request(method, f"{self.address.url}{PATH}", headers=headers)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    stores = memory_deployment()
    app = create_app()
    app.dependency_overrides[deployment] = lambda: stores
    gateway = Remembering(app)
    address = free_address(tmp_path_factory.mktemp("service"))
    invokers = frozenset({INVOKER})
    check = CloudRunCheck(gateway, address.url, invokers, ISSUER_KEY.public_key())
    key = key_headers(stores)["Authorization"].removeprefix("Bearer ")
    with served_over_tls(check, address):
        yield Service(address, key, gateway)


@pytest.fixture(autouse=True)
def no_requests_yet(service: Service) -> None:
    service.gateway.requests.clear()


def test_a_key_alone_does_not_reach_the_gateway(service: Service) -> None:
    as_api_key = service.get({"X-API-Key": service.key})
    as_bearer = service.get({"Authorization": f"Bearer {service.key}"})
    assert (as_api_key.status_code, as_bearer.status_code) == (403, 401)
    for refusal in (as_api_key, as_bearer):
        assert refusal.headers["Content-Type"].startswith("text/html")
        assert "Your client does not have permission" in refusal.text
    assert service.gateway.requests == []


def test_an_identity_alone_is_refused_by_the_gateway(service: Service) -> None:
    refusal = service.get({IDENTITY: service.token()})
    assert refusal.status_code == 401
    assert refusal.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("header", ["X-API-Key", "Authorization"])
def test_identity_and_key_pass_both_checks(service: Service, header: str) -> None:
    key = service.key if header == "X-API-Key" else f"Bearer {service.key}"
    answer = service.get({IDENTITY: service.token(), header: key})
    assert answer.status_code == 200, answer.text
    (seen,) = service.gateway.requests
    assert seen[header.lower()] == key
    assert seen[IDENTITY.lower()].endswith(f".{NO_SIGNATURE}")


def test_an_identity_may_be_in_authorization_beside_a_key(service: Service) -> None:
    answer = service.get({"Authorization": service.token(), "X-API-Key": service.key})
    assert answer.status_code == 200, answer.text
    (seen,) = service.gateway.requests
    assert seen["authorization"].endswith(f".{NO_SIGNATURE}")


@pytest.mark.parametrize(
    ("identity", "status"),
    [
        (bearer(aud="https://another-service.a.run.app", email=INVOKER), 401),
        (bearer(UNKNOWN_KEY, email=INVOKER), 401),
        ("Bearer nonsense", 401),
    ],
)
def test_a_token_that_is_not_for_the_service_is_refused(
    service: Service, identity: str, status: int
) -> None:
    refusal = service.get({IDENTITY: identity, "X-API-Key": service.key})
    assert refusal.status_code == status
    assert service.gateway.requests == []


def test_an_account_that_is_no_caller_is_refused(service: Service) -> None:
    refusal = service.get({IDENTITY: service.token(STRANGER), "X-API-Key": service.key})
    assert refusal.status_code == 403
    assert service.gateway.requests == []


def test_a_browser_of_another_origin_is_refused_before_it_can_send_a_token(
    service: Service,
) -> None:
    headers = {
        "Origin": "https://example.com",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "x-api-key,x-serverless-authorization",
    }
    assert service.get(headers, "OPTIONS").status_code == 403


@pytest.fixture
def environment(service: Service, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a program that runs as the caller, on a machine with a metadata server."""
    commands = tmp_path / "bin"
    commands.mkdir()
    token = service.token().removeprefix("Bearer ")
    write_command(commands / "terraform", service.address.url)
    write_command(commands / "gcloud", token)

    def identity(audience: str) -> str:
        return bearer(aud=audience, email=INVOKER).removeprefix("Bearer ")

    with metadata_server(Metadata(identity=identity)) as host:
        yield {
            "PATH": f"{commands}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "PYTHONPATH": str(ROOT),
            "DROPSCRIBE_HOME": str(tmp_path / "home"),
            "DROPSCRIBE_URL": service.address.url,
            "DROPSCRIBE_KEY": service.key,
            "GCE_METADATA_HOST": host,
            "GCE_METADATA_IP": host,
            "SSL_CERT_FILE": str(service.address.certificate),
            "CURL_CA_BUNDLE": str(service.address.certificate),
        }


def write_command(file: Path, output: str) -> None:
    file.write_text(f"#!/bin/sh\nprintf '%s' '{output}'\n")
    file.chmod(0o755)


def test_the_documented_commands_pass_both_checks(
    service: Service, environment: dict[str, str]
) -> None:
    """curl with both headers, then `dropscribe`, which finds its identity by itself."""
    (commands,) = re.findall(
        r"^```bash\n(.*?X-Serverless-Authorization.*?)^```$", PAGE, re.M | re.S
    )
    here = commands.replace(".venv/bin/dropscribe", f"{sys.executable} -m local.cli")
    done = run(("bash", "-eu", "-o", "pipefail", "-c", here), environment)
    assert '"name":"test"' in done.stdout and "admin, erase, read, write" in done.stdout
    assert KEY.search(done.stdout + done.stderr) is None
    assert len(service.gateway.requests) == 2


def test_the_python_client_passes_both_checks(
    service: Service, environment: dict[str, str]
) -> None:
    program = (
        "import os, dropscribe\n"
        "url, key = os.environ['DROPSCRIBE_URL'], os.environ['DROPSCRIBE_KEY']\n"
        "with dropscribe.Client(url, key) as client:\n"
        "    print(client.me().name, client.me().name)\n"
    )
    done = run((sys.executable, "-c", program), environment)
    assert done.stdout == "test test\n"


def run(command: tuple[str, ...], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_a_client_without_an_identity_shows_googles_refusal(service: Service) -> None:
    def stranger(audience: str) -> str:
        return service.token(STRANGER).removeprefix("Bearer ")

    url, transport = service.address.url, service.address.transport()
    client = Client(url, service.key, identity=stranger, transport=transport)
    with client, pytest.raises(ApiError, match="Forbidden"):
        client.me()
