"""Google's identity token is sent where Google asks for it, and nowhere else."""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import cast

import httpx
import jwt
import pytest
from google.auth.transport import Request

from dropscribe import ApiError, NoIdentity
from dropscribe.google_identity import token_of_person
from tests.support.metadata_server import Metadata, metadata_server
from tests.unit.dropscribe.bodies import job, problem
from tests.unit.dropscribe.both_clients import KEY, Caller

HEADER = "X-Serverless-Authorization"


def google_in_front(request: httpx.Request, status: int = 403) -> httpx.Response:
    """Answers as a service on Cloud Run that only known callers reach."""
    if request.headers.get(HEADER) != "Bearer identity":
        return httpx.Response(status, text="<title>Refused</title>")
    return httpx.Response(200, json=job())


def test_an_address_of_cloud_run_gets_it_at_once(caller: Caller) -> None:
    audiences = []

    def identity(audience: str) -> str:
        audiences.append(audience)
        return "identity"

    caller.url, caller.identity = "https://gateway-abc-ew.a.run.app/", identity
    caller.call(google_in_front, "job", "j1")
    assert len(caller.requests) == 1 and caller.last.headers["X-API-Key"] == KEY
    assert audiences == ["https://gateway-abc-ew.a.run.app"]


@pytest.mark.parametrize("status", [401, 403])
def test_another_address_gets_it_once_google_asks(caller: Caller, status: int) -> None:
    caller.identity = lambda audience: "identity"
    in_front = partial(google_in_front, status=status)
    assert caller.call(in_front, "redrive", "j1").id == "j1"
    assert [HEADER in request.headers for request in caller.requests] == [False, True]


def test_a_refusal_of_our_own_is_no_question_for_it(caller: Caller) -> None:
    with pytest.raises(ApiError, match="unknown key"):
        caller.call(lambda request: problem(401, "unknown key"), "job", "j1")
    assert len(caller.requests) == 1


def test_it_is_never_sent_in_the_clear(caller: Caller) -> None:
    caller.url = "http://dropscribe.example"
    with pytest.raises(ApiError, match="Forbidden"):
        caller.call(google_in_front, "job", "j1")
    assert len(caller.requests) == 1


@pytest.mark.parametrize("url", ["https://a.run.app", "https://dropscribe.example"])
def test_without_credentials_the_refusal_is_shown(caller: Caller, url: str) -> None:
    def none(audience: str) -> str:
        raise NoIdentity("no Google credentials")

    caller.url, caller.identity = url, none
    with pytest.raises(ApiError, match="Forbidden"):
        caller.call(google_in_front, "job", "j1")


def test_a_token_that_is_too_old_is_replaced(caller: Caller) -> None:
    tokens = iter(["old", "identity"])
    caller.url, caller.identity = "https://a.run.app", lambda audience: next(tokens)
    caller.call(google_in_front, "job", "j1")
    assert [request.headers[HEADER] for request in caller.requests] == [
        "Bearer old",
        "Bearer identity",
    ]


# Where it comes from


SHOW = "from dropscribe.google_identity import identity_token; print(identity_token('https://a'))"


def shown(**environment: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, because Google's library reads the environment when imported."""
    command = (sys.executable, "-c", SHOW)
    env = {**os.environ, "NO_GCE_CHECK": "true", **environment}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)


def test_a_machine_on_google_gets_it_for_the_audience() -> None:
    """The metadata server makes it for the audience that it is asked for."""
    payload = jwt.encode({"exp": 4e9}, "x" * 32)
    metadata = Metadata(identity=lambda audience: payload if audience == "https://a" else "")
    with metadata_server(metadata) as host:
        done = shown(GCE_METADATA_HOST=host, GCE_METADATA_IP=host, NO_GCE_CHECK="false")
    assert done.stdout.strip() == payload, done.stderr


def test_without_credentials_the_reason_is_reported() -> None:
    done = shown(GOOGLE_APPLICATION_CREDENTIALS="/nonesuch.json")
    assert "dropscribe.errors.NoIdentity: no Google credentials: " in done.stderr


class TokenServer:
    """Google's token endpoint, as its library calls it."""

    def __init__(self, **tokens: object) -> None:
        self.status, self.headers = 200, {"Content-Type": "application/json"}
        self.data = json.dumps({"access_token": "access", "expires_in": 3599, **tokens}).encode()

    def __call__(self, *arguments: object, **named: object) -> "TokenServer":
        return self


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves the credentials of a person, as gcloud writes them."""
    credentials = {"client_id": "c", "client_secret": "s", "refresh_token": "r"}
    file = tmp_path / "credentials.json"
    file.write_text(json.dumps({"type": "authorized_user", **credentials}))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "project")


def test_a_person_has_one_with_the_access_token(person: None) -> None:
    assert token_of_person(cast(Request, TokenServer(id_token="mine"))) == "mine"


def test_credentials_without_one_are_reported(person: None) -> None:
    with pytest.raises(NoIdentity, match="give no identity token"):
        token_of_person(cast(Request, TokenServer()))
