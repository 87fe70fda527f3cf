"""The two kinds of failure of a workflow.

SourceError     the program is refused before it runs; has one Finding per mistake
WorkflowError   raised while it runs; `try`/`except` in the workflow gets its payload
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, order=True)
class Finding:
    """One mistake in a workflow's source."""

    line: int
    """From 1; 0 if the mistake belongs to no line."""
    message: str


class SourceError(Exception):
    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(
            "; ".join(f"line {finding.line}: {finding.message}" for finding in findings)
        )
        self.findings = tuple(findings)


@dataclass(frozen=True)
class Frame:
    """One routine on the path of an error."""

    routine: str
    step: str
    line: int
    depth: int
    """Number of subworkflow calls between main and this routine."""


class WorkflowError(Exception):
    """An error with the payload that `except` gets.

    The payload is a map with `tags` and `message`, or the value that `raise` was given.
    """

    def __init__(self, payload: Any) -> None:
        super().__init__(_message(payload))
        self.payload = payload
        self.frames: list[Frame] = []

    def passed(self, frame: Frame) -> None:
        """Adds a routine to the stack trace. Keeps its innermost step, as Google does."""
        if not self.frames or frame.depth < self.frames[-1].depth:
            self.frames.append(frame)

    @property
    def context(self) -> str:
        """Returns the stack trace as text, in Google's form."""
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
    """Returns an error of the runner itself, such as a KeyError or a ResourceLimitError."""
    return WorkflowError({"message": message, "tags": [tag]})


def _message(payload: Any) -> str:
    if isinstance(payload, str):
        return payload
    if isinstance(payload, dict) and isinstance(payload.get("message"), str):
        return str(payload["message"])
    return json.dumps(payload, default=str)
