"""Bodies of the HTTP API about what jobs that have ended took and cost, by their stage records."""

from pydantic import AwareDatetime

from shared.model.api import ApiState
from shared.model.contracts import Seconds, WireModel


class StageSpending(WireModel):
    """What one stage did for a job, in all runs of which there are records."""

    done: int
    """Parts that were computed."""
    seconds: Seconds
    """Of the attempts that computed them."""
    reused: int
    """Parts whose results a later run used again, which cost a call and no seconds."""
    failed: int
    """Attempts that died or failed for good since the last redrive. How long they took is recorded
    nowhere, and neither are attempts that failed for a reason that may pass."""


class JobSpending(WireModel):
    """What one job took and cost."""

    id: str
    name: str
    state: ApiState
    run: int
    ended: AwareDatetime
    """When its last run ended."""
    audio_seconds: Seconds | None
    """Null if it has no transcript."""
    stages: dict[str, StageSpending]
    items: dict[str, float]
    """In USD: the stages by name, requests, workflow, storage, documents and messages. Empty where
    the deployment computes no costs."""
    cost_usd: float | None
    """Their sum. It is a lower bound: see `StageSpending.failed`. Null where the deployment
    computes no costs."""


class SpendingPage(WireModel):
    """A page of jobs that have ended, the last one first."""

    jobs: tuple[JobSpending, ...]
    price_table: str | None
    """The prices that were used. Null where the deployment computes no costs."""
    next_before: AwareDatetime | None
    """`before` of the next page; null at the end of the list."""
