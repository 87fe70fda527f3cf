"""What each route of the gateway answers to each kind of key: `python -m
tests.unit.functions.gateway.access_table` writes it to docs/api-access.md."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from shared.model.api import Scope

PAGE = Path(__file__).parents[4] / "docs" / "api-access.md"

Kind = Literal[
    "none",
    "wrong",
    "revoked",
    "expired",
    "other folder",
    "read",
    "write",
    "erase",
    "admin",
    "read and write",
    "read and admin",
    "all",
]
"""Kinds of keys. A key of one or two scopes is of the folder that what is asked for is in, and so
are the revoked and the expired one, with all scopes; `all` has all scopes and the whole inbox."""
KINDS: tuple[Kind, ...] = get_args(Kind)
INVALID: tuple[Kind, ...] = ("none", "wrong", "revoked", "expired")

INTRODUCTION = """\
# Who may do what

What each route of the [HTTP API](api.md) answers to a request with each kind of key, about a job,
an upload, a key or a webhook of the folder `team-a/`.
`tests/unit/functions/gateway/test_access_walk.py` makes all of these requests; a route that is not
in the table fails it. Written by `python -m tests.unit.functions.gateway.access_table`.

- `none`: no key. `wrong`: a key that was never made. `revoked`, `expired`: a key of `team-a/` with
  all scopes that was valid.
- `other folder`: a key of `team-b/` with all scopes.
- `read`, `write`, `erase`, `admin`: a key of `team-a/` with this scope only.
- `read and write`, `read and admin`: a key of `team-a/` with these two scopes.
- `all`: a key of the whole inbox with all scopes.

"""


@dataclass(frozen=True)
class Route:
    """A route, and the statuses of its answers."""

    name: str
    """Method and path, as in the OpenAPI document."""
    scope: Scope | Literal["any", "none", "read and write", "read and admin"]
    """That its callers need: any of them, or none, not even a key."""
    allowed: int
    """The status for a key of the folder with the scope."""
    other_folder: int
    """The status for a key of another folder with all scopes."""
    whole: int | None = None
    """The status for a key of the whole inbox. None: the same as for a key of the folder."""

    def status(self, kind: Kind) -> int:
        """Returns the status of the answer to a kind of key."""
        if self.scope == "none":
            return self.allowed
        if kind in INVALID:
            return 401
        if kind == "other folder":
            return self.other_folder
        if kind == "all":
            return self.whole or self.allowed
        has_scope = scopes_in(self.scope) <= scopes_in(kind)
        return self.allowed if self.scope == "any" or has_scope else 403


def scopes_in(text: str) -> set[str]:
    """Returns the scopes of a kind of key such as "read and write"."""
    return set(text.split(" and "))


def public(name: str, status: int = 200) -> Route:
    return Route(name, "none", status, status)


def of_webhooks(name: str, allowed: int = 200, other_folder: int = 404) -> Route:
    return Route(name, "read and admin", allowed, other_folder)


ROUTES = (
    Route("GET /api/v1/jobs", "read", allowed=200, other_folder=200),
    Route("GET /api/v1/jobs/{job_id}", "read", allowed=200, other_folder=404),
    Route("GET /api/v1/queue", "read", allowed=200, other_folder=200),
    Route("GET /api/v1/jobs/{job_id}/events", "read", allowed=200, other_folder=404),
    Route("GET /api/v1/jobs/{job_id}/transcript", "read", allowed=200, other_folder=404),
    Route("HEAD /api/v1/jobs/{job_id}/transcript", "read", allowed=200, other_folder=404),
    Route("GET /api/v1/jobs/{job_id}/edits", "read", allowed=200, other_folder=404),
    Route("PUT /api/v1/jobs/{job_id}/edits", "read and write", allowed=200, other_folder=404),
    Route("GET /api/v1/jobs/{job_id}/peaks", "read", allowed=200, other_folder=404),
    Route("GET /api/v1/jobs/{job_id}/audio", "read", allowed=200, other_folder=404),
    Route("HEAD /api/v1/jobs/{job_id}/audio", "read", allowed=200, other_folder=404),
    Route("POST /api/v1/jobs/{job_id}/redrive", "write", allowed=202, other_folder=404),
    Route("POST /api/v1/jobs/{job_id}/cancel", "write", allowed=202, other_folder=404),
    Route("DELETE /api/v1/jobs/{job_id}", "erase", allowed=202, other_folder=404),
    Route("POST /api/v1/batches", "read", allowed=201, other_folder=404),
    Route("GET /api/v1/batches/{batch_id}", "read", allowed=200, other_folder=404),
    Route("GET /api/v1/events", "read", allowed=200, other_folder=200),
    Route("POST /api/v1/keys", "admin", allowed=201, other_folder=403),
    Route("GET /api/v1/keys", "admin", allowed=200, other_folder=200),
    Route("GET /api/v1/keys/me", "any", allowed=200, other_folder=200),
    Route("DELETE /api/v1/keys/{key_id}", "admin", allowed=204, other_folder=404),
    Route("POST /api/v1/login", "any", allowed=200, other_folder=200),
    public("POST /api/v1/logout", 204),
    Route("POST /api/v1/login-codes", "any", allowed=201, other_folder=201),
    Route("POST /api/v1/jobs/upload", "write", allowed=202, other_folder=202),
    Route("POST /api/v1/uploads", "write", allowed=201, other_folder=201),
    Route("GET /api/v1/uploads/{upload_id}", "write", allowed=200, other_folder=404),
    of_webhooks("POST /api/v1/webhooks", allowed=201, other_folder=403),
    of_webhooks("GET /api/v1/webhooks", other_folder=200),
    of_webhooks("GET /api/v1/webhooks/{webhook_id}"),
    of_webhooks("DELETE /api/v1/webhooks/{webhook_id}", allowed=204),
    of_webhooks("POST /api/v1/webhooks/{webhook_id}/test", allowed=202),
    of_webhooks("POST /api/v1/webhooks/{webhook_id}/rotate"),
    of_webhooks("POST /api/v1/webhooks/{webhook_id}/resume"),
    of_webhooks("GET /api/v1/webhooks/{webhook_id}/deliveries"),
    of_webhooks("GET /api/v1/webhooks/{webhook_id}/deliveries/{event_id}"),
    of_webhooks("POST /api/v1/webhooks/{webhook_id}/deliveries/{event_id}/replay", allowed=202),
    Route("POST /asr", "read and write", allowed=202, other_folder=202),
    Route("POST /detect-language", "read and write", allowed=202, other_folder=202),
    Route("GET /api/v1/limits", "any", allowed=200, other_folder=200),
    Route("GET /api/v1/metrics/", "read", allowed=200, other_folder=200),
    Route("GET /api/v1/costs", "read", allowed=200, other_folder=200),
    Route("GET /metrics", "read", allowed=200, other_folder=200),
    Route("POST /v1/audio/transcriptions", "read and write", allowed=202, other_folder=202),
    Route("POST /v1/audio/translations", "read and write", allowed=202, other_folder=202),
    Route("GET /v1/models", "any", allowed=200, other_folder=200),
    Route("GET /v1/models/{model_id}", "any", allowed=200, other_folder=200),
    public("GET /health"),
    public("GET /health/live"),
    public("GET /health/ready"),
    public("GET /status"),
)


def page() -> str:
    """Returns the page with the table."""
    return INTRODUCTION + "\n".join(rows()) + "\n"


def rows() -> Iterator[str]:
    """Yields the lines of the table."""
    head = " | ".join(KINDS)
    yield f"| route | {head} |"
    yield "|---|" + "---|" * len(KINDS)
    for route in ROUTES:
        statuses = [str(route.status(kind)) for kind in KINDS]
        cells = " | ".join(statuses)
        yield f"| `{route.name}` | {cells} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
