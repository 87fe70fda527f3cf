"""The recordings that are measured: what each set stands for, and the seeds they are drawn from.

Tune on "tune", quote "test": they share no clip, no music and no seed. pyannote's sample is in
"test" alone.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.evaluation import composed, noise, packages, people, sample
from benchmarks.evaluation.compose import (
    SURE,
    Decks,
    Said,
    Style,
    conversation,
    deck,
    end,
    late,
    phrase,
    recording,
    samples,
    sound,
    turn,
)
from benchmarks.evaluation.meeting import Manner
from benchmarks.evaluation.truth import Recording
from benchmarks.evaluation.voices import LOUDNESS, RATE, Clip, Samples, Split, clips, single_words

SEEDS: dict[Split, str] = {"tune": "dropscribe tune", "test": "dropscribe test"}
"""Each recording is drawn from its half's seed and its own name. Never changed to please a
figure."""
CROWDS: dict[Split, tuple[str, ...]] = {
    "tune": ("Allison", "Carlo", "Armelle", "July", "cs-small", "nl-big"),
    "test": ("Reader", "Paola", "June", "Ivrvoice", "cs-big", "nl-small"),
}
"""Who is in crowds and long recordings: in "test", nobody who was in those of "tune"."""
POTATO_GUYS: dict[Split, tuple[str, ...]] = {
    "tune": ("potato-da", "potato-de", "potato-el", "potato-uk"),
    "test": ("potato-en", "potato-lt", "potato-sl", "potato-wa"),
}
"""Who else is in the conversations of many people."""
GATE_VOICES = ("Allison", "Carlo", "cs-small", "potato-da", "potato-uk")
GATE_CLIPS = 40
"""Of each voice, to be fast."""
CROWD_SIZES: dict[Split, tuple[int, ...]] = {"tune": (2, 3, 4, 5, 6), "test": (2, 3, 4, 5)}
SECOND_HALVES: dict[Split, tuple[tuple[str, str], ...]] = {
    "tune": (("Carlo", "it"), ("June", "fr")),
    "test": (("Allison", "es"), ("June", "fr")),
}
"""Who speaks after Allison's English, and in which language."""
SPOKEN = ("en", "es", "fr", "it", "ru", "cs", "nl")
BEFORE = 40.0
"""Seconds of silence or music before speech: more than the 30 s from which Whisper guesses the
language."""
NUMBER = re.compile(r"/digits/(h-)?\d+\.")
WORD = re.compile(rf"{NUMBER.pattern}|/digits/(day|mon)-|/phonetic/")
"""Files of single words."""
ROOM = np.float32(LOUDNESS * 10 ** (-38 / 20))
"""Root mean square of a quiet room: 38 dB below speech."""
FAR = -20.0
"""dB of what is said across the room."""


@dataclass(frozen=True)
class Half:
    """What recordings of one split are composed of."""

    split: Split
    packages: Path
    voices: tuple[Clip, ...]


class Draw:
    """The dice of one recording, and what it chooses from."""

    def __init__(self, half: Half, title: str) -> None:
        self.half = half
        self.name = f"{title}-{half.split}"
        seed = SEEDS[half.split]
        self.choose = random.Random(f"{seed} {title}")

    def deck(self, voice: str, language: str | None = None) -> Iterator[Clip]:
        """What `voice` says, in one language or in any."""
        own = [clip for clip in self.half.voices if clip.voice == voice]
        if language is not None:
            own = [clip for clip in own if clip.language == language]
        return deck(self.choose, own)

    def english(self) -> Decks:
        allison = self.deck("Allison", "en")
        reader = self.deck("Reader", "en")
        return {"Allison": allison, "Reader": reader}

    def seed(self) -> int:
        return self.choose.getrandbits(32)

    def room(self, seconds: float) -> Samples:
        """The faint noise of a room."""
        white = noise.white(seconds, self.seed())
        return white * ROOM

    def music(self, seconds: float) -> Samples:
        pieces = noise.music(self.half.packages, self.half.split)
        piece = self.choose.choice(pieces)
        return noise.played(piece, seconds)


def recordings(split: Split, folder: Path, cache: Path = packages.CACHE) -> list[Recording]:
    """Compose one half of the data into `folder`. Raises PackagesMissing."""
    folder.mkdir(parents=True, exist_ok=True)
    fetched = packages.unpacked(cache)
    half = Half(split, fetched, tuple(clip for clip in clips(fetched) if clip.half == split))
    makers = (
        dialogue,
        noisy,
        sparse,
        crowds,
        long,
        many_people,
        onsets,
        languages,
        two_languages,
        nothing,
    )
    composed = [made for make in makers for made in make(half, folder)]
    return [*composed, sample.as_it_is(folder)] if split == "test" else composed


def quick(folder: Path) -> list[Recording]:
    """Five minutes that need no package but Dropscribe's own dependencies."""
    folder.mkdir(parents=True, exist_ok=True)
    silent = [
        nothing_heard(folder, f"nothing-{name}", synthetic()[name])
        for name in ("silence", "loud-noise", "tone")
    ]
    return [*silent, *sample.recordings(folder)]


def gate(folder: Path, cache: Path = packages.CACHE) -> list[Recording]:
    """Returns five people, and one who speaks Spanish: two minutes that need the packages.

    They are of the half "tune", because limits are set by them. Raises PackagesMissing.
    """
    fetched = packages.unpacked(cache)
    tuned = [clip for clip in clips(fetched) if clip.half == "tune"]
    some: list[Clip] = []
    for voice in GATE_VOICES:
        of_voice = [clip for clip in [*tuned, *single_words(fetched)] if clip.voice == voice]
        some += of_voice[:GATE_CLIPS]
    speaking = people.of_clips(some, GATE_VOICES)
    plan = composed.Plan("composed-5", len(speaking), 90, "clean", None, Manner())
    five = composed.recording(plan, speaking, "tune", folder)

    draw = Draw(Half("tune", fetched, tuple(tuned)), "gate-es")
    said = monologue(draw, "es", "Allison", 30)
    return [five, in_a_room(draw, folder, "languages", said, "es")]


def dialogue(half: Half, folder: Path) -> Iterator[Recording]:
    """Two people on a good line; one turn in eight begins before the other's has ended."""
    draw = Draw(half, "dialogue")
    said = conversation(draw.choose, draw.english(), 600, Style())
    yield in_a_room(draw, folder, "dialogue", said)


def in_a_room(
    draw: Draw, folder: Path, kind: str, said: list[Said], language: str | None = "en"
) -> Recording:
    speech = sound(said)
    background = draw.room(end(said))
    heard = speech + background
    return recording(folder, draw.name, kind, heard, said, language=language)


def noisy(half: Half, folder: Path) -> Iterator[Recording]:
    """Near and far from the microphone, among people, machines and music."""
    for number in (1, 2):
        draw = Draw(half, f"noisy-{number}")
        style = Style(gain=(-18, 0))
        said = conversation(draw.choose, draw.english(), 150, style)
        speech = sound(said)
        around = background(draw, end(said))
        ratio = draw.choose.uniform(5, 12)
        heard = noise.with_noise(speech, around, ratio)
        yield recording(folder, draw.name, "noisy", heard, said, language="en")


def background(draw: Draw, seconds: float) -> Samples:
    """A third each of babble, pink noise and music, in any order."""
    third = seconds / 3 + 0.1
    foreign = [clip for clip in draw.half.voices if clip.language in ("cs", "nl")]
    talking = deck(draw.choose, foreign)
    babble = noise.babble(third, (clip.sound.samples for clip in talking))
    pink = noise.pink(third, draw.seed())
    music = draw.music(third)

    kinds = [babble, pink, music]
    draw.choose.shuffle(kinds)
    whole = np.concatenate(kinds)
    length = samples(seconds)
    return whole[:length]


def sparse(half: Half, folder: Path) -> Iterator[Recording]:
    """A microphone left on: nobody, then now and then something from across the room."""
    draw = Draw(half, "sparse")
    style = Style(lead=BEFORE, gap=(3, 25), overlaps=0, gain=(FAR, FAR))
    said = conversation(draw.choose, draw.english(), 300, style)
    room = draw.room(end(said))
    heard = sound(said) + room * np.float32(0.4)
    yield recording(folder, draw.name, "sparse", heard, said, language="en")


def crowds(half: Half, folder: Path) -> Iterator[Recording]:
    sizes = CROWD_SIZES[half.split]
    for size in sizes:
        draw = Draw(half, f"crowd-{size}")
        yield crowd(draw, folder, "crowd", size, 180)


def long(half: Half, folder: Path) -> Iterator[Recording]:
    """Longer than what is diarized in one go."""
    draw = Draw(half, "long")
    yield crowd(draw, folder, "long", 3, 1500)


def many_people(half: Half, folder: Path) -> Iterator[Recording]:
    """As people really talk: short turns, words in others' turns, telephones, rooms, noise."""
    speaking = everybody(half)
    for plan in composed.plans(speaking):
        yield composed.recording(plan, speaking, half.split, folder)


def everybody(half: Half) -> list[people.Person]:
    """Returns who is in no conversation of the other half."""
    words = single_words(half.packages)
    clips_of_all = [*half.voices, *words]
    crowd_voices = CROWDS[half.split]
    word_voices = POTATO_GUYS[half.split]
    return people.of_clips(clips_of_all, [*crowd_voices, *word_voices])


def crowd(draw: Draw, folder: Path, kind: str, size: int, seconds: float) -> Recording:
    """A meeting, each in their own language. Only speakers are measured, so English is said to be
    spoken."""
    everyone = CROWDS[draw.half.split]
    voices = draw.choose.sample(everyone, size)
    decks = {voice: draw.deck(voice) for voice in voices}
    style = Style(gap=(0.1, 0.9), overlaps=0.12, overlap=(0.2, 0.8))
    said = conversation(draw.choose, decks, seconds, style)

    made = in_a_room(draw, folder, kind, said, None)
    wordless = composed.without_words(made)
    return replace(wordless, onsets=(), options={"language": "en"})


def onsets(half: Half, folder: Path) -> Iterator[Recording]:
    """Numbers, days, months and the spelling alphabet, so spliced that the start of every word is
    known."""
    draw = Draw(half, "onsets")
    words = [clip for clip in half.voices if is_word(clip) and clip.sound.doubt <= SURE]
    said: list[Said] = []
    now = 0.4
    while now < 90:
        listed = enumeration(draw.choose, words)
        spoken = phrase(draw.choose, listed, samples(now), (0.05, 0.4))
        said.append(spoken)
        gap = draw.choose.uniform(0.6, 1.5)
        now = spoken.end / RATE + gap
    yield in_a_room(draw, folder, "onsets", said)


def is_word(clip: Clip) -> bool:
    """Any that is written in one way only."""
    if clip.language != "en" or clip.text == "xray":
        return False
    path = str(clip.path)
    return WORD.search(path) is not None


def enumeration(choose: random.Random, words: Sequence[Clip]) -> list[Clip]:
    """Four to eight, and no number after a number: they would be written as one."""
    numbers = [clip for clip in words if NUMBER.search(str(clip.path))]
    names = [clip for clip in words if clip not in numbers]
    some_names = choose.sample(names, 4)
    some_numbers = choose.sample(numbers, 4)
    listed: list[Clip] = []
    for pair in zip(some_names, some_numbers, strict=True):
        listed += pair
    length = choose.randint(4, 8)
    return listed[:length]


def languages(half: Half, folder: Path) -> Iterator[Recording]:
    """The same speech by itself, after silence and after music. Its words are known where the clips
    have a text, but only their starts are measured."""
    for language in SPOKEN:
        for number in (1, 2, 3):
            draw = Draw(half, f"language-{language}-{number}")
            said = monologue(draw, language)
            yield from introduced(draw, folder, said, language)


def monologue(
    draw: Draw, language: str, voice: str | None = None, seconds: float = 10
) -> list[Said]:
    """One person, any that speaks the language unless told who."""
    speakers = {clip.voice for clip in draw.half.voices if clip.language == language}
    speaker = voice or draw.choose.choice(sorted(speakers))
    clips_of = draw.deck(speaker, language)
    style = Style(turn=(seconds, seconds))
    said = turn(draw.choose, clips_of, 0, style)
    return list(said)


def introduced(draw: Draw, folder: Path, said: list[Said], language: str) -> Iterator[Recording]:
    delayed = late(said, BEFORE)
    silence = draw.room(end(delayed))
    music = silence.copy()
    played = draw.music(BEFORE)
    music[: samples(BEFORE)] += played * np.float32(LOUDNESS)

    speech = sound(said)
    alone = speech + silence[: len(speech)]
    delayed_speech = sound(delayed)
    after_silence = delayed_speech + silence
    after_music = delayed_speech + music
    for kind, heard, each in (
        ("languages", alone, said),
        ("languages_after_silence", after_silence, delayed),
        ("languages_after_music", after_music, delayed),
    ):
        name = draw.name.replace("language", kind.replace("_", "-"), 1)
        made = recording(folder, name, kind, heard, each, language=language)
        yield composed.without_words(made)


def two_languages(half: Half, folder: Path) -> Iterator[Recording]:
    for voice, language in SECOND_HALVES[half.split]:
        draw = Draw(half, f"two-languages-{language}")
        first = monologue(draw, "en", "Allison", 28)
        second = monologue(draw, language, voice, 28)
        start = end(first) + 0.6
        said = [*first, *late(second, start)]
        made = in_a_room(draw, folder, "two_languages", said, None)
        yield replace(made, options={"language": "multi"})


def nothing(half: Half, folder: Path) -> Iterator[Recording]:
    """Everything that is not speech."""
    draw = Draw(half, "nothing")
    for name, heard in synthetic().items():
        yield nothing_heard(folder, f"nothing-{name}-{half.split}", heard)
    pieces = noise.music(half.packages, half.split)
    for piece in draw.choose.sample(pieces, 2):
        music = noise.played(piece, 30)
        heard = music * np.float32(LOUDNESS)
        yield nothing_heard(folder, f"nothing-{piece.stem}-{half.split}", heard)


def nothing_heard(folder: Path, name: str, heard: Samples) -> Recording:
    return recording(folder, name, "nothing", heard)


def synthetic(seconds: float = 30) -> dict[str, Samples]:
    """What needs no recording to be made."""
    loud, faint = np.float32(LOUDNESS), ROOM
    return {
        "silence": np.zeros(noise.length(seconds), np.float32),
        "faint-noise": noise.white(seconds, 1) * faint,
        "loud-noise": noise.white(seconds, 2) * loud,
        "pink-noise": noise.pink(seconds, 3) * loud,
        "hum": noise.hum(seconds) * loud,
        "tone": noise.tone(seconds) * loud,
    }
