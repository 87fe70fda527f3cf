"""Sends a call, and repeats it while that is safe and may help."""

import random
import time
from email.utils import parsedate_to_datetime

import httpx

from dropscribe.errors import ApiError, NoIdentity, Unreachable, has_problem, problem_in
from dropscribe.server import Call, Server
from dropscribe.steps import Pause, Steps, send, work

MAX_TRIES = 5
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
"""Seconds between two tries."""
AWAY = (502, 503, 504)
"""Statuses after which the same request may succeed."""
TOO_MANY = 429
REFUSED_BY_GOOGLE = (401, 403)
"""Statuses with which Cloud Run answers a caller whom it does not know."""


def exchange(server: Server, call: Call) -> Steps[httpx.Response]:
    """Returns the response to a call. Raises ApiError, or Unreachable if there is none."""
    for tries in range(1, MAX_TRIES + 1):
        outcome = yield from attempt(server, call)
        pause = pause_before_repeat(call, outcome, tries)
        if pause is None:
            break
        yield Pause(pause)
    if isinstance(outcome, httpx.TransportError):
        raise unreachable(server, outcome) from outcome
    if outcome.is_error:
        raise api_error(outcome)
    return outcome


def attempt(server: Server, call: Call) -> Steps[httpx.Response | httpx.TransportError]:
    """Sends a call once, or twice if Google's front asks who calls. Returns the response, or why
    there is none."""
    try:
        if server.needs_identity():
            yield from find_identity(server)
        response = yield from send(server.request(call), is_stream=call.is_stream)
        if server.is_encrypted and is_refused_by_google(response):
            server.asks_for_identity = yield from find_identity(server)
            if server.asks_for_identity:
                response = yield from send(server.request(call), is_stream=call.is_stream)
    except httpx.TransportError as error:
        return error
    return response


def find_identity(server: Server) -> Steps[bool]:
    """Fetches an identity token, if there are Google credentials. Returns whether there is one."""
    try:
        yield from work(server.renew_identity)
    except NoIdentity:
        return False
    return True


def is_refused_by_google(response: httpx.Response) -> bool:
    return response.status_code in REFUSED_BY_GOOGLE and not has_problem(response)


def pause_before_repeat(
    call: Call, outcome: httpx.Response | httpx.TransportError, tries: int
) -> float | None:
    """Returns after how many seconds to send a call again, or None if it is not to be sent again.

    A call that may not be sent twice is repeated only if the server cannot have acted on it.
    """
    if tries >= MAX_TRIES:
        return None
    doubled: float = FIRST_PAUSE * 2 ** (tries - 1)
    pause = doubled * random.uniform(0.75, 1.25)  # so that clients do not return all at once
    if isinstance(outcome, httpx.TransportError):
        is_safe = call.is_repeatable or isinstance(outcome, httpx.ConnectError)
        return pause if is_safe else None
    is_safe = call.is_repeatable and outcome.status_code in AWAY
    if not is_safe and outcome.status_code != TOO_MANY:
        return None
    asked = retry_after(outcome)
    if asked is None:
        return pause
    return asked if asked <= LONGEST_PAUSE else None


def retry_after(response: httpx.Response) -> float | None:
    """Returns the seconds that a response asks to wait for, or None. It may name a time instead."""
    text = response.headers.get("Retry-After", "")
    if text.isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, moment.timestamp() - time.time())


def api_error(response: httpx.Response) -> ApiError:
    """Returns the error that a response describes."""
    problem = problem_in(response)
    request_id = response.headers.get("X-Request-Id")
    return ApiError(problem, request_id, retry_after(response))


def unreachable(server: Server, error: httpx.TransportError) -> Unreachable:
    reason = str(error) or type(error).__name__
    return Unreachable(f"{server.shown_url} does not answer: {reason}")
