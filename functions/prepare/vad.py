"""Samples -> where someone speaks: Silero's network, run in a stream, and hysteresis over what it
says."""

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.model.contracts import Engine

WINDOW = 512
"""Samples (32 ms at 16 kHz) that get one probability."""
CONTEXT = 64
"""Samples before a window that the network sees with it."""

BEGINS = 0.5
"""The probability at which speech begins."""
ENDS = 0.35
"""Below it, for long enough, speech has ended."""
PAUSE = 5
"""Windows (160 ms) of silence that part two stretches of speech."""
SHORTEST = 2
"""Windows (64 ms); what is shorter is a click."""

Stretch = tuple[int, int]
"""Start and end in samples, half-open."""


def model() -> Path:
    """The network as faster-whisper packs it. That package is not imported: it would cost
    seconds."""
    spec = find_spec("faster_whisper")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("faster_whisper, which carries Silero's network")
    return Path(spec.origin).parent / "assets" / "silero_vad_v6.onnx"


@cache
def engine() -> Engine:
    return Engine(
        name="silero",
        version=f"faster-whisper {version('faster-whisper')}, onnxruntime {version('onnxruntime')}",
        model=model().name,
        digest=f"sha256:{hashlib.sha256(model().read_bytes()).hexdigest()}",
    )


@cache
def session() -> Any:
    """Imported here, after the fork: a process forked from one that has onnxruntime loaded crashes
    at its exit."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # it would keep the largest block's memory for good
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(model()), options, providers=["CPUExecutionProvider"])


class Voice:
    """The probability of speech in each window of a stream."""

    def __init__(self) -> None:
        self._hidden = self._cell = np.zeros((1, 1, 128), np.float32)
        self._context = np.zeros(CONTEXT, np.float32)

    def probabilities(self, samples: NDArray[np.int16]) -> NDArray[np.float32]:
        """One for each window of the next samples: whole windows, but for the recording's last."""
        padding = np.zeros(-len(samples) % WINDOW, np.float32)
        sound = np.concatenate([self._context, samples.astype(np.float32) / 32768, padding])
        self._context = sound[-CONTEXT:]
        windows = np.lib.stride_tricks.sliding_window_view(sound, CONTEXT + WINDOW)[::WINDOW]
        asked = {"input": np.ascontiguousarray(windows), "h": self._hidden, "c": self._cell}
        found, self._hidden, self._cell = session().run(None, asked)
        return np.asarray(found, np.float32)


class Talk:
    """Stretches of speech, without padding, as the probabilities come in."""

    def __init__(self) -> None:
        self._ended: list[Stretch] = []
        self._windows = 0
        self._begun: int | None = None
        self._quiet: int | None = None

    def push(self, probabilities: Iterable[float]) -> None:
        for probability in probabilities:
            self._step(probability)
            self._windows += 1

    def stretches(self) -> list[Stretch]:
        """All so far; one that goes on ends here and now."""
        end = self._windows if self._quiet is None else self._quiet
        if self._begun is None or end - self._begun < SHORTEST:
            return self._ended
        return [*self._ended, (self._begun * WINDOW, end * WINDOW)]

    def _step(self, probability: float) -> None:
        if probability >= BEGINS:
            self._begun = self._windows if self._begun is None else self._begun
            self._quiet = None
        elif self._begun is not None:
            if self._quiet is None and probability < ENDS:
                self._quiet = self._windows
            if self._quiet is not None and self._windows - self._quiet >= PAUSE:
                self._end(self._begun, self._quiet)

    def _end(self, begun: int, ended: int) -> None:
        if ended - begun >= SHORTEST:
            self._ended.append((begun * WINDOW, ended * WINDOW))
        self._begun = self._quiet = None
