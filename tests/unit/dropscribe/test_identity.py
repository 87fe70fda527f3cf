"""Google's identity token is sent where Google asks for it, and nowhere else."""

from functools import partial

import httpx
import pytest

from dropscribe import ApiError, NoIdentity
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
