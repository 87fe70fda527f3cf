"""A gateway that a browser opens, and recordings whose transcripts are made up."""

from collections.abc import Sequence
from dataclasses import dataclass

from functions.gateway.deployment import Deployment
from shared.model.contracts import Source
from shared.model.transcript import Gap, Suspect, Transcript
from tests.support.gateway import ALL_SCOPES
from tests.support.gateway_jobs import begin, finish, upload
from tests.support.made_transcripts import (
    Said,
    conversation,
    peaks_of,
    sound_of,
    transcript_of_sentences,
)

HALF_A_DAY = 12 * 3600.0
"""Seconds."""


@dataclass(frozen=True)
class MadeRecording:
    """A recording in the inbox, whose answer lies in the outbox."""

    source: Source
    transcript: Transcript

    @property
    def job_id(self) -> str:
        return self.source.job_id

    @property
    def address(self) -> str:
        """Returns the address of its page, without the gateway's."""
        return f"/?job={self.job_id}"


class BrowserGateway:
    """A gateway at an address, its stores, and a key with all scopes."""

    def __init__(self, url: str, stores: Deployment) -> None:
        self.url = url
        self.stores = stores
        _, self.key = stores.keys.create("browser", ALL_SCOPES, "", None)

    def make_recording(
        self,
        name: str = "Interview.wav",
        *,
        sentences: Sequence[Said] = (),
        words: int = 120,
        speakers: int = 2,
        seconds: float | None = None,
        suspects: Sequence[Suspect] = (),
        gaps: Sequence[Gap] = (),
        has_sound: bool = True,
        has_peaks: bool = True,
        sound: bytes | None = None,
        peaks: bytes | None = None,
    ) -> MadeRecording:
        """Writes a recording of tones, and its transcript as finalize does.

        Without `sentences` so many words are made up for so many speakers; `seconds` is the
        recording's duration. Without sound the recording is no file that a browser can play;
        `sound` and its `peaks` are not made up. Without peaks the transcript is like an older one.
        """
        spoken = sentences or conversation(words, speakers)
        draft = Source(bucket="draft", name=name, generation=1)
        transcript = transcript_of_sentences(
            draft, spoken, suspects=suspects, gaps=gaps, seconds=seconds
        )
        if sound is None:
            sound = sound_of(transcript) if has_sound else b"no sound"
        source = upload(self.stores, name, sound)
        info = transcript.job.model_copy(
            update={
                "id": source.job_id,
                "source_uri": source.uri,
                "generation": source.generation,
            }
        )
        transcript = transcript.model_copy(update={"job": info})
        begin(self.stores, source)
        contents = {"json": transcript.model_dump_json().encode()}
        if peaks is None and has_peaks:
            peaks = peaks_of(transcript)
        finish(self.stores, source, contents=contents, peaks=peaks)
        return MadeRecording(source, transcript)

    def make_half_a_day(self, name: str = "Council.wav", words: int = 100_000) -> MadeRecording:
        """Writes a silent recording of 12 hours, in which five people talk all the time."""
        return self.make_recording(name, words=words, speakers=5, seconds=HALF_A_DAY)
