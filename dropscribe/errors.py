"""What can go wrong with a call of the API."""

import httpx
from pydantic import ValidationError

from shared.model.contracts import Problem

PROBLEM_JSON = "application/problem+json"
SHOWN_CHARACTERS = 300
"""Characters that an error shows of a response without a problem."""


class DropscribeError(Exception):
    """A call failed. The message says why."""


class ApiError(DropscribeError):
    """The server refused a call."""

    def __init__(self, problem: Problem, request_id: str | None, retry_after: float | None) -> None:
        super().__init__(problem.summary)
        self.problem = problem
        self.request_id = request_id
        """Names the request in the server's log. None if the server did not send it."""
        self.retry_after = retry_after
        """Seconds after which the server expects the call again. None if it did not say so."""

    @property
    def status(self) -> int:
        return self.problem.status


class NotUsable(DropscribeError):
    """The server's address or the key cannot be one."""


class Unreachable(DropscribeError):
    """The server could not be reached, or the connection broke."""


class TimedOut(DropscribeError):
    """A job did not end in time. It goes on."""


class EventsExpired(DropscribeError):
    """The cursor is older than events are kept, so some may have expired before they were read."""


class FileChanged(DropscribeError):
    """A file changed while it was sent, so its upload was not completed."""


class UploadFailed(DropscribeError):
    """Storage refused a recording, or did not take all of it."""


class NoIdentity(DropscribeError):
    """There are no Google credentials from which an identity token can be made."""


def has_problem(response: httpx.Response) -> bool:
    """Returns whether a response is Dropscribe's own, and not that of something in front of it."""
    content_type = response.headers.get("Content-Type", "")
    return str(content_type).startswith(PROBLEM_JSON)


def problem_in(response: httpx.Response) -> Problem:
    """Returns the problem in a response, or one made of its status and text."""
    if has_problem(response):
        try:
            return Problem.model_validate_json(response.content, extra="ignore")
        except ValidationError:
            pass  # described as any other response
    reason = response.reason_phrase or f"status {response.status_code}"
    text = response.text.strip()
    return Problem(
        type="about:blank",
        title=reason,
        status=response.status_code,
        detail=text[:SHOWN_CHARACTERS],
    )
