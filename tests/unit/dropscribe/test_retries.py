"""A call is repeated if that is safe and may help, and as late as the server asks."""

from collections.abc import Iterator
from email.utils import formatdate

import httpx
import pytest

from dropscribe import ApiError, Unreachable
from tests.unit.dropscribe.bodies import job, problem
from tests.unit.dropscribe.both_clients import Caller, Handler

Outcome = int | httpx.Response | Exception


def first_fails(*outcomes: Outcome) -> Handler:
    """Returns a handler with these outcomes and, after them, a job. A number is a status."""
    left: Iterator[Outcome] = iter(outcomes)

    def answer(request: httpx.Request) -> httpx.Response:
        outcome = next(left, None)
        if isinstance(outcome, Exception):
            raise outcome
        if isinstance(outcome, int):
            return problem(outcome)
        return outcome or httpx.Response(200, json=job())

    return answer


BROKEN = httpx.ReadError("the connection broke")
NOT_THERE = httpx.ConnectError("refused")


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_reading_is_repeated_as_late_as_the_server_asks(caller: Caller, status: int) -> None:
    refused = [problem(status, **{"Retry-After": "7"}) for _ in range(2)]
    assert caller.call(first_fails(*refused), "job", "j1").id == "j1"
    assert caller.pauses == [7, 7]


def test_reading_is_repeated_after_a_broken_connection_with_growing_pauses(caller: Caller) -> None:
    assert caller.call(first_fails(BROKEN, BROKEN, BROKEN), "job", "j1").id == "j1"
    first, second, third = caller.pauses
    assert 0.3 < first < 0.7 and 0.7 < second < 1.3 and 1.4 < third < 2.6


def test_a_date_in_retry_after_is_understood(caller: Caller) -> None:
    past = problem(503, **{"Retry-After": formatdate(0, usegmt=True)})
    caller.call(first_fails(past), "job", "j1")
    assert caller.pauses == [0]


def test_a_server_that_asks_for_too_much_patience_gets_none(caller: Caller) -> None:
    later = problem(503, **{"Retry-After": "3600"})
    with pytest.raises(ApiError) as caught:
        caller.call(first_fails(later), "job", "j1")
    assert caught.value.retry_after == 3600 and caller.pauses == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422, 500])
def test_what_would_be_refused_again_is_not_repeated(caller: Caller, status: int) -> None:
    with pytest.raises(ApiError):
        caller.call(first_fails(problem(status)), "job", "j1")
    assert len(caller.requests) == 1


@pytest.mark.parametrize("outcome", [BROKEN, 503])
def test_what_the_server_may_have_done_is_not_repeated(caller: Caller, outcome: Outcome) -> None:
    with pytest.raises((ApiError, Unreachable)):
        caller.call(first_fails(outcome), "redrive", "j1")
    assert len(caller.requests) == 1


@pytest.mark.parametrize("outcome", [NOT_THERE, 429])
def test_what_the_server_cannot_have_done_is_repeated(caller: Caller, outcome: Outcome) -> None:
    caller.call(first_fails(outcome), "redrive", "j1")
    assert len(caller.requests) == 2


def test_patience_ends(caller: Caller) -> None:
    with pytest.raises(Unreachable, match=r"https://dropscribe[.]example does not answer: refused"):
        caller.call(first_fails(*[NOT_THERE] * 9), "job", "j1")
    assert len(caller.requests) == 5
