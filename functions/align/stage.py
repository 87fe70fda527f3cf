"""The stage align: a chunk's audio and recognised words -> the words with times, in sentences."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from functions.align.alignment import Aligner, Alignment, WordTiming, align_segments
from functions.align.chunk_audio import ChunkAudio
from functions.align.monotonic import clamp_timings
from functions.align.sentences import sentence_indices
from functions.align.word_boundaries import longest_speech
from shared.model.artifacts import (
    Aligned,
    AlignedSegment,
    AlignedWord,
    Recognition,
    RecognizedSegment,
    RecognizedWord,
)
from shared.model.audio import read_wav
from shared.model.contracts import Params
from shared.runtime.spans import trace_span
from shared.runtime.stage import Output, SingleOutput, StageInput

VERSION = "6"
"""Increased when the same request would get another result."""


class AlignParams(Params):
    """What align needs to know besides the chunk."""

    task: Literal["transcribe", "translate"] = "transcribe"
    """The recogniser's task. A translation cannot be aligned, since its words are not in the audio:
    it keeps the recogniser's times."""


WordWithTiming = tuple[RecognizedWord, WordTiming]


@dataclass(frozen=True)
class Sentence:
    """A sentence's words, and the segment that they were decoded in."""

    segment: RecognizedSegment
    text: str
    words: Sequence[WordWithTiming]
    """Empty if the segment has a text but no words."""


def align(task: StageInput[AlignParams], load: Callable[[], Aligner]) -> Iterator[Output]:
    """Yields `aligned`. `load` returns the deployment's aligner; it is not called for a
    translation."""
    recognition_json = task.files["recognition"].read_bytes()
    recognition = Recognition.model_validate_json(recognition_json)
    audio = ChunkAudio(read_wav(task.files["audio"]))

    alignment = Alignment()
    if task.params.task == "transcribe":
        with trace_span("model align"):
            alignment = align_segments(recognition.segments, load(), audio)

    timings = word_timings(recognition.segments, alignment, audio)
    sentences = split_into_sentences(recognition.segments, timings)

    segments = [aligned_segment(sentence, audio.duration) for sentence in sentences]
    words: list[AlignedWord] = []
    for index, sentence in enumerate(sentences):
        words += aligned_words(index, sentence)

    aligned = Aligned(
        segments=tuple(segments),
        words=tuple(words),
        asr=recognition.engine,
        engines=tuple(alignment.engines),
        warnings=(*recognition.warnings, *alignment.warnings),
    )
    yield SingleOutput("aligned", aligned)


def word_timings(
    segments: Sequence[RecognizedSegment], alignment: Alignment, audio: ChunkAudio
) -> list[WordTiming]:
    """Returns the timings of all words, in order and inside the chunk."""
    timings: list[WordTiming] = []
    for index, segment in enumerate(segments):
        aligned = alignment.timings.get(index)
        if aligned is not None:
            timings += aligned
            continue
        for word in segment.words:
            timing = recogniser_timing(word, audio)
            timings.append(timing)

    return clamp_timings(timings, audio.duration)


def recogniser_timing(word: RecognizedWord, audio: ChunkAudio) -> WordTiming:
    """Returns the recogniser's time without the pauses that it includes."""
    speech = longest_speech(word.start, word.end, audio)
    return WordTiming(speech.start, speech.end, score=None, origin="asr")


def split_into_sentences(
    segments: Sequence[RecognizedSegment], timings: Sequence[WordTiming]
) -> list[Sentence]:
    """Returns the segments' sentences. `timings` are those of all words of all segments."""
    sentences = []
    remaining = iter(timings)
    for segment in segments:
        if not segment.words:
            sentences.append(Sentence(segment, segment.text, words=[]))
            continue

        pieces = segment.pieces()
        indices = sentence_indices(pieces, segment.language)

        words_by_sentence: dict[int, list[WordWithTiming]] = defaultdict(list)
        pieces_by_sentence: dict[int, list[str]] = defaultdict(list)
        for index, piece, word in zip(indices, pieces, segment.words, strict=True):
            timing = next(remaining)
            words_by_sentence[index].append((word, timing))
            pieces_by_sentence[index].append(piece)

        for index, words in words_by_sentence.items():
            text = "".join(pieces_by_sentence[index])
            sentences.append(Sentence(segment, text.strip(), words))
    return sentences


def aligned_segment(sentence: Sentence, duration: float) -> AlignedSegment:
    """Returns the sentence with the recogniser's measures of its whole segment."""
    segment = sentence.segment
    if sentence.words:
        _, first_timing = sentence.words[0]
        _, last_timing = sentence.words[-1]
        start = first_timing.start
        end = last_timing.end
    else:
        start = min(segment.start, duration)
        end = min(segment.end, duration)

    return AlignedSegment(
        start=start,
        end=end,
        language=segment.language,
        text=sentence.text,
        avg_logprob=segment.avg_logprob,
        compression_ratio=segment.compression_ratio,
        no_speech_prob=segment.no_speech_prob,
        temperature=segment.temperature,
        quality_flags=segment.quality_flags,
    )


def aligned_words(segment_index: int, sentence: Sentence) -> Iterator[AlignedWord]:
    for word, timing in sentence.words:
        yield AlignedWord(
            segment=segment_index,
            word=word.word,
            start=timing.start,
            end=timing.end,
            score=timing.score,
            confidence=word.probability,
            timing=timing.origin,
        )
