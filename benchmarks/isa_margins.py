"""Measures how far the model's numbers are from their thresholds, on every instruction set.

    python -m benchmarks.isa_margins

Each instruction set of this machine has its own process. A margin is above 0 where the decision is
right: hallucinated text is flagged, spoken text is not, and a language has confidence only where it
is spoken.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine, nonspeech
from benchmarks.evaluation.compose import write
from benchmarks.evaluation.sample import path as sample_path
from benchmarks.evaluation.voices import RATE, decoded
from benchmarks.instruction_sets import ENVIRONMENTS, available
from functions.finalize.answer.language_warnings import LOW_CONFIDENCE
from functions.transcribe import gap_recovery, hallucination
from functions.transcribe.chunk_decoder import ChunkDecoder
from functions.transcribe.decode_request import DecodeRequest
from functions.transcribe.detect import mean_probabilities, views_of, vote, vote_weight
from functions.transcribe.stage import TranscribeParams
from functions.transcribe.whisper import Whisper, load
from shared.model.artifacts import Interval, ProbeWindow, RecognizedSegment
from shared.model.audio import read_wav

ROOT = Path(__file__).parent.parent
MEASURE_HERE = "--one"
"""Argument: measure on this process's instruction set only."""
Figures = dict[str, Any]

SECONDS = 4.0
"""Length of each sound without speech."""
NONSPEECH: Mapping[str, nonspeech.Sound] = {
    "silence": nonspeech.silence(SECONDS),
    "faint noise": nonspeech.faint_noise(SECONDS),
    "loud noise": nonspeech.loud_noise(SECONDS),
    "pink noise": nonspeech.pink_noise(SECONDS),
    "tone": nonspeech.pure_tone(SECONDS),
    "music": nonspeech.music(SECONDS, 1),
    "low laughter": nonspeech.laughter(SECONDS, 0, pitch=160, breath=0.05),
    "laughter": nonspeech.laughter(SECONDS, 1, pitch=200, vowel="o"),
    "high laughter": nonspeech.laughter(SECONDS, 8, pitch=240, breath=0.05, vowel="e"),
}
SPEECH: Mapping[str, tuple[float, float]] = {
    "Hello?": (6.55, 7.35),
    "Hello? (the other)": (7.4, 8.4),
    "Oh, hello.": (8.5, 9.6),
    "I'm originally from Chicago": (17.9, 21.6),
    "there isn't that much difference": (21.6, 24.0),
    "the whole sample": (6.6, 30.0),
}
"""Start and end of each text in pyannote.audio's sample, in seconds."""
LANGUAGES: Mapping[str, tuple[float, float] | None] = {
    "a second of English": (9.0, 10.2),
    "three seconds of English": (18.0, 21.0),
    "a second of pink noise": None,
}
"""Start and end in the sample, in seconds; None is noise without speech."""


def main() -> None:
    if MEASURE_HERE in sys.argv:
        print(json.dumps(measure()))
        return
    figures = {name: measure_in_new_process(name) for name in available()}
    smallest = dict(smallest_margins(figures))
    machine.keep("isa_margins", {"instruction_sets": figures, "least": smallest})
    for name in ENVIRONMENTS.keys() - figures.keys():
        print(f"{name}: skipped, this processor does not have it")


def measure_in_new_process(name: str) -> Figures:
    """Returns the figures of each sound on the named instruction set."""
    variables = [f"{key}={value}" for key, value in ENVIRONMENTS[name].items()]
    python = [sys.executable, "-m", "benchmarks.isa_margins", MEASURE_HERE]
    finished = subprocess.run(
        ["env", *variables, *python], cwd=ROOT, capture_output=True, text=True, check=True
    )
    last_line = finished.stdout.splitlines()[-1]
    return dict(json.loads(last_line))


def smallest_margins(figures: Mapping[str, Figures]) -> Iterator[tuple[str, Figures]]:
    """Yields each sound with its smallest margin on any instruction set, and their spread."""
    first = next(iter(figures.values()))
    for sound in first:
        margins = {name: by_sound[sound]["margin"] for name, by_sound in figures.items()}
        worst = min(margins, key=margins.__getitem__)
        spread = max(margins.values()) - margins[worst]
        yield sound, {"margin": margins[worst], "on": worst, "spread": round(spread, 3)}


def measure() -> Figures:
    """Returns the figures of each sound on this process's instruction set."""
    recogniser = load()
    call = read_wav(sample_path())
    figures: Figures = {}
    for name, sound in NONSPEECH.items():
        figures[name] = measure_nonspeech(recogniser, sound)
    for name, (start, end) in SPEECH.items():
        figures[name] = measure_speech(recogniser, call, Interval(start=start, end=end))
    for name, bounds in LANGUAGES.items():
        figures[name] = measure_language(recogniser, bounds)
    return figures


def measure_nonspeech(recogniser: Whisper, sound: nonspeech.Sound) -> Figures:
    """Returns the numbers of the text in a sound without speech.

    The margin is the log probability that the text lacks to be believed: in its short context, or
    padded to 30 s, where a doubted text is judged again.
    """
    window = Interval(start=0, end=SECONDS)
    segment, required = decode(recogniser, sound, DecodeRequest(window, "en"))
    margin = required - hallucination.logprob_of(segment)
    padded, required = decode(recogniser, sound, DecodeRequest(window, "en", is_padded=True))
    margin_padded = required - hallucination.logprob_of(padded)
    return {
        **numbers_of(segment),
        "text_padded": padded.text,
        "margin_padded": round(margin_padded, 3),
        "margin": round(min(margin, margin_padded), 3),
    }


def measure_speech(recogniser: Whisper, sound: nonspeech.Sound, window: Interval) -> Figures:
    """Returns the numbers of the text in a window with speech.

    The margins are the log probability that the text has beyond what it needs: as a first decoding,
    and as one that is recovered from a gap.
    """
    segment, required = decode(recogniser, sound, DecodeRequest(window, "en"))
    logprob = hallucination.logprob_of(segment)
    margin_in_gap = logprob - gap_recovery.MIN_LOGPROB
    return {
        **numbers_of(segment),
        "margin": round(logprob - required, 3),
        "margin_where_uncovered": round(margin_in_gap, 3),
    }


def decode(
    recogniser: Whisper, sound: nonspeech.Sound, request: DecodeRequest
) -> tuple[RecognizedSegment, float]:
    """Returns the decoding of a window full of speech, and the log probability that it needs."""
    window = request.window
    params = TranscribeParams()
    decoder = ChunkDecoder(recogniser.model, recogniser.options, params, sound, (window,))
    segment = decoder.decode(request)
    return segment, required_logprob(segment, decoder.speech_seconds(window))


def required_logprob(segment: RecognizedSegment, speech_seconds: float) -> float:
    """Returns the log probability that the text needs, given its probability of no speech."""
    words = len(segment.text.split())
    if words > hallucination.FEW_WORDS:
        return hallucination.MIN_LOGPROB
    no_speech_prob = segment.no_speech_prob or 0.0
    required = hallucination.min_logprob_of_few_words(no_speech_prob, words, speech_seconds)
    return max(hallucination.MIN_LOGPROB, required)


def numbers_of(segment: RecognizedSegment) -> Figures:
    return {
        "text": segment.text,
        "avg_logprob": round(segment.avg_logprob or 0.0, 3),
        "no_speech_prob": round(segment.no_speech_prob or 0.0, 3),
        "compression_ratio": round(segment.compression_ratio or 0.0, 2),
        "quality_flags": segment.quality_flags,
    }


def measure_language(recogniser: Whisper, bounds: tuple[float, float] | None) -> Figures:
    """Returns the language of 30 s of pink noise, with part of the sample in it if bounds are
    given."""
    room = nonspeech.pink_noise(30) * np.float32(0.3)
    speech = Interval(start=0, end=1)
    if bounds is not None:
        start, end = bounds
        call = decoded(sample_path())
        english = call[int(start * RATE) : int(end * RATE)]
        room[: len(english)] += english
        speech = Interval(start=0, end=len(english) / RATE)
    window = ProbeWindow(start=0, end=30, offset=0)
    views = list(views_of(window, (speech,)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "room.wav"
        write(path, room)
        guess = mean_probabilities(recogniser.language_probabilities(path, views))
    code, _, confidence = vote([(guess, vote_weight(window, (speech,)))])
    is_right = bounds is not None and code == "en"
    margin = confidence if is_right else LOW_CONFIDENCE - confidence
    most_probable = sorted(guess.items(), key=lambda item: -item[1])[:3]
    return {
        "code": code,
        "confidence": round(confidence, 3),
        "probabilities": [(name, round(probability, 3)) for name, probability in most_probable],
        "margin": round(margin, 3),
    }


if __name__ == "__main__":
    main()
