"""What the aligner needs of an acoustic model: to write words in its characters, and to find these
in the audio."""

from collections.abc import Sequence
from typing import Protocol

from functions.align.chunk_audio import ChunkAudio
from functions.align.word_boundaries import AlignedChar
from shared.model.artifacts import Interval
from shared.model.contracts import Engine

WILDCARD = "\uf8ff"
"""Replaces a word that has nothing to pronounce. No model's dictionary has it; it is aligned with
whatever sounds between its neighbours."""


class AcousticModel(Protocol):
    """A loaded CTC network. Its characters are letters or phonemes."""

    @property
    def engine(self) -> Engine: ...

    def encode_word(self, word: str) -> Sequence[str]:
        """Returns a word in the network's characters, or WILDCARD."""

    def align_chars(
        self, words: Sequence[Sequence[str]], interval: Interval, audio: ChunkAudio
    ) -> Sequence[AlignedChar] | None:
        """Returns the characters of all words in a row, or None if they do not fit the audio."""
