"""pyannote.audio's sample: 30 s of a telephone call between two women, with a transcript."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from shared.model.artifacts import Chunk, Interval, Manifest, Media, ProbeWindow
from shared.model.contracts import Engine

PACKAGE = find_spec("pyannote.audio")
assert PACKAGE is not None and PACKAGE.origin is not None
SAMPLE = Path(PACKAGE.origin).parent / "sample/sample.wav"
SECONDS = 30.0

SPEECH = (
    Interval(start=6.6, end=14.3),
    Interval(start=14.4, end=21.6),
    Interval(start=21.8, end=30.0),
)
WINDOWS = (
    ProbeWindow(start=6.6, end=17.0, offset=6.6),
    ProbeWindow(start=17.0, end=30.0, offset=17.0),
)


def reference() -> str:
    """Returns the words of both speakers, in order of time."""
    lines = SAMPLE.with_suffix(".stm").read_text().splitlines()
    texts = [line.split(maxsplit=5)[5] for line in lines]
    return " ".join(texts)


def write_manifest(
    folder: Path,
    speech: Sequence[Interval] = SPEECH,
    probe: Sequence[ProbeWindow] = WINDOWS,
    start: float = 3600.0,
) -> Path:
    """Writes the manifest of a recording with one chunk of `SECONDS`. Returns its path.

    The chunk begins at `start` in the recording; `speech` and `probe` are in chunk time.
    """
    moved_speech = []
    for interval in speech:
        times = {"start": interval.start + start, "end": interval.end + start}
        moved_speech.append(interval.model_copy(update=times))
    moved_probe = []
    for window in probe:
        times = {"start": window.start + start, "end": window.end + start}
        moved_probe.append(window.model_copy(update=times))
    media = Media(
        container="wav", codec="pcm_s16le", duration=start, sample_rate=16000, channels=1, bytes=1
    )
    chunk = Chunk(start=start, end=start + SECONDS, speech=tuple(moved_speech))
    manifest = Manifest(
        media=media,
        chunks=(chunk,),
        spans=(),
        probe=tuple(moved_probe),
        engine=Engine(name="silero", version="1"),
    )
    path = folder / "manifest.json"
    path.write_text(manifest.model_dump_json())
    return path
