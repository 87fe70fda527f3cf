"""Voice activity detection: Silero's network over a stream of samples, then two thresholds.

Network: https://github.com/snakers4/silero-vad. The thresholds give the intervals that
faster-whisper's `get_speech_timestamps` gives for a whole recording. Quiet sound is also shown to
the network amplified.
"""

from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from functions.prepare.full_scale import to_integers
from functions.prepare.sample_intervals import SampleInterval
from shared.model.audio import FULL_SCALE
from shared.model.contracts import Engine
from shared.runtime.model_files import file_digest

WINDOW = 512
"""Samples (32 ms at 16 kHz) that get one probability."""
CONTEXT = 64
"""Samples before a window that the network sees with it."""

ONSET = 0.5
"""Speech starts at this probability."""
OFFSET = 0.35
"""Silence starts below this probability, and lasts until a window reaches ONSET."""
MIN_SILENCE = 5
"""Windows (160 ms). A shorter pause does not end speech."""
MIN_SPEECH = 2
"""Windows (64 ms). Shorter sounds are clicks."""

AUDIBLE_LEVEL = 0.01
"""Root mean square (-40 dBFS) below which the network misses more and more speech: of one sentence
it finds 7.1 s at -29 dBFS, 6.2 s at -55, 3.6 s at -61 and nothing at -67."""
MAX_GAIN = 32.0
"""30 dB. Noise, hum, tones and music that are amplified so far do not become speech."""
AMPLIFIED_TRUST = np.float32(0.95)
"""Factor of the probabilities of amplified sound. Without it the recogniser invented four words in
quiet music; below 0.9 the first two words of a sentence at -61 dBFS are missed."""
LOUD_FRACTION = 0.9
"""The level of a block is that of its window at this rank, so that clicks do not count."""


class SileroVad:
    """The probability of speech in each window of a stream."""

    def __init__(self) -> None:
        state_shape = (1, 1, 128)
        self._hidden = np.zeros(state_shape, np.float32)
        self._cell = np.zeros(state_shape, np.float32)
        self._context = np.zeros(CONTEXT, np.float32)

    def copy_state(self, other: "SileroVad") -> None:
        """Go on as if this had been given the samples that `other` was given."""
        self._hidden = other._hidden
        self._cell = other._cell
        self._context = other._context

    def probabilities(self, samples: NDArray[np.int16]) -> NDArray[np.float32]:
        """Returns one probability per window of the next samples.

        Only the recording's last samples may be other than whole windows.
        """
        scaled = samples.astype(np.float32) / FULL_SCALE
        missing = -len(samples) % WINDOW
        padding = np.zeros(missing, np.float32)
        stream = np.concatenate([self._context, scaled, padding])
        self._context = stream[-CONTEXT:]

        shifted_by_one = sliding_window_view(stream, CONTEXT + WINDOW)
        windows = np.ascontiguousarray(shifted_by_one[::WINDOW])
        inputs = {"input": windows, "h": self._hidden, "c": self._cell}
        outputs = session().run(None, inputs)
        probabilities, self._hidden, self._cell = outputs
        return np.asarray(probabilities, np.float32)


class LevelledVad:
    """The probability of speech in each window of a stream, also where the speech is very quiet.

    A quiet block is given to the network as it is and amplified, and a window has the higher of the
    two probabilities, so that nothing is missed because of the gain.
    """

    def __init__(self) -> None:
        self._vad = SileroVad()
        self._amplified_vad = SileroVad()

    def probabilities(self, samples: NDArray[np.int16]) -> NDArray[np.float32]:
        """Returns one probability per window of the next block, which has a gain of its own.

        Only the recording's last samples may be other than whole windows.
        """
        probabilities = self._vad.probabilities(samples)
        gain = audible_gain(samples)
        if gain == 1:
            self._amplified_vad.copy_state(self._vad)
            return probabilities
        amplified = amplify(samples, gain)
        of_amplified = self._amplified_vad.probabilities(amplified)
        trusted = AMPLIFIED_TRUST * of_amplified
        higher: NDArray[np.float32] = np.maximum(probabilities, trusted)
        return higher


def audible_gain(samples: NDArray[np.int16]) -> float:
    """Returns the factor, from 1 to MAX_GAIN, that makes the loud parts of a block audible."""
    lowest_level = AUDIBLE_LEVEL / MAX_GAIN
    level = max(block_level(samples), lowest_level)
    gain = AUDIBLE_LEVEL / level
    return max(1.0, gain)


def amplify(samples: NDArray[np.int16], gain: float) -> NDArray[np.int16]:
    """Returns the samples multiplied by `gain`, without their constant offset."""
    offset = samples.mean()
    centred = samples - offset
    amplified = centred * gain
    return to_integers(amplified)


def block_level(samples: NDArray[np.int16]) -> float:
    """Returns the level of a block's loud windows, from 0 to 1, without any constant offset."""
    count = len(samples) // WINDOW
    if count:
        whole = samples[: count * WINDOW]
        windows = whole.reshape(count, WINDOW)
    else:
        windows = samples.reshape(1, -1)
    levels = windows.std(axis=1)
    level = np.quantile(levels, LOUD_FRACTION)
    return float(level / FULL_SCALE)


class SpeechDetector:
    """Intervals of speech, without padding, from a stream of probabilities."""

    def __init__(self) -> None:
        self._complete: list[SampleInterval] = []
        self._windows = 0
        self._speech_start: int | None = None
        self._silence_start: int | None = None

    def push(self, probabilities: Iterable[float]) -> None:
        for probability in probabilities:
            self._push_one(probability)
            self._windows += 1

    def intervals(self) -> list[SampleInterval]:
        """Returns all intervals so far. Speech that has not ended yet ends at the last window."""
        if self._speech_start is None:
            return self._complete
        end = self._silence_start
        if end is None:
            end = self._windows
        length = end - self._speech_start
        if length < MIN_SPEECH:
            return self._complete
        last = to_samples(self._speech_start, end)
        return [*self._complete, last]

    def _push_one(self, probability: float) -> None:
        if probability >= ONSET:
            self._silence_start = None
            if self._speech_start is None:
                self._speech_start = self._windows
            return
        if self._speech_start is None:
            return

        if self._silence_start is None and probability < OFFSET:
            self._silence_start = self._windows
        if self._silence_start is None:
            return
        silence = self._windows - self._silence_start
        if silence >= MIN_SILENCE:
            self._complete_interval(self._speech_start, self._silence_start)

    def _complete_interval(self, start: int, end: int) -> None:
        length = end - start
        if length >= MIN_SPEECH:
            self._complete.append(to_samples(start, end))
        self._speech_start = None
        self._silence_start = None


def to_samples(first_window: int, end_window: int) -> SampleInterval:
    start = first_window * WINDOW
    end = end_window * WINDOW
    return start, end


@cache
def session() -> Any:
    """Returns the onnxruntime session of Silero's network.

    onnxruntime is imported here, after the fork: a process forked from one that has it loaded
    crashes at its exit.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = 1
    options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # the arena never frees the largest block's memory
    options.log_severity_level = 4
    path = str(model_path())
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


@cache
def engine() -> Engine:
    path = model_path()
    packages = ("faster-whisper", "onnxruntime")
    versions = [f"{package} {version(package)}" for package in packages]
    return Engine(
        name="silero",
        version=", ".join(versions),
        model=path.name,
        digest=file_digest(path),
    )


def model_path() -> Path:
    """Returns the path of the network in faster-whisper's package.

    The package is not imported, which would take seconds.
    """
    spec = find_spec("faster_whisper")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("faster_whisper, which contains Silero's network")
    package = Path(spec.origin).parent
    assets = package / "assets"
    return assets / "silero_vad_v6.onnx"
