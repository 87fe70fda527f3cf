"""Measures what Whisper's context and beam cost, and what is found with them.

    python -m benchmarks.decoding

Every window is decoded in each way in the same process, so that the seconds of CPU compare. The
recordings are those of the evaluation's half "tune", the clips are of the same half.
"""

import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import jiwer
from transformers.models.whisper.english_normalizer import EnglishTextNormalizer

from benchmarks import machine
from benchmarks.evaluation import noise, packages
from benchmarks.evaluation.sets import Half, dialogue, noisy, sparse
from benchmarks.evaluation.truth import Recording
from benchmarks.evaluation.voices import RATE, Clip, Samples, clips
from functions.prepare.stage import PrepareParams, prepare_audio
from functions.transcribe.chunk_decoder import ChunkDecoder
from functions.transcribe.detect import MIN_LOGPROB_LEAD, UNSURE_CONFIDENCE, vote, vote_weight
from functions.transcribe.stage import TranscribeParams, speech_in_chunk_time
from functions.transcribe.timed_whisper import (
    MAX_CONTEXT,
    by_language,
    context_frames,
    frame_count,
    text_of,
)
from functions.transcribe.whisper import Whisper, load
from functions.transcribe.windows import cut, fit_to_windows
from shared.model.artifacts import Interval, Manifest, ProbeWindow
from shared.model.audio import read_wav
from shared.runtime.stage import StageInput

SECONDS = 60.0
"""Of each recording, from its start."""
CHUNK_SECONDS = 60.0
WAYS: dict[str, tuple[bool, int]] = {
    "30 s, beam 5": (False, 5),
    "30 s, beam 1": (False, 1),
    "fitting context, beam 5": (True, 5),
}
"""Whether the context fits the window, and the beam."""
LANGUAGES = ("en", "es", "fr", "it", "ru", "cs", "nl")
CLIP_SECONDS = (1.0, 4.0)
CLIPS = 3
"""Of each language."""
RATIOS: dict[str, float | None] = {"clean": None, "5 dB": 5.0}
"""Pink noise below the speech."""
Figures = dict[str, Any]
Result = TypeVar("Result")


@dataclass
class Sums:
    """What a way of decoding cost and found in the windows of one recording."""

    encode: float = 0.0
    """Seconds of CPU."""
    decode: float = 0.0
    words: int = 0
    errors: int = 0
    logprobs: list[float] = field(default_factory=list)

    def figures(self) -> Figures:
        return {
            "encode_cpu": round(self.encode, 2),
            "decode_cpu": round(self.decode, 2),
            "word_error_rate": round(self.errors / max(self.words, 1), 4),
            "words": self.words,
            "least_logprob": round(min(self.logprobs), 3),
            "greatest_logprob": round(max(self.logprobs), 3),
        }


def main() -> None:
    recogniser = load()
    fetched = packages.unpacked()
    voices = [clip for clip in clips(fetched) if clip.half == "tune"]
    half = Half("tune", fetched, tuple(voices))
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for make in (noisy, sparse, dialogue):
            for recording in make(half, Path(folder)):
                figures[recording.name] = measure_recording(recogniser, recording, Path(folder))
    figures["languages of short clips"] = measure_languages(recogniser, voices)
    machine.keep("decoding", figures)


def measure_recording(recogniser: Whisper, recording: Recording, folder: Path) -> Figures:
    """Returns the figures of each way of decoding, for the first windows of the recording."""
    sums = {name: Sums() for name in WAYS}
    for samples, speech, start in chunks(recording, folder):
        decoder = ChunkDecoder(
            recogniser.model, recogniser.options, TranscribeParams(), samples, speech
        )
        for request in recogniser.plan_requests(decoder, "en"):
            window = request.window
            reference = spoken_text(recording, start + window.start, start + window.end)
            for name in WAYS:
                decode_one_way(recogniser, cut(samples, window), name, reference, sums[name])
    return {name: of_way.figures() for name, of_way in sums.items()}


def chunks(
    recording: Recording, folder: Path
) -> Iterator[tuple[Samples, tuple[Interval, ...], float]]:
    """Yields the samples, the speech and the start of each chunk, as prepare cuts them."""
    params = PrepareParams(chunk_seconds=CHUNK_SECONDS, span_seconds=600, max_seconds=7200)
    stage_input = StageInput(params, {}, folder, lambda: recording.audio.open("rb"))
    paths: list[Path] = []
    manifest: Manifest | None = None
    for output in prepare_audio(stage_input):
        if output.name == "chunks" and isinstance(output.content, Path):
            paths.append(output.content)
        elif isinstance(output.content, Manifest):
            manifest = output.content
    assert manifest is not None
    for chunk, path in zip(manifest.chunks, paths, strict=True):
        if chunk.start < SECONDS:
            samples = read_wav(path)
            speech = fit_to_windows(speech_in_chunk_time(chunk), samples)
            yield samples, tuple(speech), chunk.start


def spoken_text(recording: Recording, start: float, end: float) -> str:
    """Returns the text of the utterances whose middle is between the times."""
    texts = []
    for utterance in recording.utterances:
        middle = (utterance.start + utterance.end) / 2
        if start <= middle < end:
            texts.append(utterance.text or "")
    return " ".join(texts)


def decode_one_way(
    recogniser: Whisper, samples: Samples, way: str, reference: str, sums: Sums
) -> None:
    """Adds what the way costs and finds in the window."""
    fits, beam = WAYS[way]
    model = recogniser.model
    frames = frame_count(Interval(start=0, end=len(samples) / RATE))
    context = context_frames(frames) if fits else MAX_CONTEXT
    spectrogram = model.spectrogram(samples)
    encoding, encode_seconds = clocked(partial(model.encode, spectrogram[:, :context]))
    options = replace(recogniser.options, beam_size=beam)
    decoder = ChunkDecoder(model, options, TranscribeParams(), samples, ())
    tokenizer = decoder.tokenizer("en")
    decoded, decode_seconds = clocked(
        lambda: list(model.decode(encoding, [frames], tokenizer, options))
    )
    (window,) = decoded
    errors, words = word_errors(reference, text_of(window))
    sums.encode += encode_seconds
    sums.decode += decode_seconds
    sums.errors += errors
    sums.words += words
    sums.logprobs.append(window.avg_logprob)


def word_errors(reference: str, text: str) -> tuple[int, int]:
    """Returns how many words are wrong, and how many were said."""
    normalize = EnglishTextNormalizer({})
    spoken = normalize(reference)
    found = normalize(text)
    if not spoken:
        return len(found.split()), 0
    counts = jiwer.process_words(spoken, found)
    errors = counts.substitutions + counts.deletions + counts.insertions
    return errors, len(spoken.split())


def measure_languages(recogniser: Whisper, voices: Sequence[Clip]) -> Figures:
    """Returns how many short clips get their language, with each context and by the text."""
    counts: defaultdict[str, int] = defaultdict(int)
    seconds: defaultdict[str, float] = defaultdict(float)
    for number, clip in enumerate(short_clips(voices)):
        for ratio in RATIOS.values():
            samples = clip.sound.samples
            if ratio is not None:
                pink = noise.pink(clip.sound.seconds + 0.1, number)[: len(samples)]
                samples = noise.with_noise(samples, pink, ratio)
            guess, spent = clocked(partial(guess_in_30_seconds, recogniser, samples))
            seconds["30 s"] += spent
            counts["right in 30 s"] += max(guess, key=guess.__getitem__) == clip.language
            guess, spent = clocked(partial(recogniser.model.language_probabilities, samples))
            seconds["fitting context"] += spent
            counts["right in the fitting context"] += (
                max(guess, key=guess.__getitem__) == clip.language
            )
            compare_texts(recogniser, samples, guess, clip.language, counts)
    rounded = {name: round(total, 2) for name, total in seconds.items()}
    return {"clips": dict(counts), "cpu": rounded}


def short_clips(voices: Sequence[Clip]) -> Iterator[Clip]:
    """Yields some clips of each language, always the same."""
    shortest, longest = CLIP_SECONDS
    for language in LANGUAGES:
        candidates = [clip for clip in voices if clip.language == language]
        random.Random(language).shuffle(candidates)
        chosen = 0
        for clip in candidates:
            if chosen < CLIPS and shortest <= clip.sound.seconds <= longest:
                chosen += 1
                yield clip


def guess_in_30_seconds(recogniser: Whisper, samples: Samples) -> dict[str, float]:
    """Returns the probability of every language, with all of Whisper's padding."""
    model = recogniser.model
    encoding = model.encode(model.spectrogram(samples))
    (result,) = model.model.detect_language(encoding)
    return by_language(result)


def compare_texts(
    recogniser: Whisper,
    samples: Samples,
    guess: dict[str, float],
    spoken: str,
    counts: defaultdict[str, int],
) -> None:
    """Counts what the comparison of texts makes of an unsure guess."""
    seconds = len(samples) / RATE
    window = ProbeWindow(start=0, end=seconds, offset=0)
    weight = vote_weight(window, (Interval(start=0, end=seconds),))
    first, second, confidence = vote([(guess, weight)])
    if second is None or confidence >= UNSURE_CONFIDENCE:
        counts["sure"] += 1
        counts["sure and right"] += first == spoken
        return
    logprobs = recogniser.text_logprobs([samples], (first, second))
    is_second = logprobs[second] - logprobs[first] > MIN_LOGPROB_LEAD
    chosen = second if is_second else first
    counts["unsure"] += 1
    counts["unsure, right among the first two"] += spoken in (first, second)
    counts["unsure, right by the guess"] += first == spoken
    counts["unsure, right by the text"] += chosen == spoken


def clocked(work: Callable[[], Result]) -> tuple[Result, float]:
    """Returns the result and the seconds of CPU that it took."""
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


if __name__ == "__main__":
    main()
