"""A WAV file with big-endian numbers (RIFX) is refused, since libav would decode it as noise."""

import struct

import numpy as np
import pytest

from shared.model.errors import NotAudio
from tests.support.decoding import decode
from tests.support.recordings import RATE, speech, wav

TALK = speech()[7 * RATE : 9 * RATE]


def rifx() -> bytes:
    samples = TALK.astype(">i2").tobytes()
    sound_format = struct.pack(">HHIIHH", 1, 1, RATE, 2 * RATE, 2, 16)
    chunks = b"fmt " + struct.pack(">I", len(sound_format)) + sound_format
    chunks += b"data" + struct.pack(">I", len(samples)) + samples
    return b"RIFX" + struct.pack(">I", 4 + len(chunks)) + b"WAVE" + chunks


def test_it_is_refused_with_what_to_do() -> None:
    with pytest.raises(NotAudio, match=r"big-endian numbers \(RIFX\); convert it"):
        decode(rifx())


def test_behind_another_recording_it_is_named() -> None:
    samples, _, warnings = decode(wav(TALK) + rifx())
    assert np.array_equal(samples, TALK)
    (warning,) = warnings
    assert warning.code == "not_read"
    assert "about 2.0 s" in warning.message
