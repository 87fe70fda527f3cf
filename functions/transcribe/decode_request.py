"""A request to decode a window, and the interface of the decoder that answers it."""

from dataclasses import dataclass
from typing import Protocol

from shared.model.artifacts import Interval, RecognizedSegment


@dataclass(frozen=True)
class DecodeRequest:
    """A window of the chunk, at most 30 s, and how to decode it."""

    window: Interval
    """In chunk time."""
    language: str
    """Code of the language that is spoken in the window."""
    temperature: float = 0.0
    """0: beam search. Above 0: the best of several samples at this temperature."""
    with_prompt: bool = True
    """Whether to give the decoder the recording's initial prompt and hotwords."""
    is_padded: bool = False
    """Whether the window is encoded with silence up to Whisper's 30 s. False: with little."""


class Decoder(Protocol):
    """Decodes windows of one chunk."""

    def decode(self, request: DecodeRequest) -> RecognizedSegment:
        """Returns the recognized segment, with its quality flags."""

    def halve(self, request: DecodeRequest) -> tuple[DecodeRequest, DecodeRequest]:
        """Returns two requests for the halves of the window, cut at a quiet point."""

    def with_final_flags(self, segment: RecognizedSegment) -> RecognizedSegment:
        """Returns the segment with the flags that count when no better decoding was found."""
