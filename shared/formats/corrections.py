"""Applies what people corrected to a transcript: every format is drawn from the result.

Ids stay those of transcript.json, so that edits remain addressable: after a word was removed, the
next word's id is not its index. `Transcript.words_of` finds the words of a segment. The page does
the same in functions/gateway/page/corrected_segments.js.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from shared.formats.corrected_turns import correct_turns, merge_of, overlaps_with
from shared.formats.text import split_paragraphs
from shared.model.artifacts import Turn
from shared.model.edits import Edits, merged_speaker
from shared.model.intervals import total_seconds
from shared.model.spacing import one_line, split_at_words, word_separator
from shared.model.transcript import (
    Gap,
    Overlap,
    Quality,
    Segment,
    Speaker,
    Suspect,
    Transcript,
    Word,
)
from shared.model.turns import find_overlaps

GIVEN = 1.0
"""The confidence of a speaker whom a person chose."""


def correct(transcript: Transcript, edits: Edits) -> Transcript:
    """Returns the transcript with the edits applied. Without any, it is the same.

    Edits of ids that the transcript does not have are ignored.
    """
    turns = correct_turns(transcript, edits)
    overlaps = transcript.overlaps
    if turns != transcript.turns:
        overlaps = tuple(find_overlaps(turns))
    segments = correct_segments(transcript, edits)
    words = correct_words(transcript, edits, segments)
    if overlaps != transcript.overlaps:
        words = [with_overlap(word, overlaps) for word in words]
    text = transcript.text
    if segments != list(transcript.segments):
        text = "\n".join(paragraph.text for paragraph in split_paragraphs(segments))
    changes = {
        "text": text,
        "segments": tuple(segments),
        "words": tuple(words),
        "speakers": tuple(correct_speakers(transcript, edits, turns, words)),
        "turns": turns,
        "overlaps": overlaps,
        "quality": correct_quality(transcript.quality, edits),
    }
    return transcript.model_copy(update=changes)


# Segments


def correct_segments(transcript: Transcript, edits: Edits) -> list[Segment]:
    """Returns the segments that are left, with the kept suspects, in order of start."""
    dropped = set(edits.dropped)
    segments = []
    for segment in transcript.segments:
        item = f"segment-{segment.id}"
        if item in dropped:
            continue
        corrected = correct_segment(segment, transcript, edits)
        if corrected is not None:
            segments.append(corrected)
    kept = kept_suspects(transcript, edits)
    if not kept:
        return segments
    return sorted([*segments, *kept], key=lambda segment: segment.start)


def correct_segment(segment: Segment, transcript: Transcript, edits: Edits) -> Segment | None:
    """Returns the segment with its new words and speaker, or None if all its words are removed."""
    segment_id = str(segment.id)
    given = edits.sentences.get(segment_id, segment.speaker)
    speaker = merge_of(given, edits)
    changes: dict[str, object] = {"speaker": speaker}
    words = transcript.words_of(segment)
    if any(str(word.id) in edits.words for word in words):
        text = correct_text(segment, words, edits.words)
        if not text:
            return None
        changes["text"] = text
    return segment.model_copy(update=changes)


def correct_text(segment: Segment, words: Sequence[Word], new_words: Mapping[str, str]) -> str:
    """Returns the segment's text with some words replaced or removed.

    What is written between two words stays: a space, or nothing in a script without spaces. A word
    that is removed takes what follows it along.
    """
    separator = word_separator(segment.language)
    spellings = [word.word for word in words]
    pieces = split_at_words(segment.text, spellings, separator)
    corrected = []
    for word, piece in zip(words, pieces, strict=True):
        word_id = str(word.id)
        new_word = new_words.get(word_id, word.word)
        if not new_word:
            continue
        before, _, after = piece.partition(word.word)
        new_piece = before + new_word + after
        corrected.append(new_piece)
    text = "".join(corrected)
    return text.strip()


def kept_suspects(transcript: Transcript, edits: Edits) -> list[Segment]:
    """Returns the suspects that were said, as segments without words. Their ids follow those of the
    transcript's segments."""
    suspects = transcript.quality.suspects
    first_id = len(transcript.segments)
    kept = []
    for item in edits.kept:
        index = index_of(item)
        if index >= len(suspects):
            continue
        suspect = suspects[index]
        given = edits.sentences.get(item) or likely_speaker(suspect, transcript)
        speaker = merge_of(given, edits)
        number = first_id + index
        segment = segment_of_suspect(suspect, number, speaker)
        kept.append(segment)
    return kept


def index_of(item: str) -> int:
    """Returns the index in an id such as "suspect-0"."""
    number = item.rpartition("-")[2]
    return int(number)


def segment_of_suspect(suspect: Suspect, number: int, speaker: str | None) -> Segment:
    """Returns the suspect as a segment whose recogniser's metrics are not known."""
    return Segment(
        id=number,
        start=suspect.start,
        end=suspect.end,
        text=one_line(suspect.text),
        speaker=speaker,
        language=suspect.language,
        channel=suspect.channel,
        words=None,
        avg_logprob=None,
        compression_ratio=None,
        no_speech_prob=None,
        temperature=None,
        flags=("no_words",),
    )


def likely_speaker(suspect: Suspect, transcript: Transcript) -> str | None:
    """Returns who talks for longest during the suspect, or None if no one does. Where channels were
    transcribed separately, it is the channel's speaker."""
    if suspect.channel is not None:
        return speaker_of_channel(suspect.channel, transcript.segments)
    seconds: dict[str, float] = defaultdict(float)
    for turn in transcript.turns:
        start = max(turn.start, suspect.start)
        end = min(turn.end, suspect.end)
        if start < end:
            seconds[turn.speaker] += end - start
    if not seconds:
        return None
    return max(seconds, key=lambda speaker: seconds[speaker])


def speaker_of_channel(channel: int, segments: Iterable[Segment]) -> str | None:
    """Returns the speaker of a channel's segments, or None if it has none."""
    for segment in segments:
        if segment.channel == channel:
            return segment.speaker
    return None


# Words


def correct_words(transcript: Transcript, edits: Edits, segments: Iterable[Segment]) -> list[Word]:
    """Returns the words of these segments that are not removed, in the order of the transcript."""
    speakers = {}
    for segment in segments:
        for word in transcript.words_of(segment):
            speakers[word.id] = segment.speaker
    given = given_words(transcript, edits)
    corrected = []
    for word in transcript.words:
        word_id = str(word.id)
        text = edits.words.get(word_id, word.word)
        if word.id not in speakers or not text:
            continue
        is_given = word.id in given
        speaker = merge_of(word.speaker, edits)
        if is_given:
            speaker = speakers[word.id]
        new_word = correct_word(word, text, speaker, is_given, edits)
        corrected.append(new_word)
    return corrected


def given_words(transcript: Transcript, edits: Edits) -> set[int]:
    """Returns the ids of the words of sentences that were given to another speaker."""
    given: set[int] = set()
    for segment in transcript.segments:
        segment_id = str(segment.id)
        is_given = segment_id in edits.sentences
        if segment.words is None or not is_given:
            continue
        first, last = segment.words
        word_ids = range(first, last + 1)
        given.update(word_ids)
    return given


def correct_word(word: Word, text: str, speaker: str | None, is_given: bool, edits: Edits) -> Word:
    """Returns the word with another text and speaker. The recogniser's confidence is about its own
    text only."""
    changes: dict[str, object] = {}
    has_other_text = text != word.word
    if has_other_text:
        changes |= {"word": text, "confidence": None}
    speakers = speakers_of_word(word, speaker, is_given, edits)
    has_other_speakers = speaker != word.speaker or speakers != word.speakers
    if has_other_speakers:
        changes |= {"speaker": speaker, "speakers": speakers}
    if is_given:
        changes["speaker_confidence"] = GIVEN
    if not changes:
        return word
    return word.model_copy(update=changes)


def speakers_of_word(
    word: Word, speaker: str | None, is_given: bool, edits: Edits
) -> tuple[str, ...]:
    """Returns everyone who talks during the word, its own speaker first. A speaker whose sentence
    was given to another speaker does not talk during it."""
    names: list[str | None] = [speaker]
    for other in word.speakers:
        if is_given and other == word.speaker:
            continue
        names.append(merge_of(other, edits))
    known = [name for name in names if name is not None]
    return tuple(dict.fromkeys(known))


def with_overlap(word: Word, overlaps: Sequence[Overlap]) -> Word:
    """Returns the word, marked if two speakers talk at once during it."""
    is_overlapped = overlaps_with(word.start, word.end, overlaps)
    changes = {"overlap": is_overlapped}
    return word.model_copy(update=changes)


# Speakers and quality


def correct_speakers(
    transcript: Transcript, edits: Edits, turns: Sequence[Turn], words: Iterable[Word]
) -> list[Speaker]:
    """Returns the speakers that are left after the merges, and those of given sentences."""
    known = {speaker.id: speaker for speaker in transcript.speakers}
    counts = Counter(word.speaker for word in words)
    speakers = []
    for speaker_id in speaker_ids(transcript, edits):
        speaker = known.get(speaker_id) or new_speaker(speaker_id)
        label = edits.speakers.get(speaker_id, speaker.label)
        changes: dict[str, object] = {
            "label": label,
            "words": counts[speaker_id],
        }
        changes |= changed_turns(speaker_id, transcript.turns, turns)
        corrected = speaker.model_copy(update=changes)
        speakers.append(corrected)
    return speakers


def speaker_ids(transcript: Transcript, edits: Edits) -> list[str]:
    """Returns the ids of the speakers that are left, by their numbers."""
    former = [speaker.id for speaker in transcript.speakers]
    given = edits.sentences.values()
    ids = set()
    for speaker in (*former, *given):
        owner = merged_speaker(speaker, edits.merges)
        ids.add(owner)
    return sorted(ids, key=speaker_number)


def speaker_number(speaker_id: str) -> tuple[int, str]:
    """Returns what sorts "S2" before "S10"."""
    return len(speaker_id), speaker_id


def new_speaker(speaker_id: str) -> Speaker:
    """Returns a speaker whom the transcript does not have."""
    number = speaker_id.removeprefix("S")
    return Speaker(
        id=speaker_id,
        label=f"Speaker {number}",
        talk_time=0.0,
        turns=0,
        words=0,
    )


def changed_turns(speaker: str, before: Iterable[Turn], turns: Iterable[Turn]) -> dict[str, object]:
    """Returns the speaker's new talk time and number of turns, or nothing if they are as before."""
    former = [turn for turn in before if turn.speaker == speaker]
    own = [turn for turn in turns if turn.speaker == speaker]
    if own == former:
        return {}
    seconds = total_seconds(own)
    return {
        "talk_time": round(seconds, 3),
        "turns": len(own),
    }


def correct_quality(quality: Quality, edits: Edits) -> Quality:
    """Returns the quality without the suspects and gaps that are done with."""
    done = {*edits.kept, *edits.dropped}
    suspects: list[Suspect] = []
    for index, suspect in enumerate(quality.suspects):
        item = f"suspect-{index}"
        if item not in done:
            suspects.append(suspect)
    gaps: list[Gap] = []
    for index, gap in enumerate(quality.uncovered):
        item = f"gap-{index}"
        if item not in done:
            gaps.append(gap)
    changes = {
        "suspects": tuple(suspects),
        "uncovered": tuple(gaps),
    }
    return quality.model_copy(update=changes)
