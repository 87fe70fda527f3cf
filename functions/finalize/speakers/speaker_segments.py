"""The sentences, split where the speaker changes, in the order of the answer."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from functions.finalize.answer.sentences import INSTANT, Placed, Sentence
from functions.finalize.formats.text import one_line, space
from functions.finalize.speakers.speaker_assignment import speakers
from functions.finalize.speakers.speakers import People
from functions.finalize.speakers.turns import Floor


@dataclass(frozen=True)
class Run:
    """Words that follow each other in one sentence, of one speaker; or a sentence without words."""

    sentence: Sentence
    speaker: str | None
    words: Sequence[Placed]

    @property
    def start(self) -> float:
        return self.words[0].start if self.words else self.sentence.start

    @property
    def end(self) -> float:
        return self.words[-1].end if self.words else self.sentence.end

    @property
    def text(self) -> str:
        if not self.words:
            return one_line(self.sentence.decoded.text)
        return space(self.sentence.language).join(word.word for word in self.words)


def runs(sentences: Iterable[Sentence], people: People) -> list[Run]:
    """What was said, in order of start. A sentence of one channel may begin within a sentence of
    another."""
    said = [sentence for sentence in sentences if not sentence.doubted]
    channels = dict.fromkeys(sentence.channel for sentence in said)
    found = (
        run for channel in channels for run in of_channel(said, channel, people.floors[channel])
    )
    return sorted((run for run in found if run.text), key=lambda run: run.start)


def of_channel(sentences: Iterable[Sentence], channel: int | None, floor: Floor) -> Iterator[Run]:
    own = [sentence for sentence in sentences if sentence.channel == channel]
    for sentence, who in zip(
        own, speakers([sentence.words for sentence in own], floor), strict=True
    ):
        if not sentence.words:
            claims = floor.claims(sentence.start, max(sentence.end, sentence.start + INSTANT))
            yield Run(sentence, max(claims, key=claims.__getitem__, default=None), ())
        for speaker, members in groupby(
            zip(who, sentence.words, strict=True), key=lambda pair: pair[0]
        ):
            yield Run(sentence, speaker, [word for _, word in members])
