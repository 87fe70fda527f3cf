"""What a recording of the evaluation truly holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Utterance:
    """What somebody says in one go; times in seconds of the recording."""

    speaker: str
    start: float
    end: float
    text: str | None
    """Null where nobody wrote it down."""
    language: str | None


@dataclass(frozen=True)
class Onset:
    """A word of which the start is exactly known, since it was put there."""

    word: str
    start: float


@dataclass(frozen=True)
class Recording:
    """A sound file and its truth."""

    name: str
    """Unique; a file name without its ending."""
    set: str
    """The kind of recording it stands for: rows of the table."""
    audio: Path
    seconds: float
    utterances: tuple[Utterance, ...] = ()
    """In order of start. Empty: nobody speaks, and every word is invented; but see
    `speech_known`."""
    onsets: tuple[Onset, ...] = ()
    """In order."""
    language: str | None = None
    """The only one spoken; null where there are several or it is not known."""
    options: Mapping[str, str] = field(default_factory=dict)
    """What Dropscribe is told of it, as object metadata. Plain whisperx is told the same where it
    can be."""
    speakers_known: bool = True
    """False: `speaker` of the utterances says nothing."""
    speech_known: bool = True
    """False: nothing is known of what is said when, and there are no utterances."""
    number_known: int | None = None
    """How many people speak, where their turns are not known."""
    real: bool = False
    """True: a recording of people together, as it is. False: composed."""

    @property
    def people(self) -> int | None:
        """How many people speak; None where it is not known, or nobody does."""
        if self.utterances and self.speakers_known:
            return len({utterance.speaker for utterance in self.utterances})
        return self.number_known
