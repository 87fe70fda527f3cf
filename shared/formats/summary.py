"""What documents say about a recording before its text, and in which language its text is."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from shared.formats.characters import printable
from shared.formats.clock import clock_time
from shared.model.languages import ENGLISH_NAMES
from shared.model.transcript import Speaker, Transcript
from shared.model.transcript_language import text_language

SPEAKER_HEADINGS = ("Speaker", "Talk time", "Share", "Turns", "Words")


@dataclass(frozen=True)
class SpeakerRow:
    """A row of the table of speakers, under SPEAKER_HEADINGS."""

    speaker: str
    """The speaker's id."""
    label: str
    talk_time: str
    share: str
    """Of the talk time of all speakers, in percent."""
    turns: str
    words: str

    @property
    def cells(self) -> tuple[str, ...]:
        return (
            self.label,
            self.talk_time,
            self.share,
            self.turns,
            self.words,
        )


def recording_file(transcript: Transcript) -> str:
    """Returns the name of the recording's file, without its folders."""
    path = PurePosixPath(transcript.job.source_uri)
    return printable(path.name)


def describe_recording(transcript: Transcript) -> list[str]:
    """Returns the date of the upload, the length, the language and the number of speakers, as far
    as they are known."""
    timings = transcript.timings
    time = timings.uploaded or timings.answered
    date = time.date().isoformat()
    length = clock_time(transcript.media.duration)
    facts = [date, length]
    language = text_language(transcript)
    if language is not None:
        name = ENGLISH_NAMES.get(language, language)
        capitalized = name.capitalize()
        facts.append(capitalized)
    count = len(transcript.speakers)
    if count == 1:
        facts.append("1 speaker")
    if count > 1:
        facts.append(f"{count} speakers")
    return facts


def speaker_rows(transcript: Transcript) -> list[SpeakerRow]:
    """Returns the table of speakers, in the order of the transcript."""
    total = sum(speaker.talk_time for speaker in transcript.speakers)
    return [speaker_row(speaker, total) for speaker in transcript.speakers]


def speaker_row(speaker: Speaker, total: float) -> SpeakerRow:
    """Returns the row of a speaker. `total` are the seconds that all speakers talk."""
    share = speaker.talk_time / total if total > 0 else 0.0
    return SpeakerRow(
        speaker=speaker.id,
        label=printable(speaker.label),
        talk_time=clock_time(speaker.talk_time),
        share=f"{share:.0%}",
        turns=str(speaker.turns),
        words=str(speaker.words),
    )
