"""Every clip of every real voice: who says it, in which language, its text, and its sound without
silence around it.

A clip belongs to one half of the data for good, by a digest of its bytes: what is tuned on one half
has not heard the other. The voices are few and are in both.
"""

import gzip
import hashlib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import av
import numpy as np
from numpy.typing import NDArray

RATE = 16_000
LOUDNESS = 0.06
"""Root mean square that the sounding parts of every clip are brought to."""
WINDOW, HOP = RATE // 100, RATE // 200
"""Samples over which a level is taken, and from one level to the next."""
QUIET, LOUD = 40.0, 25.0
"""dB below the loudest: where sound begins in a clean recording, and where it has begun in any."""
ABOVE_NOISE = 6.0
"""dB above a recording's own noise where sound begins in it."""
WORD_LANGUAGES = ("da", "de", "el", "en", "lt", "sl", "uk", "wa")
"""Of Potato Guy, those in which one person speaks, by their d-vectors, and without noise."""
OTHER_SPEAKERS = re.compile(r"^(tv|xmas)_|tux")
"""Names of sounds that another Dane speaks."""

Samples = NDArray[np.float32]
Split = Literal["tune", "test"]


@dataclass(frozen=True)
class Trimmed:
    """A sound without the silence around it.

    The first sample is where the level rises above the threshold, found to 5 ms. A soft beginning
    or a breath may still be below it, and a click before the word above: the word begins before
    `doubt` has passed.
    """

    samples: Samples
    doubt: float
    """Seconds from the first sample until the sound is loud beyond question; endless where noise
    might hide more."""
    pause: float
    """Seconds of the longest pause within."""

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE


@dataclass(frozen=True)
class Clip:
    """Something said by one person and kept in one file."""

    path: Path
    voice: str
    language: str
    text: str | None
    """Null where nobody wrote it down."""

    @cached_property
    def sound(self) -> Trimmed:
        return trimmed(decoded(self.path))

    @cached_property
    def half(self) -> Split:
        return half(self.path)


def half(path: Path) -> Split:
    """By content, so that the same sound under two names is in one half."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).digest()
    is_odd = digest[-1] % 2 == 1
    return "test" if is_odd else "tune"


def clips(packages: Path) -> list[Clip]:
    """All there are, the same on every machine."""
    found: list[Clip] = []
    for kind in (prompts, untold_prompts, fishes, readings):
        found += kind(packages)

    found.sort(key=lambda clip: (clip.voice, clip.language, str(clip.path)))
    return found


def prompts(packages: Path) -> Iterator[Clip]:
    """asterisk's core sounds. Allison speaks English and Spanish."""
    spoken = {
        "en": ("Allison", "en_US_f_Allison"),
        "es": ("Allison", "es_MX_f_Allison"),
        "fr": ("June", "fr_CA_f_June"),
        "it": ("Carlo", "it_IT_m_Carlo"),
        "ru": ("Ivrvoice", "ru_RU_f_IvrvoiceRU"),
    }
    for language, (voice, folder) in spoken.items():
        sounds = asterisk(packages, f"asterisk-core-sounds-{language}-g722") / folder
        for name, text in prompt_texts(packages, language).items():
            path = sounds / f"{name}.g722"
            if path.exists() and is_speech(text) and text_is_whole(text, name, language):
                yield Clip(path, voice, language, text)


def untold_prompts(packages: Path) -> Iterator[Clip]:
    """asterisk's prompts by other voices, whose wording nobody wrote down."""
    spoken = (
        ("Paola", "it", "asterisk-prompt-it-menardi-wav", "it_IT_f_Menardi", "wav"),
        ("July", "es", "asterisk-prompt-es-co", "es", "gsm"),
        ("Armelle", "fr", "asterisk-prompt-fr-armelle", "fr", "gsm"),
    )
    speech = {name for name, text in prompt_texts(packages, "en").items() if is_speech(text)}
    for voice, language, package, folder, ending in spoken:
        sounds = asterisk(packages, package) / folder
        for path in sorted(sounds.rglob(f"*.{ending}")):
            if str(path.relative_to(sounds).with_suffix("")) in speech:
                yield Clip(path, voice, language, None)


def asterisk(packages: Path, package: str) -> Path:
    return packages / package / "usr/share/asterisk/sounds"


def prompt_texts(packages: Path, language: str) -> dict[str, str]:
    """Name of a prompt -> its wording."""
    package = f"asterisk-core-sounds-{language}"
    listed = packages / package / "usr/share/doc" / package / f"core-sounds-{language}.txt.gz"
    compressed = listed.read_bytes()
    decompressed = gzip.decompress(compressed)
    content = decompressed.decode("utf-8-sig")
    texts = {}
    for line in content.splitlines():
        name, _, text = line.partition(":")
        wording = text.strip()
        is_comment = line.startswith(";")
        if wording and not is_comment:
            texts[name.strip()] = wording
    return texts


def is_speech(text: str) -> bool:
    """Beeps and music are described in brackets; keys and spelt names can be read in more than one
    way."""
    is_unclear = re.search(r"[\[(#*]|\b[A-Z] [A-Z]\b", text)
    has_letters = re.search(r"\w", text)
    return bool(has_letters and not is_unclear)


def text_is_whole(text: str, name: str, language: str) -> bool:
    """The Italian list has question marks where letters were lost; the Russian one repeats a
    name."""
    first, *_ = text.split(":")
    repeats_name = name in first
    lacks_letters = language == "it" and "?" in text
    return not (repeats_name or lacks_letters)


def fishes(packages: Path) -> Iterator[Clip]:
    """The two fishes of Fish Fillets, each by one actor in each language."""
    for language in ("cs", "nl"):
        sounds = packages / f"fillets-ng-data-{language}" / "usr/share/games/fillets-ng/sound"
        scripts = packages / "fillets-ng-data/usr/share/games/fillets-ng/script"
        for level in sorted(sounds.iterdir()):
            texts = dialogue_texts(scripts / level.name / f"dialogs_{language}.lua")
            for path in sorted((level / language).glob("*-[mv]-*.ogg")):
                voice = f"{language}-{'small' if '-m-' in path.name else 'big'}"
                if is_speech(texts.get(path.stem, "")):
                    yield Clip(path, voice, language, texts[path.stem])


def dialogue_texts(script: Path) -> dict[str, str]:
    """What is said in a level, by the name of its sound."""
    if not script.exists():
        return {}
    said = r'dialogId\("([^"]+)",[^\n]*\)\s*dialogStr\("((?:[^"\\]|\\.)*)"\)'
    return {
        name: text.replace('\\"', '"') for name, text in re.findall(said, script.read_text("utf-8"))
    }


def single_words(packages: Path) -> list[Clip]:
    """Returns the names of things in Potato Guy, each language by one person.

    They are not among `clips`: they are words without a text, and each voice is in one half.
    """
    sounds = packages / "ktuberling-data/usr/share/ktuberling/sounds"
    found = []
    for language in WORD_LANGUAGES:
        for path in sorted((sounds / language).glob("*.ogg")):
            if not OTHER_SPEAKERS.search(path.stem):
                found.append(Clip(path, f"potato-{language}", language, None))
    return found


def readings(packages: Path) -> Iterator[Clip]:
    folder = packages / "pocketsphinx-testdata/usr/share/pocketsphinx/test/data/librivox"
    listed = folder / "transcription"
    for line in listed.read_text().splitlines():
        marked, _, in_brackets = line.partition("</s>")
        text = marked.replace("<s>", "").strip()
        name = in_brackets.strip(" ()")
        path = folder / f"{name}.wav"
        yield Clip(path, "Reader", "en", text)


def decoded(path: Path) -> Samples:
    """Mono at 16 kHz, as it stands in the file."""
    resampler = av.AudioResampler("s16", "mono", RATE)
    ending = path.suffix.removeprefix(".")
    # Without a header, so that the format cannot be guessed.
    raw = ending if ending in ("g722", "gsm") else None
    frames: list[av.AudioFrame] = []
    with av.open(str(path), format=raw) as container:
        for frame in container.decode(audio=0):
            frames += resampler.resample(frame)
    frames += resampler.resample(None)

    pieces = [frame.to_ndarray()[0] for frame in frames]
    samples = np.concatenate(pieces) if pieces else np.zeros(0)
    return np.asarray(samples, np.float32) / np.float32(32768)


def trimmed(samples: Samples) -> Trimmed:
    """From where the sound begins to where it ends, at the loudness all clips have."""
    level = levels(samples)
    if not len(level) or not samples.any():
        return Trimmed(samples[:0], 0.0, 0.0)
    sounding = level > threshold(level)
    first, last = np.flatnonzero(sounding)[[0, -1]]
    begin = (first + 1) * HOP if first else 0
    end = (last + 1) * HOP
    sound = samples[begin:end]

    powers = 10 ** (level[sounding] / 10)
    loudness = np.sqrt(np.mean(powers))
    gain = LOUDNESS / loudness
    scaled = np.asarray(sound * gain, np.float32)

    seconds_of_doubt = doubt(level, int(first))
    pause = longest_pause(sounding[first : last + 1])
    return Trimmed(scaled, seconds_of_doubt, pause)


def levels(samples: Samples) -> NDArray[np.float64]:
    """dB, of windows of 10 ms every 5 ms."""
    exact = samples.astype(np.float64)
    sums = np.cumsum(exact**2)
    energy = np.concatenate([[0.0], sums])

    last = len(samples) - WINDOW
    starts = np.arange(0, last, HOP)
    ends = starts + WINDOW
    power = (energy[ends] - energy[starts]) / WINDOW
    decibels = 10 * np.log10(power + 1e-12)
    return np.asarray(decibels)


def threshold(level: NDArray[np.float64]) -> float:
    """Above the recording's own noise; in a recording without any silence the noise cannot be told
    from the voice."""
    noise = float(np.percentile(level, 5))
    peak = level.max()
    lowest = peak - QUIET
    highest = peak - LOUD
    limited = np.clip(noise + ABOVE_NOISE, lowest, highest)
    return float(limited)


def doubt(level: NDArray[np.float64], first: int) -> float:
    """Seconds from the window `first` until the sound is loud beyond question."""
    peak = level.max()
    highest = peak - (QUIET - ABOVE_NOISE)
    if threshold(level) > highest:
        return math.inf

    is_loud = level > peak - LOUD
    first_loud = int(np.flatnonzero(is_loud)[0])
    windows = max(0, first_loud - first)
    return windows * HOP / RATE


def longest_pause(sounding: NDArray[np.bool_]) -> float:
    """Seconds; the first and the last window sound."""
    numbers = np.flatnonzero(sounding)
    steps = np.diff(numbers)
    longest = steps.max(initial=1)
    silent = longest - 1
    return float(silent * HOP / RATE)
