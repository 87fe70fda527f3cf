"""Who speaks in the recording: told apart by their voices, or by the channels they speak on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from functions.finalize.answer.sentences import INSTANT, Sentence
from functions.finalize.speakers.linking import Voice, link
from functions.finalize.speakers.turns import Floor, identify, merge, place_turns
from shared.model.artifacts import Diarization, Interval, Turn
from shared.model.transcript import Speaker, Word

TALK_PAUSE = 0.5
"""Seconds between words of one turn, on a channel: aligned words are short, and sound a little
longer."""


@dataclass(frozen=True)
class People:
    labels: Mapping[str, str]
    """By speaker id, in order of the ids."""
    turns: Sequence[Turn]
    """As heard: two may speak at once."""
    floors: Mapping[int | None, Floor]
    """Who is to be given a channel's words."""


def by_voice(
    spans: Sequence[Interval], diarizations: Sequence[Diarization], fewest: int, most: int | None
) -> People:
    """The speakers of all spans, linked. Without diarizations there is nobody."""
    alone = place_turns(diarizations, spans, lambda found: found.turns)
    heard = place_turns(diarizations, spans, lambda found: found.overlapping)
    ids = identify(link(diarizations, fewest, most), alone + heard)
    numbers = sorted({int(speaker.removeprefix("S")) for speaker in ids.values()})
    return People(
        labels={f"S{number}": f"Speaker {number}" for number in numbers},
        turns=merge(named(heard, ids)),
        floors={None: Floor.of(named(alone, ids))},
    )


def named(placed: Iterable[tuple[float, float, Voice]], ids: Mapping[Voice, str]) -> list[Turn]:
    return [Turn(start=start, end=end, speaker=ids[voice]) for start, end, voice in placed]


def by_channel(heard: Sequence[Sentence], duration: float) -> People:
    """A speaker for each channel on which something is said, who has the floor there all the time.

    Turns are what the words fill.
    """
    said = [
        (sentence.channel, sentence)
        for sentence in heard
        if sentence.channel is not None and not sentence.doubted
    ]
    channels = sorted({channel for channel, _ in said})
    words = (
        Turn(start=word.start, end=word.end, speaker=speaker(channel))
        for channel, sentence in said
        for word in sentence.words
        if word.start < word.end
    )
    always = Turn(start=0.0, end=duration + INSTANT, speaker="")
    return People(
        labels={speaker(channel): f"Channel {channel + 1}" for channel in channels},
        turns=merge(words, TALK_PAUSE),
        floors={
            channel: Floor.of([always.model_copy(update={"speaker": speaker(channel)})])
            for channel in channels
        },
    )


def speaker(channel: int) -> str:
    return f"S{channel + 1}"


def describe(people: People, words: Iterable[Word]) -> list[Speaker]:
    """Each speaker's part in the recording."""
    spoken = [word.speaker for word in words]
    return [
        Speaker(
            id=speaker,
            label=label,
            talk_time=round(
                sum(turn.end - turn.start for turn in people.turns if turn.speaker == speaker), 3
            ),
            turns=sum(turn.speaker == speaker for turn in people.turns),
            words=spoken.count(speaker),
        )
        for speaker, label in people.labels.items()
    ]
