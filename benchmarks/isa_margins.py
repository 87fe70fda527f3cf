"""How far the numbers that decide are from their thresholds, on every instruction set that the
machine has.

    python -m benchmarks.isa_margins

Each instruction set has a process of its own. A margin is above 0 where the decision is right: what
is invented is doubted, what is said is believed, and a language is named with confidence only where
it is spoken.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import invented, machine
from benchmarks.evaluation.compose import write
from benchmarks.evaluation.sample import path as sample
from benchmarks.evaluation.voices import RATE, decoded
from benchmarks.instruction_sets import ENVIRONMENTS, available
from functions.finalize.answer.warnings import LOW_CONFIDENCE
from functions.transcribe import gap_recovery as uncovered
from functions.transcribe import hallucination as judging
from functions.transcribe.chunk_decoder import Hearing
from functions.transcribe.decode_request import Take
from functions.transcribe.detect import mean, views_of, vote, weight
from functions.transcribe.sound import samples
from functions.transcribe.stage import TranscribeParams
from functions.transcribe.whisper import Whisper, load
from shared.model.artifacts import Interval, ProbeWindow, RecognizedSegment

ROOT = Path(__file__).parent.parent
ONE = "--one"
"""Measures this process's instruction set only."""
Figures = dict[str, Any]

SECONDS = 4.0
"""Of each invented sound."""
INVENTED: Mapping[str, invented.Sound] = {
    "silence": invented.silence(SECONDS),
    "faint noise": invented.faint_noise(SECONDS),
    "loud noise": invented.loud_noise(SECONDS),
    "pink noise": invented.pink_noise(SECONDS),
    "tone": invented.pure_tone(SECONDS),
    "music": invented.music(SECONDS, 1),
    "low laughter": invented.laughter(SECONDS, 0, pitch=160, breath=0.05),
    "laughter": invented.laughter(SECONDS, 1, pitch=200, vowel="o"),
    "high laughter": invented.laughter(SECONDS, 8, pitch=240, breath=0.05, vowel="e"),
}
SAID: Mapping[str, tuple[float, float]] = {
    "Hello?": (6.55, 7.35),
    "Hello? (the other)": (7.4, 8.4),
    "Oh, hello.": (8.5, 9.6),
    "I'm originally from Chicago": (17.9, 21.6),
    "there isn't that much difference": (21.6, 24.0),
    "the whole sample": (6.6, 30.0),
}
"""Where it is said in pyannote.audio's sample, in seconds."""
LANGUAGES: Mapping[str, tuple[float, float] | None] = {
    "a second of English": (9.0, 10.2),
    "three seconds of English": (18.0, 21.0),
    "a second of pink noise": None,
}


def main() -> None:
    if ONE in sys.argv:
        print(json.dumps(measured()))
        return
    figures = {name: in_new_process(name) for name in available()}
    machine.keep("isa_margins", {"instruction_sets": figures, "least": dict(least(figures))})
    for name in ENVIRONMENTS.keys() - figures.keys():
        print(f"{name}: skipped, this processor does not have it")


def in_new_process(name: str) -> Figures:
    """Returns what is measured on the instruction set."""
    command = (
        "env",
        *(f"{key}={value}" for key, value in ENVIRONMENTS[name].items()),
        sys.executable,
    )
    done = subprocess.run(
        (*command, "-m", "benchmarks.isa_margins", ONE),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def least(figures: Mapping[str, Figures]) -> Iterator[tuple[str, Figures]]:
    """Yields for each sound the least margin of all instruction sets, and how far its margins are
    apart."""
    for sound in next(iter(figures.values())):
        margins = {name: each[sound]["margin"] for name, each in figures.items()}
        worst = min(margins, key=lambda name: margins[name])
        spread = round(max(margins.values()) - margins[worst], 3)
        yield sound, {"margin": margins[worst], "on": worst, "spread": spread}


def measured() -> Figures:
    recogniser = load()
    call = samples(sample())
    return {
        **{name: of_invented(recogniser, sound) for name, sound in INVENTED.items()},
        **{
            name: of_said(recogniser, call, Interval(start=start, end=end))
            for name, (start, end) in SAID.items()
        },
        **{name: of_language(recogniser, stretch) for name, stretch in LANGUAGES.items()},
    }


def heard(
    recogniser: Whisper, sound: invented.Sound, window: Interval
) -> tuple[RecognizedSegment, float]:
    """Returns the first decoding of the window, and the seconds of speech that it is judged by."""
    hearing = Hearing(recogniser.model, recogniser.options, TranscribeParams(), sound, (window,))
    segment = hearing.decode(Take(window, "en"))
    return segment, hearing.spoken(segment)


def of_invented(recogniser: Whisper, sound: invented.Sound) -> Figures:
    """Returns by how much log probability the text is refused, by the rule that refuses it most
    clearly."""
    segment, spoken = heard(recogniser, sound, Interval(start=0, end=SECONDS))
    required = max(judging.LEAST_LOGPROB, needed(segment, spoken))
    return {**numbers(segment), "margin": round(required - (segment.avg_logprob or 0.0), 3)}


def of_said(recogniser: Whisper, sound: invented.Sound, window: Interval) -> Figures:
    """Returns by how much log probability the text is believed, and by how much where no word
    covered it."""
    segment, spoken = heard(recogniser, sound, window)
    logprob = segment.avg_logprob or 0.0
    margin = logprob - max(judging.LEAST_LOGPROB, needed(segment, spoken))
    alone = logprob - uncovered.LEAST_LOGPROB
    return {
        **numbers(segment),
        "margin": round(margin, 3),
        "margin_where_uncovered": round(alone, 3),
    }


def needed(segment: RecognizedSegment, spoken: float) -> float:
    """Returns the log probability that the words need, given how probable it is that nobody
    speaks."""
    words = len(segment.text.split())
    if words > judging.FEW:
        return judging.LEAST_LOGPROB
    return judging.least_logprob_of_few(segment.no_speech_prob or 0.0, words, spoken)


def numbers(segment: RecognizedSegment) -> Figures:
    return {
        "text": segment.text,
        "avg_logprob": round(segment.avg_logprob or 0.0, 3),
        "no_speech_prob": round(segment.no_speech_prob or 0.0, 3),
        "compression_ratio": round(segment.compression_ratio or 0.0, 2),
        "quality_flags": segment.quality_flags,
    }


def of_language(recogniser: Whisper, stretch: tuple[float, float] | None) -> Figures:
    """Returns the language found in half a minute of pink noise in which a stretch of the sample
    may be heard."""
    room = invented.pink_noise(30) * np.float32(0.3)
    said = np.zeros(0, np.float32)
    if stretch is not None:
        call = decoded(sample())
        said = call[int(stretch[0] * RATE) : int(stretch[1] * RATE)]
        room[: len(said)] += said
    speech = (Interval(start=0, end=len(said) / RATE or 1.0),)
    views = list(views_of(ProbeWindow(start=0, end=30, offset=0), speech))
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "room.wav", room)
        guess = mean(recogniser.guess(Path(folder) / "room.wav", views))
    code, confidence = vote([(guess, weight(speech))])
    probabilities = sorted(guess.items(), key=lambda item: -item[1])[:3]
    found = {
        "code": code,
        "confidence": round(confidence, 3),
        "probabilities": [(c, round(p, 3)) for c, p in probabilities],
    }
    margin = confidence if stretch and code == "en" else LOW_CONFIDENCE - confidence
    return {**found, "margin": round(margin, 3)}


if __name__ == "__main__":
    main()
