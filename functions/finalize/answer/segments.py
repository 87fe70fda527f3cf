"""The segments and words of the transcript."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from functions.finalize.answer.timed_segments import TimedWord
from functions.finalize.speakers.speaker_assignment import SpeakerSegment
from functions.finalize.speakers.speakers import Speakers
from functions.finalize.speakers.turns import TurnIndex
from shared.model.artifacts import Turn
from shared.model.transcript import Overlap, Segment, SegmentFlag, Word

SHORTEST_SHARE = 0.25
"""Share of a word during which a speaker must talk to be listed with it. Less is the inexact border
of a turn."""


def build_segments(segments: Sequence[SpeakerSegment]) -> list[Segment]:
    """Returns the transcript's segments, numbered from 0."""
    built = []
    first_word = 0
    for number, segment in enumerate(segments):
        built.append(build_segment(number, first_word, segment))
        first_word += len(segment.words)
    return built


def build_segment(number: int, first_word: int, segment: SpeakerSegment) -> Segment:
    """Returns a segment of the transcript. `first_word` is the id of its first word, if any."""
    source = segment.segment
    aligned = source.aligned
    last_word = first_word + len(segment.words) - 1
    return Segment(
        id=number,
        start=segment.start,
        end=segment.end,
        text=segment.text,
        speaker=segment.speaker,
        language=source.language,
        channel=source.channel,
        words=(first_word, last_word) if segment.words else None,
        avg_logprob=finite(aligned.avg_logprob),
        compression_ratio=finite(aligned.compression_ratio),
        no_speech_prob=finite(aligned.no_speech_prob),
        temperature=finite(aligned.temperature),
        flags=segment_flags(segment),
    )


def segment_flags(segment: SpeakerSegment) -> tuple[SegmentFlag, ...]:
    if not segment.words:
        return ("no_words",)
    timings = {word.timing for word in segment.words}
    if "asr" in timings:
        return ("not_aligned",)
    return ()


@dataclass(frozen=True)
class TurnLookup:
    """Speaker turns, indexed for each question that a word's speakers are found by."""

    exclusive: Mapping[int | None, TurnIndex]
    """Exclusive turns by channel."""
    by_speaker: Mapping[str, TurnIndex]
    """Each speaker's own turns, which may overlap another's."""
    overlaps: TurnIndex
    """Where at least two talk at once."""


def index_turns(speakers: Speakers, overlaps: Iterable[Overlap]) -> TurnLookup:
    """Returns the recording's turns, indexed for looking up the speakers of words."""
    by_speaker = {}
    for speaker in speakers.labels:
        turns = [turn for turn in speakers.turns if turn.speaker == speaker]
        by_speaker[speaker] = TurnIndex.from_turns(turns)

    overlap_turns = []
    for overlap in overlaps:
        turn = Turn(start=overlap.start, end=overlap.end, speaker="")
        overlap_turns.append(turn)
    return TurnLookup(
        exclusive=speakers.turns_of_channel,
        by_speaker=by_speaker,
        overlaps=TurnIndex.from_turns(overlap_turns),
    )


def build_words(
    segments: Iterable[SpeakerSegment], speakers: Speakers, overlaps: Iterable[Overlap]
) -> list[Word]:
    """Returns the transcript's words in the order of the segments, numbered from 0."""
    lookup = index_turns(speakers, overlaps)
    words: list[Word] = []
    for segment in segments:
        for word in segment.words:
            number = len(words)
            built = build_word(number, word, segment, lookup)
            words.append(built)
    return words


def build_word(number: int, word: TimedWord, segment: SpeakerSegment, lookup: TurnLookup) -> Word:
    """Returns a word of the transcript, said in `segment`."""
    speaker = segment.speaker
    channel = segment.segment.channel
    overlap_time = lookup.overlaps.talk_time(word.start, word.nonempty_end)
    confidence = None
    if speaker is not None:
        confidence = finite(talk_share(word, speaker, lookup.exclusive[channel]))
    return Word(
        id=number,
        word=word.word,
        start=word.start,
        end=word.end,
        score=finite(word.score),
        confidence=finite(word.confidence),
        timing=word.timing,
        speaker=speaker,
        speaker_confidence=confidence,
        overlap=bool(overlap_time),
        speakers=speakers_during(word, speaker, lookup.by_speaker),
        channel=channel,
        language=segment.segment.language,
    )


def talk_share(word: TimedWord, speaker: str, turns: TurnIndex) -> float:
    """Returns the share of the word's time, from 0 to 1, that the speaker's turns cover."""
    duration = word.nonempty_end - word.start
    talk_time = turns.talk_time(word.start, word.nonempty_end)
    seconds = talk_time.get(speaker, 0.0)
    return min(seconds / duration, 1.0)


def speakers_during(
    word: TimedWord, own_speaker: str | None, turns_of: Mapping[str, TurnIndex]
) -> tuple[str, ...]:
    """Returns the word's own speaker, then the others who talk for SHORTEST_SHARE of it or more."""
    speakers = [own_speaker] if own_speaker else []
    for speaker, turns in turns_of.items():
        if speaker == own_speaker:
            continue
        if talk_share(word, speaker, turns) >= SHORTEST_SHARE:
            speakers.append(speaker)
    return tuple(speakers)


def finite(number: float | None) -> float | None:
    """Returns the number rounded to three decimals, or None for NaN and infinity."""
    if number is None or not isfinite(number):
        return None
    return round(number, 3)
