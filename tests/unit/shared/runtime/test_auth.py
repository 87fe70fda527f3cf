"""Only named service accounts may call a function.

The tokens are signed by a key that a local server publishes.
"""

import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import flask
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from shared.model.contracts import Finalized, StageRequest
from shared.runtime.flask_adapter import serve
from shared.settings import settings

WORKFLOW = "workflow@project.iam.gserviceaccount.com"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
UNKNOWN_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Keys(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        published = {
            **json.loads(RSAAlgorithm.to_jwk(KEY.public_key())),
            "kid": "ours",
            "use": "sig",
            "alg": "RS256",
        }
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"keys": [published]}).encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Keys) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/certs"
        server.shutdown()


@pytest.fixture
def call(
    issuer: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str | None], flask.Response]]:
    monkeypatch.setenv("DROPSCRIBE_CALLERS", json.dumps([WORKFLOW]))
    monkeypatch.setenv("DROPSCRIBE_ISSUER_KEYS", issuer)
    settings.cache_clear()
    app = flask.Flask("test")
    body = {"source": {"bucket": "inbox", "name": "a.mp3", "generation": 1}}

    def respond(request: StageRequest) -> Finalized:
        return Finalized(job_id=request.source.job_id, state="done")

    def call_with(authorization: str | None) -> flask.Response:
        headers = {} if authorization is None else {"Authorization": authorization}
        with app.test_request_context("/", method="POST", json=body, headers=headers):
            return serve("echo", flask.request, StageRequest, respond)

    yield call_with
    settings.cache_clear()


def bearer(
    key: rsa.RSAPrivateKey = KEY, algorithm: str = "RS256", kid: str = "ours", **claims: Any
) -> str:
    now = int(time.time())
    all_claims = {
        "iss": "https://accounts.google.com",
        "aud": "dropscribe",
        "iat": now,
        "exp": now + 3600,
        "email": WORKFLOW,
        "email_verified": True,
        **claims,
    }
    present = {name: value for name, value in all_claims.items() if value is not None}
    token = jwt.encode(present, key, algorithm, headers={"kid": kid})
    return f"Bearer {token}"


def test_a_named_service_account_may_call(call: Callable[[str | None], flask.Response]) -> None:
    assert call(bearer()).status_code == 200


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic dXNlcjpwYXNz",
        "Bearer nonsense",
        bearer(UNKNOWN_KEY),
        bearer(kid="another"),
        bearer(aud="another-audience"),
        bearer(iss="https://issuer.example"),
        bearer(exp=int(time.time()) - 3600),
        bearer(exp=None),
        bearer(iat=int(time.time()) + 3600),
        "Bearer " + jwt.encode({"email": WORKFLOW}, "", "none"),
        "Bearer " + jwt.encode({"email": WORKFLOW}, "x" * 32, "HS256", headers={"kid": "ours"}),
    ],
)
def test_a_caller_without_a_valid_token_is_rejected(
    call: Callable[[str | None], flask.Response], authorization: str | None
) -> None:
    response = call(authorization)
    assert response.status_code == 401
    assert response.get_json(force=True)["type"] == "urn:dropscribe:problem:unauthenticated"


@pytest.mark.parametrize(
    "claims", [{"email": "other@project.iam.gserviceaccount.com"}, {"email_verified": False}]
)
def test_another_account_is_rejected(
    call: Callable[[str | None], flask.Response], claims: dict[str, Any]
) -> None:
    assert call(bearer(**claims)).status_code == 403


def test_a_failure_to_read_the_keys_may_pass(
    call: Callable[[str | None], flask.Response], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DROPSCRIBE_ISSUER_KEYS", "http://127.0.0.1:9/certs")
    settings.cache_clear()
    response = call(bearer())
    assert response.status_code == 503


def test_no_token_is_checked_where_no_callers_are_named(
    call: Callable[[str | None], flask.Response], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DROPSCRIBE_CALLERS", "[]")
    settings.cache_clear()
    assert call(None).status_code == 200
