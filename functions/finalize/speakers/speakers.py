"""The recording's speakers, distinguished by their voices or by the channels they talk on."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from functions.finalize.answer.timed_segments import MINIMUM_DURATION, TimedSegment
from functions.finalize.speakers.linking import SpanSpeaker, link_speakers, second_count
from functions.finalize.speakers.turns import (
    SpanTurn,
    TurnIndex,
    number_speakers,
    place_turns,
)
from shared.model.artifacts import Diarization, Interval, Turn
from shared.model.intervals import total_seconds
from shared.model.options import Options
from shared.model.transcript import Speaker, Word
from shared.model.turns import merge_turns

CHANNEL_PAUSE = 0.5
"""Seconds between words of one turn on a channel. Aligned words are shorter than they sound, so
this is more than a diarizer's pause."""


@dataclass(frozen=True)
class Speakers:
    """Who talks in the recording, and when."""

    labels: Mapping[str, str]
    """Label by speaker id, in order of the ids."""
    turns: Sequence[Turn]
    """In order of time. Turns of two speakers may overlap."""
    turns_of_channel: Mapping[int | None, TurnIndex]
    """Exclusive turns, by which a channel's words get their speaker."""
    second_count: int | None = None
    """The number of people that is nearly as likely; None if the number is certain."""
    unknown: Sequence[Interval] = ()
    """Where the speakers are unknown, because diarization failed."""


def speaker_limits(options: Options) -> tuple[int, int | None]:
    """Returns the fewest and the most speakers that the options allow; None is no limit."""
    fewest = options.speakers or options.min_speakers or 1
    most = options.speakers or options.max_speakers
    return fewest, most


def speakers_by_voice(
    spans: Sequence[Interval],
    diarizations: Sequence[Diarization],
    options: Options,
    unknown: Sequence[Interval] = (),
) -> Speakers:
    """Returns the speakers of all spans, each person once. No speakers without diarizations.

    `unknown` are the spans without a diarization. Further people may speak there, so that the spans
    need not hold the fewest speakers that the options ask for.
    """
    exclusive = place_turns(diarizations, spans, lambda diarization: diarization.turns)
    overlapping = place_turns(diarizations, spans, lambda diarization: diarization.overlapping)
    fewest, most = speaker_limits(options)
    limits = (1, most) if unknown else (fewest, most)
    people = link_speakers(diarizations, *limits)
    ids = number_speakers(people, [*exclusive, *overlapping])

    turns = name_turns(overlapping, ids)
    index = TurnIndex.from_turns(name_turns(exclusive, ids))
    if not index.turns:  # the exclusive turns were too short to have a length in milliseconds
        index = TurnIndex.from_turns(turns)
    return Speakers(
        labels=label_speakers(ids.values()),
        turns=merge_turns(turns),
        turns_of_channel={None: index},
        second_count=second_count(diarizations, *limits),
        unknown=unknown,
    )


def name_turns(turns: Iterable[SpanTurn], ids: Mapping[SpanSpeaker, str]) -> list[Turn]:
    named = []
    for turn in turns:
        named_turn = Turn(
            start=turn.start,
            end=turn.end,
            speaker=ids[turn.speaker],
        )
        named.append(named_turn)
    return named


def label_speakers(ids: Iterable[str]) -> dict[str, str]:
    """Returns the label of each speaker, in order of the ids, which are S1, S2, and so on."""
    count = len(set(ids))
    labels = {}
    for index in range(count):
        number = index + 1
        labels[f"S{number}"] = f"Speaker {number}"
    return labels


def speakers_by_channel(segments: Sequence[TimedSegment], duration: float) -> Speakers:
    """Returns one speaker for each channel with speech, to whom all of its words belong.

    Turns are made of the words. `duration` is the recording's, in seconds.
    """
    labels: dict[str, str] = {}
    turns_of_channel: dict[int | None, TurnIndex] = {}
    for channel in speech_channels(segments):
        speaker = channel_speaker(channel)
        labels[speaker] = f"Channel {channel + 1}"
        always = Turn(start=0.0, end=duration + MINIMUM_DURATION, speaker=speaker)
        turns_of_channel[channel] = TurnIndex.from_turns([always])

    turns = merge_turns(word_turns(segments), CHANNEL_PAUSE)
    return Speakers(labels, turns, turns_of_channel)


def speech_channels(segments: Iterable[TimedSegment]) -> list[int]:
    """Returns the channels with a segment that is not suspect, in order."""
    channels = set()
    for segment in segments:
        if segment.channel is not None and not segment.is_suspect:
            channels.add(segment.channel)
    return sorted(channels)


def word_turns(segments: Iterable[TimedSegment]) -> list[Turn]:
    """Returns one turn per word, of its channel's speaker. Words without length have none."""
    turns = []
    for segment in segments:
        if segment.channel is None:
            continue
        speaker = channel_speaker(segment.channel)
        for word in segment.words:
            if word.start == word.end:
                continue
            turn = Turn(
                start=word.start,
                end=word.end,
                speaker=speaker,
            )
            turns.append(turn)
    return turns


def channel_speaker(channel: int) -> str:
    return f"S{channel + 1}"


def describe_speakers(speakers: Speakers, words: Collection[Word]) -> list[Speaker]:
    """Returns each speaker's talk time and numbers of turns and words."""
    described = []
    for speaker, label in speakers.labels.items():
        turns = [turn for turn in speakers.turns if turn.speaker == speaker]
        own_words = [word for word in words if word.speaker == speaker]
        described.append(
            Speaker(
                id=speaker,
                label=label,
                talk_time=round(total_seconds(turns), 3),
                turns=len(turns),
                words=len(own_words),
            )
        )
    return described
