"""Transcripts that are made up, of any length and of any words, with a sound to listen to."""

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from shared.model.artifacts import Media, Turn
from shared.model.contracts import Engine, ResolvedOption, Source
from shared.model.formats import PEAKS_PER_SECOND
from shared.model.transcript import (
    Gap,
    JobInfo,
    Language,
    Provenance,
    Quality,
    Segment,
    Speaker,
    Suspect,
    Transcript,
    Word,
)
from shared.model.turns import find_overlaps, merge_turns
from tests.support.finalize_inputs import TIMINGS
from tests.support.recordings import wav

WORD_SECONDS = 0.34
PAUSE = 0.45
"""Seconds between two sentences."""
RATE = 8_000
"""Hz of the sound."""
LONG_RATE = 3_000
"""Hz of the sound of a recording of hours: the lowest that browsers play."""
LONG = 3_600.0
"""Seconds after which a recording has the low rate."""
SPOKEN = (
    "the council has decided to build a new bridge over river because old one was closed last "
    "spring and nobody can say when it opens again so people drive through village every morning "
    "which is loud for everyone who lives there but mayor says money comes next year"
)
VOCABULARY = SPOKEN.split()


@dataclass(frozen=True)
class Said:
    """A sentence, and who says it."""

    speaker: str | None
    words: tuple[str, ...]
    pause: float = PAUSE
    """Seconds of silence before it."""
    doubtful: tuple[int, ...] = ()
    """Indexes of the words that the recogniser was not sure of."""
    word_seconds: float | None = None
    """Seconds of each word. None: as many as all sentences have."""


def said(speaker: str | None, text: str, pause: float = PAUSE) -> Said:
    """Returns a sentence of the words of a text."""
    return Said(speaker, tuple(text.split()), pause)


def conversation(words: int, speakers: int = 2, seed: int = 1) -> list[Said]:
    """Returns made-up sentences of so many words together, in turns of one to four sentences."""
    drawn = random.Random(seed)
    sentences: list[Said] = []
    turn = -1
    left_of_turn = 0
    left = words
    while left > 0:
        if left_of_turn == 0:
            turn += 1
            left_of_turn = drawn.randint(1, 4)
        left_of_turn -= 1
        length = min(left, drawn.randint(4, 16))
        spoken = [drawn.choice(VOCABULARY) for _ in range(length)]
        spoken[0] = spoken[0].capitalize()
        spoken[-1] += "."
        speaker = f"S{turn % speakers + 1}"
        sentences.append(Said(speaker, tuple(spoken), doubtful=(length // 2,)))
        left -= length
    return sentences


@dataclass
class Timeline:
    """Segments, words and turns, to which one sentence after another is added."""

    time: float = 0.0
    segments: list[Segment] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)

    def add(self, sentence: Said, usual_seconds: float) -> None:
        word_seconds = sentence.word_seconds or usual_seconds
        start = self.time + sentence.pause
        first = len(self.words)
        for index, text in enumerate(sentence.words):
            is_doubtful = index in sentence.doubtful
            begins = start + index * word_seconds
            self.words.append(self._word(text, sentence.speaker, begins, word_seconds, is_doubtful))
        end = start + len(sentence.words) * word_seconds
        text = " ".join(sentence.words)
        last = len(self.words) - 1
        self.segments.append(self._segment(text, sentence.speaker, start, end, (first, last)))
        if sentence.speaker is not None:
            self._extend_turn(sentence.speaker, start, end)
        self.time = end

    def _word(
        self, text: str, speaker: str | None, start: float, seconds: float, is_doubtful: bool
    ) -> Word:
        return Word(
            id=len(self.words),
            word=text,
            start=round(start, 3),
            end=round(start + seconds * 0.9, 3),
            score=0.9,
            confidence=0.31 if is_doubtful else 0.97,
            timing="aligned",
            speaker=speaker,
            speaker_confidence=None if speaker is None else 1.0,
            overlap=False,
            speakers=() if speaker is None else (speaker,),
            channel=None,
            language="en",
        )

    def _segment(
        self, text: str, speaker: str | None, start: float, end: float, words: tuple[int, int]
    ) -> Segment:
        return Segment(
            id=len(self.segments),
            start=round(start, 3),
            end=round(end, 3),
            text=text,
            speaker=speaker,
            language="en",
            channel=None,
            words=words,
            avg_logprob=-0.2,
            compression_ratio=1.3,
            no_speech_prob=0.01,
            temperature=0.0,
            flags=(),
        )

    def _extend_turn(self, speaker: str, start: float, end: float) -> None:
        """Has the last turn go on if it is the speaker's, or begins another."""
        if self.turns and self.turns[-1].speaker == speaker:
            start = self.turns.pop().start
        self.turns.append(Turn(start=round(start, 3), end=round(end, 3), speaker=speaker))


def transcript_of_sentences(
    source: Source,
    sentences: Sequence[Said],
    *,
    suspects: Sequence[Suspect] = (),
    gaps: Sequence[Gap] = (),
    seconds: float | None = None,
    run: int = 1,
) -> Transcript:
    """Returns a transcript as finalize makes it. `seconds` is the duration of the recording; the
    sentences are spread over it. Without it they follow each other at an even pace."""
    timeline = Timeline()
    word_seconds = pace(sentences, seconds)
    for sentence in sentences:
        timeline.add(sentence, word_seconds)
    timeline.turns = merge_turns(timeline.turns)
    duration = round(seconds or timeline.time + 1.0, 3)
    return Transcript(
        job=JobInfo(
            id=source.job_id,
            source_uri=source.uri,
            generation=source.generation,
            run=run,
            crc32c=None,
            sha256=None,
        ),
        media=Media(
            container="wav",
            codec="pcm_s16le",
            duration=duration,
            sample_rate=sound_rate(duration),
            channels=1,
            bytes=round(duration * sound_rate(duration) * 2),
        ),
        options={"language": ResolvedOption(value="en", origin="metadata")},
        language=Language(code="en", confidence=None, method="given", windows=()),
        text=" ".join(segment.text for segment in timeline.segments),
        segments=tuple(timeline.segments),
        words=tuple(timeline.words),
        speakers=speakers_of(timeline),
        turns=tuple(timeline.turns),
        overlaps=tuple(find_overlaps(timeline.turns)),
        quality=Quality(
            coverage=0.98,
            uncovered=tuple(gaps),
            suspects=tuple(suspects),
            words_interpolated=0,
            mean_confidence=0.93,
        ),
        warnings=(),
        provenance=Provenance(dropscribe="0.1.0", stages={"prepare": (ENGINE,)}),
        timings=TIMINGS,
        cost=None,
        outputs={},
    )


ENGINE = Engine(name="made-up", version="1.0", model="none", digest="sha256:" + "ab" * 32)


def pace(sentences: Sequence[Said], seconds: float | None) -> float:
    """Returns the seconds of a word with which the sentences fill a recording."""
    if seconds is None or all(sentence.word_seconds for sentence in sentences):
        return WORD_SECONDS
    pauses = sum(sentence.pause for sentence in sentences)
    words = sum(len(sentence.words) for sentence in sentences)
    assert seconds > pauses, "the recording is too short for its pauses"
    return (seconds - 1.0 - pauses) / words


def speakers_of(timeline: Timeline) -> tuple[Speaker, ...]:
    """Returns the speakers in the order of their ids, with what they say."""
    ids = sorted({turn.speaker for turn in timeline.turns}, key=lambda name: int(name[1:]))
    return tuple(speaker_of(name, timeline) for name in ids)


def speaker_of(name: str, timeline: Timeline) -> Speaker:
    turns = [turn for turn in timeline.turns if turn.speaker == name]
    words = [word for word in timeline.words if word.speaker == name]
    talk_time = sum(turn.end - turn.start for turn in turns)
    return Speaker(
        id=name,
        label=f"Speaker {name[1:]}",
        talk_time=round(talk_time, 3),
        turns=len(turns),
        words=len(words),
    )


def sound_rate(seconds: float) -> int:
    return LONG_RATE if seconds > LONG else RATE


def sound_of(transcript: Transcript) -> bytes:
    """Returns a WAV file in which each speaker hums in a tone of their own, and pauses are
    silent. A recording of hours is silent as a whole."""
    seconds = transcript.media.duration
    rate = sound_rate(seconds)
    samples = np.zeros(round(seconds * rate), np.int16)
    if seconds <= LONG:
        for start, end, frequency in tones(transcript):
            time = np.arange(round(start * rate), round(end * rate))
            loudness = 6_000 * np.sin(np.pi * np.linspace(0, 1, len(time)))
            hum = loudness * np.sin(2 * np.pi * frequency * time / rate)
            samples[time] = hum.astype(np.int16)
    return wav(samples, rate)


def peaks_of(transcript: Transcript) -> bytes:
    """Returns peaks that are loud during words, and nearly silent between them."""
    peaks = bytearray([2]) * math.ceil(transcript.media.duration * PEAKS_PER_SECOND)
    for word in transcript.words:
        first = int(word.start * PEAKS_PER_SECOND)
        last = int(word.end * PEAKS_PER_SECOND)
        for index in range(first, min(last + 1, len(peaks))):
            peaks[index] = 60 + index * 37 % 190
    return bytes(peaks)


def tones(transcript: Transcript) -> Iterator[tuple[float, float, float]]:
    """Yields the start and the end of each word, and the frequency of its speaker."""
    frequencies = dict(
        zip((one.id for one in transcript.speakers), itertools.count(180, 60), strict=False)
    )
    for word in transcript.words:
        yield word.start, word.end, frequencies.get(word.speaker or "", 140)
