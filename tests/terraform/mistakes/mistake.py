"""What a planted mistake is."""

from dataclasses import dataclass, field
from typing import Any

from tests.terraform.checks import Check


@dataclass(frozen=True)
class Says:
    """Terraform's command, and a part of its refusal."""

    command: str
    text: str
    file: str = ""
    """Of terraform's tests, the one that says it."""


@dataclass(frozen=True)
class Refusal:
    """Part of what terraform says when it refuses a plan, which it makes with the mistake."""

    text: str


@dataclass(frozen=True)
class Mistake:
    name: str
    file: str
    """In terraform/."""
    old: str
    """It must be there, once."""
    new: str
    caught_by: Check | Says | Refusal
    given: dict[str, Any] = field(default_factory=dict)
    """Variables, for a mistake that only shows with them."""
    over: bool = False
    """Does it only show in a plan over what an older deployment has made?"""
