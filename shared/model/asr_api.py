"""Bodies and parameters of whisper-asr-webservice's API, as far as Dropscribe speaks it.

Its parameters are in the query, beside a form with the recording.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.model.contracts import Seconds, WireModel
from shared.model.openai_api import VerboseSegment
from shared.model.options import expectation

OutputName = Literal["txt", "vtt", "srt", "tsv", "json"]
NO_LANGUAGE = "und"
"""Code of an undetermined language, in ISO 639-2: there is no speech."""


def option(name: str, default: str = "") -> str:
    """Returns the default of a parameter that is an option of ours, which checks its values."""
    field: str = Field(default=default, description=f"Expects {expectation(name)}.")
    return field


class AsrEncoding(BaseModel):
    """The parameter that both routes have."""

    model_config = ConfigDict(frozen=True)

    encode: bool = Field(
        default=True,
        description="`false`: the file is no recording, but samples only: 16 kHz, one channel, "
        "signed 16-bit, the least significant byte first.",
    )


class AsrQuery(AsrEncoding):
    """Parameters of a transcription. An option that is not given is the deployment's."""

    output: OutputName = "txt"
    word_timestamps: bool = Field(default=False, description="`json`: with the words.")
    diarize: bool = Field(default=False, description="Find out who speaks when.")
    enable_diarization: bool = Field(default=False, description="The same as `diarize`.")
    vad_filter: bool = Field(default=False, description="No effect: only speech is transcribed.")
    task: str = option("task")
    language: str = option("language")
    initial_prompt: str = option("initial-prompt")
    hotwords: str = option("hotwords")
    min_speakers: str = option("min-speakers")
    max_speakers: str = option("max-speakers")

    @property
    def has_speakers(self) -> bool:
        return self.diarize or self.enable_diarization


class AsrWord(WireModel):
    """A word with the keys that Whisper and WhisperX give it."""

    word: str
    start: Seconds
    end: Seconds
    probability: float | None
    """The recogniser's confidence."""
    score: float | None
    """The aligner's."""
    speaker: str | None
    """SPEAKER_00, SPEAKER_01, ... in order of the first turns."""


class AsrSegment(VerboseSegment):
    """A segment with the keys that Whisper and WhisperX give it."""

    speaker: str | None
    words: tuple[AsrWord, ...] | None


class AsrTranscription(WireModel):
    """Body of `output=json`."""

    text: str
    segments: tuple[AsrSegment, ...]
    language: str
    """Code of the text's language, such as `en`; `und` without speech."""


class AsrLanguage(WireModel):
    """The language that is spoken in a recording."""

    detected_language: str
    """Name in English, such as `english`; `unknown` without speech."""
    language_code: str
    """Whisper's code, such as `en`; `und` without speech."""
    confidence: float = Field(ge=0, le=1)
    """Its lead over the second language, less with little speech."""


class AsrStatus(WireModel):
    """What answers."""

    version: str
