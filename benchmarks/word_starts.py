"""Measures how far the starts of words are off, by language, with the aligner and without it.

    python -m benchmarks.word_starts [tune]

Both get the words that are really said, so that no recognition error counts. Real voices are
measured where a start is known because it was put there: the first word of each clip of a phrase,
and single words that are spliced with hardly a pause. A synthetic voice knows all of its starts.
`tune` measures the half of the data that thresholds and tables may be chosen on.
"""

import random
import re
import resource
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import numpy as np
import torch
from faster_whisper.tokenizer import Tokenizer

from benchmarks import machine, spoken_words
from benchmarks.evaluation import noise, packages
from benchmarks.evaluation.compose import SURE
from benchmarks.evaluation.voices import LOUDNESS, RATE, Clip, Samples, Split, clips
from functions.align import hama
from functions.align.aligner import WordAligner
from functions.align.chunk_audio import ChunkAudio
from functions.align.monotonic import clamp_timings
from functions.align.stage import recogniser_timing
from functions.transcribe import model_files
from functions.transcribe.timed_whisper import TimedWhisperModel, frame_count, token_span
from functions.transcribe.words import join_words, place_words
from shared.model.artifacts import Interval, RecognizedSegment, RecognizedWord
from shared.settings import settings

Kind = Literal["phrases", "words", "synthetic"]
Span = tuple[float, float]
"""Seconds, from and to, drawn evenly."""

SEED = "dropscribe word starts"
EDGE = 0.3
"""Seconds before the first and after the last word."""
CLIP_SECONDS: Span = (0.8, 4.0)
"""Shortest and longest clip of a phrase."""
BETWEEN_CLIPS: Span = (0.05, 0.3)
BETWEEN_WORDS: Span = (0.0, 0.08)
CLIPS_PER_PHRASE = 3
WORDS_PER_PHRASE = 5
CLIPS_OF_VOICE = 24
WORDS_OF_SENTENCE = 3
"""Fewest words of a clip of a phrase."""
PHRASES = 6
"""Utterances of a voice and kind."""
SINGLE_WORD = re.compile(r"/digits/(h-)?\d+\.|/digits/(day|mon)-|/phonetic/")
"""Files of the evaluation's clips that hold a single word."""
ROOM = np.float32(LOUDNESS * 10 ** (-38 / 20))
"""Root mean square of a quiet room: 38 dB below speech."""
NEAR = 0.1
"""Seconds: the share of words that are off by less is counted."""


@dataclass(frozen=True)
class Utterance:
    """Sound, its words, and the seconds at which they begin; None where that is not known."""

    language: str
    kind: Kind
    samples: Samples
    words: Sequence[str]
    starts: Sequence[float | None]

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE

    def segment(self) -> RecognizedSegment:
        """Returns the words without times."""
        words = [recognized(word, 0, self.seconds) for word in self.words]
        return RecognizedSegment(
            start=0,
            end=self.seconds,
            language=self.language,
            text=" ".join(self.words),
            avg_logprob=-0.2,
            compression_ratio=1.5,
            no_speech_prob=0.1,
            temperature=0.0,
            words=tuple(words),
        )


def recognized(word: str, start: float, end: float) -> RecognizedWord:
    return RecognizedWord(word=word, start=start, end=end, probability=1.0)


def main() -> None:
    torch.set_num_threads(1)
    split: Split = "tune" if "tune" in sys.argv[1:] else "test"
    said = list(utterances(split))
    attention = Attention()
    by_system: dict[str, Sequence[Sequence[float] | None]] = {
        "attention": [attention.starts(utterance) for utterance in said],
        "aligner": [aligned_starts(utterance) for utterance in said],
    }
    languages = summary(said, by_system)
    if split == "tune":
        print_table(languages)
        return
    cost = cpu_cost(said)
    machine.keep("word_starts", {"languages": languages, "aligner_cpu_seconds_per_second": cost})


def utterances(split: Split) -> Iterator[Utterance]:
    """Yields everything that is said in one half of the data. Raises PackagesMissing."""
    fetched = packages.unpacked()
    spoken_words.fetch(fetched)
    voices = [*clips(fetched), *spoken_words.words(fetched)]
    of_split = [clip for clip in voices if clip.text is not None and clip.half == split]
    sentences = [clip for clip in of_split if len(str(clip.text).split()) >= WORDS_OF_SENTENCE]
    words = [clip for clip in of_split if is_word(clip)]
    yield from composed("phrases", sentences, split, CLIPS_PER_PHRASE, BETWEEN_CLIPS)
    yield from composed("words", words, split, WORDS_PER_PHRASE, BETWEEN_WORDS)
    yield from synthetic(split)


def is_word(clip: Clip) -> bool:
    return spoken_words.PACKAGE in str(clip.path) or bool(SINGLE_WORD.search(str(clip.path)))


def begins_clearly(clip: Clip) -> bool:
    """Returns whether it is known when the clip begins, and it is neither short nor long."""
    if is_word(clip):
        return True
    shortest, longest = CLIP_SECONDS
    return clip.sound.doubt <= SURE and shortest < clip.sound.seconds < longest


def composed(
    kind: Kind, voices: Sequence[Clip], split: Split, count: int, gap: Span
) -> Iterator[Utterance]:
    """Yields phrases of `count` clips of one voice, for each voice that has as many."""
    by_voice = defaultdict(list)
    for clip in voices:
        by_voice[clip.language, clip.voice].append(clip)
    for (language, voice), of_voice in sorted(by_voice.items()):
        choose = random.Random(f"{SEED} {kind} {split} {language} {voice}")
        shuffled = choose.sample(of_voice, len(of_voice))
        usable = list(islice(filter(begins_clearly, shuffled), CLIPS_OF_VOICE))
        if len(usable) < count:
            continue
        for _ in range(PHRASES):
            chosen = choose.sample(usable, count)
            yield spliced(kind, choose, chosen, gap)


def spliced(kind: Kind, choose: random.Random, chosen: Sequence[Clip], gap: Span) -> Utterance:
    """Returns clips, one after the other, in a quiet room."""
    sounds = [np.zeros(round(EDGE * RATE), np.float32)]
    words: list[str] = []
    starts: list[float | None] = []
    for clip in chosen:
        position = sum(map(len, sounds))
        text = str(clip.text).split()
        words += text
        starts += [position / RATE, *[None] * (len(text) - 1)]
        pause = np.zeros(round(choose.uniform(*gap) * RATE), np.float32)
        sounds += [clip.sound.samples, pause]
    sounds.append(np.zeros(round(EDGE * RATE), np.float32))
    return in_a_room(kind, chosen[0].language, np.concatenate(sounds), words, starts)


def synthetic(split: Split) -> Iterator[Utterance]:
    """Yields half of espeak-ng's sentences."""
    espeak = spoken_words.Espeak()
    for language, sentences in spoken_words.SENTENCES.items():
        half = sentences[:2] if split == "tune" else sentences[2:]
        for sentence in half:
            sound, known = espeak.read(sentence, language)
            margin = np.zeros(round(EDGE * RATE), np.float32)
            loudness = np.float32(LOUDNESS / np.sqrt(np.mean(sound**2)))
            samples = np.concatenate([margin, sound * loudness, margin])
            starts = [None if start is None else start + EDGE for start in known]
            yield in_a_room("synthetic", language, samples, sentence.split(), starts)


def in_a_room(
    kind: Kind,
    language: str,
    samples: Samples,
    words: Sequence[str],
    starts: Sequence[float | None],
) -> Utterance:
    room = noise.white(len(samples) / RATE, 1)[: len(samples)]
    return Utterance(language, kind, samples + room * ROOM, words, starts)


class Attention:
    """The packaged recogniser's times: Whisper's cross-attention for a given text."""

    def __init__(self) -> None:
        config = settings().inference
        folder = model_files.find("base", config.models)
        self.model = TimedWhisperModel(str(folder), "cpu", "int8", threads=1)

    def starts(self, utterance: Utterance) -> list[float]:
        """Returns the words' starts as a transcript without an aligner has them."""
        tokenizer = Tokenizer(
            self.model.hf_tokenizer, True, task="transcribe", language=utterance.language
        )
        tokens = tokenizer.encode(" " + " ".join(utterance.words))
        encoding = self.model.encode(self.model.spectrogram(utterance.samples)[None])
        window = Interval(start=0, end=utterance.seconds)
        (alignment,) = self.model.find_alignment(
            tokenizer, [tokens], encoding, [frame_count(window)]
        )

        spans = join_words([token_span(part) for part in alignment], utterance.language)
        speech = Interval(start=EDGE, end=utterance.seconds - EDGE)
        placed = place_words(spans, window, [speech])
        audio = ChunkAudio(utterance.samples)
        timings = [recogniser_timing(word, audio) for word in placed]
        return [word.start for word in clamp_timings(timings, audio.duration)]


def aligned_starts(utterance: Utterance) -> list[float] | None:
    """Returns the words' starts, or None if the aligner says that the words do not fit."""
    model = hama.acoustic_model(utterance.language, "cpu")
    assert model is not None
    audio = ChunkAudio(utterance.samples)
    timings = WordAligner(model).align(utterance.segment(), audio)
    if timings is None:
        return None
    return [word.start for word in clamp_timings(timings, audio.duration)]


def summary(
    said: Sequence[Utterance], by_system: Mapping[str, Sequence[Sequence[float] | None]]
) -> dict[str, Any]:
    """Returns each system's figures by language and kind; `real` are phrases and words together."""
    groups: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for number, utterance in enumerate(said):
        groups[utterance.language][utterance.kind].append(number)
        if utterance.kind != "synthetic":
            groups[utterance.language]["real"].append(number)

    figures: dict[str, Any] = {}
    for language, by_kind in sorted(groups.items()):
        figures[language] = {}
        for kind, numbers in by_kind.items():
            measured = {}
            for system, found in by_system.items():
                pairs = [(said[number], found[number]) for number in numbers]
                measured[system] = deviations(pairs)
            figures[language][kind] = measured
    return figures


def deviations(pairs: Sequence[tuple[Utterance, Sequence[float] | None]]) -> dict[str, Any]:
    """Returns how far known starts are off, in milliseconds, and the share that is near."""
    off = []
    refused = 0
    for utterance, found in pairs:
        if found is None:
            refused += 1
            continue
        for start, known in zip(found, utterance.starts, strict=True):
            if known is not None:
                off.append(abs(start - known))
    if not off:
        return {"n": 0, "refused": refused}
    return {
        "n": len(off),
        "refused": refused,
        "median_ms": round(float(np.median(off)) * 1000),
        "p90_ms": round(float(np.quantile(off, 0.9)) * 1000),
        "within_100_ms": round(float(np.mean(np.array(off) <= NEAR)), 3),
    }


def cpu_cost(said: Sequence[Utterance]) -> float:
    """Returns the aligner's CPU seconds per second of audio."""
    began = cpu_seconds()
    for utterance in said:
        aligned_starts(utterance)
    spent = cpu_seconds() - began
    total = sum(utterance.seconds for utterance in said)
    return round(spent / total, 4)


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def print_table(languages: Mapping[str, Any]) -> None:
    for language, by_kind in languages.items():
        for kind, by_system in by_kind.items():
            print(language, kind)
            for system, figures in by_system.items():
                print("   ", system, figures)


if __name__ == "__main__":
    main()
