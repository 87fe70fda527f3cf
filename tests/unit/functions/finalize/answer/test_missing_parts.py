"""A transcript says where speakers or exact times are missing and why, and invents neither."""

from itertools import combinations

import pytest

from functions.finalize.answer.missing_parts import (
    MissingParts,
    PartFailure,
)
from functions.finalize.stage import StageResults, build_transcript
from shared.model.artifacts import (
    Interval,
    Recognition,
    RecognizedSegment,
    RecognizedWord,
    StageWarning,
)
from shared.model.errors import AttemptsExhausted
from shared.model.options import option_values
from shared.model.recogniser_times import with_recogniser_times
from shared.model.transcript import Transcript
from tests.support.finalize_inputs import (
    JOB,
    TIMINGS,
    diarization,
    engine,
    manifest_of,
    resolved_options,
    sentence,
)

DIED = PartFailure(code=422, type=AttemptsExhausted.name(), detail="diarize died 3 times at part 1")
EDGES = [(0.0, 10.0), (10.0, 20.0), (20.0, 30.0), (30.0, 40.0)]
SUBSETS = [set(some) for count in range(5) for some in combinations(range(4), count)]
"""Of the numbers of four spans."""


def transcript_without(failures: dict[str, PartFailure], **options: int | bool) -> Transcript:
    """Returns the transcript of four chunks and spans of 10 s, each with a sentence of its own
    speaker, without the diarizations of the spans that failed."""
    manifest = manifest_of(40.0, [[(start + 1, start + 4)] for start, _ in EDGES], EDGES)
    words = [sentence(f"Span {number} has words.", 1.0) for number in range(4)]
    voices = [{"A": (1.0, 0.0)}, {"A": (0.0, 1.0)}, {"A": (1.0, 0.0)}, {"A": (0.0, 1.0)}]
    turns = [
        None if f"diarize-{number}" in failures else diarization([(1.0, 4.0, "A")], voice)
        for number, voice in enumerate(voices)
    ]
    resolved = resolved_options(**options)
    return build_transcript(
        StageResults(manifest, None, words, turns, MissingParts(failures)),
        option_values(resolved),
        job=JOB,
        resolved_options=resolved,
        timings=TIMINGS,
        cost=None,
        release="0.1.0",
        outputs={},
        option_warnings=(),
        tags={},
    )


def warnings_of(transcript: Transcript, code: str) -> list[StageWarning]:
    return [warning for warning in transcript.warnings if warning.code == code]


@pytest.mark.parametrize("failed", SUBSETS, ids=str)
def test_exactly_the_words_of_failed_spans_have_no_speaker(failed: set[int]) -> None:
    transcript = transcript_without({f"diarize-{number}": DIED for number in failed})
    assert len(transcript.words) == 4 * 4
    for word in transcript.words:
        is_unknown = int(word.start // 10) in failed
        assert (word.speaker is None) == is_unknown
        assert (word.speaker_confidence is None) == is_unknown
        assert bool(word.speakers) != is_unknown
    told = [warning.span for warning in warnings_of(transcript, "speakers_unknown")]
    covered = {number for number in range(4) for span in told if span and inside(number, span)}
    assert covered == failed
    assert sum(speaker.words for speaker in transcript.speakers) == 4 * (4 - len(failed))


def inside(number: int, span: Interval) -> bool:
    start, end = EDGES[number]
    return span.start <= start and end <= span.end


def test_consecutive_spans_that_failed_for_the_same_reason_have_one_warning() -> None:
    failures = {f"diarize-{number}": DIED for number in (0, 1, 3)}
    first, last = warnings_of(transcript_without(failures), "speakers_unknown")
    assert (first.span and (first.span.start, first.span.end)) == (0.0, 20.0)
    assert first.message == (
        "Who speaks from 0.0 s to 20.0 s is unknown, because diarization failed: "
        "attempts-exhausted, diarize died 3 times at part 1."
    )
    assert (last.stage, last.span and last.span.start) == ("diarize", 30.0)


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (PartFailure(code=502), "status 502 at every attempt"),
        (PartFailure(), "no response at any attempt"),
        (
            PartFailure(
                code=500, type="urn:dropscribe:problem:bug", detail="The log holds the traceback."
            ),
            "bug, The log holds the traceback",
        ),
    ],
)
def test_the_warning_says_why(failure: PartFailure, reason: str) -> None:
    transcript = transcript_without({"diarize-0": failure, "align-2": failure})
    (speakers,) = warnings_of(transcript, "speakers_unknown")
    assert speakers.message.endswith(f"diarization failed: {reason}.")
    (times,) = warnings_of(transcript, "alignment_failed")
    assert times.message == (
        "The words from 20.0 s to 30.0 s keep the recogniser's times, because their alignment "
        f"failed: {reason}."
    )
    assert (times.stage, times.span and times.span.start) == ("align", 20.0)


def test_a_known_number_of_speakers_is_not_forced_on_the_spans_that_are_left() -> None:
    """Two people speak in turn, so that one is left when the other's spans failed."""
    failures = {"diarize-1": DIED, "diarize-3": DIED}
    transcript = transcript_without(failures, speakers=2)
    assert [speaker.id for speaker in transcript.speakers] == ["S1"]
    codes = {warning.code for warning in transcript.warnings}
    assert codes.isdisjoint({"one_speaker", "speaker_count"}), "others may speak where it failed"


def test_too_many_speakers_are_still_reported() -> None:
    transcript = transcript_without({"diarize-3": DIED}, max_speakers=1)
    assert [speaker.id for speaker in transcript.speakers] == ["S1"]


@pytest.mark.parametrize(("keep_audio", "is_told"), [(True, False), (False, True)])
def test_audio_that_is_kept_against_the_option_is_reported(keep_audio: bool, is_told: bool) -> None:
    transcript = transcript_without({"align-0": DIED}, keep_audio=keep_audio)
    assert bool(warnings_of(transcript, "audio_kept")) == is_told
    complete = transcript_without({}, keep_audio=False)
    assert not warnings_of(complete, "audio_kept")


def test_words_with_the_recognisers_times_are_those_that_were_recognised() -> None:
    spoken = [RecognizedWord(word="Hello", start=0.5, end=0.9, probability=0.7)]
    recognized = RecognizedSegment(
        start=0.4,
        end=1.0,
        language="en",
        text="Hello",
        avg_logprob=-0.1,
        compression_ratio=1.1,
        no_speech_prob=0.0,
        temperature=0.2,
        quality_flags=("repetitive",),
        words=tuple(spoken),
    )
    told = StageWarning(code="w", stage="transcribe", message="m")
    recognition = Recognition(
        segments=(recognized, recognized), engine=engine("whisper"), warnings=(told,)
    )
    aligned = with_recogniser_times(recognition)
    assert (aligned.asr, aligned.engines, aligned.warnings) == (engine("whisper"), (), (told,))
    assert [(word.segment, word.word, word.timing) for word in aligned.words] == [
        (0, "Hello", "asr"),
        (1, "Hello", "asr"),
    ]
    first = aligned.words[0]
    assert (first.start, first.end, first.confidence, first.score) == (0.5, 0.9, 0.7, None)
    kept = recognized.model_dump(exclude={"words"})
    assert aligned.segments[0].model_dump() == kept
