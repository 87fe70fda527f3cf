"""The two ways a workflow goes wrong.

SourceError     the program is refused before it runs: one Finding a mistake
WorkflowError   raised while it runs; `try`/`except` in the workflow sees its payload
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, order=True)
class Finding:
    """One mistake in a workflow's source."""

    line: int
    """1-based; 0 when the mistake belongs to no line."""
    message: str


class SourceError(Exception):
    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(
            "; ".join(f"line {finding.line}: {finding.message}" for finding in findings)
        )
        self.findings = tuple(findings)


@dataclass(frozen=True)
class Frame:
    """Where an error passed on its way out."""

    routine: str
    step: str
    line: int
    depth: int
    """Calls of subworkflows between main and this routine."""


class WorkflowError(Exception):
    """The payload is what `except` sees: a map with `tags` and `message`, or whatever `raise` was
    given."""

    def __init__(self, payload: Any) -> None:
        super().__init__(_message(payload))
        self.payload = payload
        self.frames: list[Frame] = []

    def passed(self, frame: Frame) -> None:
        """Keep the innermost step of each routine, as Google's stack trace does."""
        if not self.frames or frame.depth < self.frames[-1].depth:
            self.frames.append(frame)

    @property
    def context(self) -> str:
        """The stack trace for people, in the form Google writes it."""
        places = (
            f'in step "{frame.step}", routine "{frame.routine}", line: {frame.line}'
            for frame in self.frames
        )
        return "\n".join([str(self), *places])

    @property
    def tags(self) -> list[str]:
        tags = self.payload.get("tags") if isinstance(self.payload, dict) else None
        return tags if isinstance(tags, list) else []


def failure(tag: str, message: str) -> WorkflowError:
    """An error raised by the runner itself, such as a KeyError or a ResourceLimitError."""
    return WorkflowError({"message": message, "tags": [tag]})


def _message(payload: Any) -> str:
    if isinstance(payload, str):
        return payload
    if isinstance(payload, dict) and isinstance(payload.get("message"), str):
        return str(payload["message"])
    return json.dumps(payload, default=str)
