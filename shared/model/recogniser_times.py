"""Words of chunks that could not be aligned, with the recogniser's times."""

from collections.abc import Iterator

from shared.model.artifacts import (
    Aligned,
    AlignedSegment,
    AlignedWord,
    Recognition,
    RecognizedSegment,
)


def with_recogniser_times(recognition: Recognition) -> Aligned:
    """Returns what align would return for a chunk of which no word could be aligned.

    The segments are those of the recogniser and not sentences.
    """
    segments = [unaligned_segment(segment) for segment in recognition.segments]
    words: list[AlignedWord] = []
    for index, segment in enumerate(recognition.segments):
        words += unaligned_words(index, segment)
    return Aligned(
        segments=tuple(segments),
        words=tuple(words),
        asr=recognition.engine,
        engines=(),
        warnings=recognition.warnings,
    )


def unaligned_segment(segment: RecognizedSegment) -> AlignedSegment:
    return AlignedSegment(
        start=segment.start,
        end=segment.end,
        language=segment.language,
        text=segment.text,
        avg_logprob=segment.avg_logprob,
        compression_ratio=segment.compression_ratio,
        no_speech_prob=segment.no_speech_prob,
        temperature=segment.temperature,
        quality_flags=segment.quality_flags,
    )


def unaligned_words(index: int, segment: RecognizedSegment) -> Iterator[AlignedWord]:
    """Yields the words of the segment with that index."""
    for word in segment.words:
        yield AlignedWord(
            segment=index,
            word=word.word,
            start=word.start,
            end=word.end,
            score=None,
            confidence=word.probability,
            timing="asr",
        )
