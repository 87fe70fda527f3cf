"""The transcript as tables of segments and of words: the same columns for CSV and Parquet."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from shared.formats.characters import printable
from shared.model.transcript import Segment, Transcript, Word

Kind = Literal["whole", "number", "truth", "text", "texts"]
"""What the cells of a column are: whole numbers, numbers, true or false, texts, or lists of texts.
Any cell may be None."""
Cell = int | float | bool | str | list[str] | None
Row = dict[str, Cell]

SEGMENT_COLUMNS: dict[str, Kind] = {
    "id": "whole",
    "start": "number",
    "end": "number",
    "speaker": "text",
    "label": "text",
    "text": "text",
    "language": "text",
    "channel": "whole",
    "first_word": "whole",
    "last_word": "whole",
    "avg_logprob": "number",
    "compression_ratio": "number",
    "no_speech_prob": "number",
    "temperature": "number",
    "flags": "texts",
}
WORD_COLUMNS: dict[str, Kind] = {
    "id": "whole",
    "segment": "whole",
    "start": "number",
    "end": "number",
    "word": "text",
    "speaker": "text",
    "label": "text",
    "language": "text",
    "channel": "whole",
    "confidence": "number",
    "score": "number",
    "timing": "text",
    "speaker_confidence": "number",
    "overlap": "truth",
    "speakers": "texts",
}


@dataclass(frozen=True)
class Table:
    """A table whose rows are made one after another. Its columns are in the order of `kinds`."""

    kinds: Mapping[str, Kind]
    rows: Iterator[Row]


def segment_table(transcript: Transcript) -> Table:
    """Returns a row for each segment."""
    labels = labels_by_id(transcript)
    rows = (segment_row(segment, labels) for segment in transcript.segments)
    return Table(SEGMENT_COLUMNS, rows)


def segment_row(segment: Segment, labels: Mapping[str, str]) -> Row:
    first_word, last_word = segment.words or (None, None)
    return {
        "id": segment.id,
        "start": segment.start,
        "end": segment.end,
        "speaker": segment.speaker,
        "label": labels.get(segment.speaker or ""),
        "text": printable(segment.text),
        "language": segment.language,
        "channel": segment.channel,
        "first_word": first_word,
        "last_word": last_word,
        "avg_logprob": segment.avg_logprob,
        "compression_ratio": segment.compression_ratio,
        "no_speech_prob": segment.no_speech_prob,
        "temperature": segment.temperature,
        "flags": list(segment.flags),
    }


def word_table(transcript: Transcript) -> Table:
    """Returns a row for each word."""
    labels = labels_by_id(transcript)
    segment_ids = segment_ids_by_word(transcript)
    rows = word_rows(transcript, segment_ids, labels)
    return Table(WORD_COLUMNS, rows)


def word_rows(
    transcript: Transcript, segment_ids: Mapping[int, int], labels: Mapping[str, str]
) -> Iterator[Row]:
    for word in transcript.words:
        segment_id = segment_ids.get(word.id)
        yield word_row(word, segment_id, labels)


def word_row(word: Word, segment_id: int | None, labels: Mapping[str, str]) -> Row:
    return {
        "id": word.id,
        "segment": segment_id,
        "start": word.start,
        "end": word.end,
        "word": printable(word.word),
        "speaker": word.speaker,
        "label": labels.get(word.speaker or ""),
        "language": word.language,
        "channel": word.channel,
        "confidence": word.confidence,
        "score": word.score,
        "timing": word.timing,
        "speaker_confidence": word.speaker_confidence,
        "overlap": word.overlap,
        "speakers": list(word.speakers),
    }


def labels_by_id(transcript: Transcript) -> dict[str, str]:
    """Returns the label of each speaker by its id, as it can be printed."""
    labels = {}
    for speaker in transcript.speakers:
        labels[speaker.id] = printable(speaker.label)
    return labels


def segment_ids_by_word(transcript: Transcript) -> dict[int, int]:
    """Returns the id of each word's segment by the word's id."""
    segment_ids = {}
    for segment in transcript.segments:
        if segment.words is not None:
            first, last = segment.words
            for word_id in range(first, last + 1):
                segment_ids[word_id] = segment.id
    return segment_ids
