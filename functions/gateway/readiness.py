"""Whether the systems that the gateway needs answer.

A look at each costs a call, so all requests of a second share one. Each system has a thread of its
own, in which one call at a time waits: a system that hangs is called again when it has answered.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from functions.gateway.deployment import Deployment
from shared.model.api import PartHealth, PartName
from shared.model.errors import WorkflowRefused
from shared.settings import settings

log = logging.getLogger(__name__)

Check = Callable[[], object]
"""A call that returns if a system answers, and raises if not."""

CHECK_DEADLINE = 3.0
"""Seconds in which a system must answer."""
FRESH_SECONDS = 1.0
"""Seconds for which what was seen is answered again."""
ABSENT_OBJECT = ".dropscribe/health"
"""Name of an inbox object that need not exist."""
ABSENT_DOCUMENT = "health/absent"
"""Path of a document that need not exist."""
ABSENT_EXECUTION = "00000000-0000-0000-0000-000000000000"
"""Id of an execution that need not exist."""


def checks_of(deployment: Deployment) -> dict[PartName, Check]:
    """Returns the check of each system: a read of something that need not exist. It needs only
    rights that the gateway has."""
    return {
        "storage": lambda: check_storage(deployment),
        "job store": lambda: deployment.jobs.documents.get(ABSENT_DOCUMENT),
        "workflow": lambda: check_workflow(deployment),
    }


def check_storage(deployment: Deployment) -> None:
    inbox = settings().buckets.inbox
    deployment.blobs.find(f"gs://{inbox}/{ABSENT_OBJECT}")


def check_workflow(deployment: Deployment) -> None:
    try:
        deployment.executions.is_active(ABSENT_EXECUTION)
    except WorkflowRefused:
        return  # it answered


class Readiness:
    """What was seen of the systems last."""

    def __init__(self, checks: Mapping[PartName, Check]) -> None:
        self._checks = checks
        self._threads = {name: ThreadPoolExecutor(1, f"ready-{name}") for name in checks}
        self._looked = -FRESH_SECONDS
        self._look: asyncio.Task[tuple[PartHealth, ...]] | None = None

    async def parts(self) -> tuple[PartHealth, ...]:
        """Returns the health of each system, at most a second and a deadline old."""
        now = time.monotonic()
        is_stale = now - self._looked >= FRESH_SECONDS
        is_idle = self._look is None or self._look.done()
        if self._look is None or (is_stale and is_idle):
            self._look = asyncio.create_task(self._check_all())
            self._looked = now
        return await asyncio.shield(self._look)

    async def _check_all(self) -> tuple[PartHealth, ...]:
        checks = [self._check(name, check) for name, check in self._checks.items()]
        parts = await asyncio.gather(*checks)
        return tuple(parts)

    async def _check(self, name: PartName, check: Check) -> PartHealth:
        started = time.monotonic()
        loop = asyncio.get_running_loop()
        answer = loop.run_in_executor(self._threads[name], check)
        try:
            await asyncio.wait_for(answer, CHECK_DEADLINE)
            is_ready = True
        except Exception as error:  # whatever it is, the system is not to be relied on
            log.warning("not ready", extra={"part": name, "error": type(error).__name__})
            is_ready = False
        seconds = time.monotonic() - started
        return PartHealth(name=name, ready=is_ready, seconds=seconds)
