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
    return "test" if hashlib.sha256(path.read_bytes()).digest()[-1] % 2 else "tune"


def clips(packages: Path) -> list[Clip]:
    """All there are, the same on every machine."""
    found = [*prompts(packages), *untold_prompts(packages), *fishes(packages), *readings(packages)]
    return sorted(found, key=lambda clip: (clip.voice, clip.language, str(clip.path)))


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
    lines = gzip.decompress(listed.read_bytes()).decode("utf-8-sig").splitlines()
    pairs = (line.partition(":") for line in lines if not line.startswith(";"))
    return {name.strip(): text.strip() for name, _, text in pairs if text.strip()}


def is_speech(text: str) -> bool:
    """Beeps and music are described in brackets; keys and spelt names can be read in more than one
    way."""
    return not re.search(r"[\[(#*]|\b[A-Z] [A-Z]\b", text) and bool(re.search(r"\w", text))


def text_is_whole(text: str, name: str, language: str) -> bool:
    """The Italian list has question marks where letters were lost; the Russian one repeats a
    name."""
    return name not in text.split(":")[0] and not (language == "it" and "?" in text)


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
    for line in (folder / "transcription").read_text().splitlines():
        text, _, name = line.partition("</s>")
        yield Clip(
            folder / f"{name.strip(' ()')}.wav", "Reader", "en", text.replace("<s>", "").strip()
        )


def decoded(path: Path) -> Samples:
    """Mono at 16 kHz, as it stands in the file."""
    resampler = av.AudioResampler("s16", "mono", RATE)
    raw = (
        path.suffix[1:] if path.suffix in (".g722", ".gsm") else None
    )  # without a header, so not to be guessed
    with av.open(str(path), format=raw) as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    frames += resampler.resample(None)
    pieces = [frame.to_ndarray()[0] for frame in frames]
    return np.asarray(np.concatenate(pieces) if pieces else [], np.float32) / np.float32(32768)


def trimmed(samples: Samples) -> Trimmed:
    """From where the sound begins to where it ends, at the loudness all clips have."""
    level = levels(samples)
    if not len(level) or not samples.any():
        return Trimmed(samples[:0], 0.0, 0.0)
    sounding = level > threshold(level)
    first, last = np.flatnonzero(sounding)[[0, -1]]
    begin, end = (first + 1) * HOP if first else 0, (last + 1) * HOP
    loudness = np.sqrt(np.mean(10 ** (level[sounding] / 10)))
    scaled = np.asarray(samples[begin:end] * (LOUDNESS / loudness), np.float32)
    return Trimmed(scaled, doubt(level, int(first)), longest_pause(sounding[first : last + 1]))


def levels(samples: Samples) -> NDArray[np.float64]:
    """dB, of windows of 10 ms every 5 ms."""
    energy = np.concatenate([[0.0], np.cumsum(samples.astype(np.float64) ** 2)])
    starts = np.arange(0, len(samples) - WINDOW, HOP)
    return np.asarray(10 * np.log10((energy[starts + WINDOW] - energy[starts]) / WINDOW + 1e-12))


def threshold(level: NDArray[np.float64]) -> float:
    """Above the recording's own noise; in a recording without any silence the noise cannot be told
    from the voice."""
    noise = float(np.percentile(level, 5)) + ABOVE_NOISE
    return float(np.clip(noise, level.max() - QUIET, level.max() - LOUD))


def doubt(level: NDArray[np.float64], first: int) -> float:
    if threshold(level) > level.max() - (QUIET - ABOVE_NOISE):
        return math.inf
    return max(0, int(np.flatnonzero(level > level.max() - LOUD)[0]) - first) * HOP / RATE


def longest_pause(sounding: NDArray[np.bool_]) -> float:
    """Seconds; the first and the last window sound."""
    gaps = np.diff(np.flatnonzero(sounding))
    return float((gaps.max() - 1) * HOP / RATE) if len(gaps) else 0.0
