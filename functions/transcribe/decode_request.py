"""A window and how to decode it, and what can be asked of whoever decodes it."""

from dataclasses import dataclass
from typing import Protocol

from shared.model.artifacts import Interval, RecognizedSegment


@dataclass(frozen=True)
class Take:
    """A window, in seconds of the chunk, and how to decode it."""

    window: Interval
    language: str
    """What is spoken in it."""
    temperature: float = 0.0
    """0: the likeliest words. Above it: the best of a few samples."""
    prompted: bool = True
    """With the prompt and the hotwords of the request, if there are any."""


class Decoder(Protocol):
    """Knows the sound of a chunk."""

    def decode(self, take: Take) -> RecognizedSegment:
        """What is said in the window, with its doubts."""

    def halves(self, take: Take) -> tuple[Take, Take]:
        """The window cut in two, where that hurts least."""

    def settled(self, segment: RecognizedSegment) -> RecognizedSegment:
        """With only those doubts that stand when nothing better was found."""
