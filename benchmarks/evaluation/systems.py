"""The two systems at work: recordings go in, and what each system says comes out, raw and kept."""

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.evaluation.result import Result, Turn, Word
from benchmarks.evaluation.truth import Recording
from shared.settings import settings
from tests.support.cloud import Cloud
from tests.support.recordings import sample

Output = dict[str, Any]
"""`error`; or `wall`, in seconds, and what the system said: `transcript` or `plain`."""

ROOT = Path(__file__).parents[2]
SOURCES = {
    "dropscribe": ("functions/**/*.py", "local/**/*.py", "shared/**/*.py", "workflows/*.yaml"),
    "plain": (
        "benchmarks/plain.py",
        "functions/align/forced_alignment.py",
        "functions/align/hama.py",
        "functions/align/hama_network.py",
        "functions/align/phonemes.py",
        "functions/align/wav2vec2.py",
        "functions/align/g2p.py",
        "functions/align/normalize_en.py",
        "benchmarks/d_vector.py",
        "functions/diarize/model_files.py",
        "shared/runtime/model_files.py",
    ),
}
"""What an output depends on besides the packages."""
PATIENCE = 20
"""Seconds that Dropscribe may take for a second of sound, with five minutes on top."""


def results(
    system: str, recordings: Sequence[Recording], folder: Path, reuse: bool
) -> list[Result]:
    """What the system makes of each. Outputs are kept in `folder`; with `reuse` those of the same
    sound, options and code are taken from there."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {}
    missing = []
    for recording in recordings:
        file = folder / f"{system}-{fingerprint(system, recording)}.json"
        kept[recording.name] = file
        if not (reuse and file.exists()):
            missing.append(recording)

    outputs = RUN[system](missing) if missing else ()
    for recording, output in zip(missing, outputs, strict=True):
        file = kept[recording.name]
        file.write_text(json.dumps(output))
        said = output.get("error") or f"{output['wall']:.1f} s"
        print(f"{system}: {recording.set}/{recording.name}: {said}", file=sys.stderr)

    found = []
    for recording in recordings:
        text = kept[recording.name].read_text()
        output = json.loads(text)
        found.append(result(output))
    return found


def fingerprint(system: str, recording: Recording) -> str:
    content = recording.audio.read_bytes()
    sound = hashlib.sha256(content).hexdigest()
    options = sorted(recording.options.items())
    asked = json.dumps([sound, options, code(system)])
    whole = hashlib.sha256(asked.encode())
    return whole.hexdigest()[:24]


@cache
def code(system: str) -> str:
    """A hash of the system's sources, its packages and the settings."""
    versions = json.dumps(machine.machine()["packages"])
    chosen = settings().model_dump_json()
    whole = hashlib.sha256(versions.encode())
    whole.update(chosen.encode())

    paths: list[Path] = []
    for pattern in SOURCES[system]:
        paths += ROOT.glob(pattern)
    for path in sorted(paths):
        content = path.read_bytes()
        whole.update(content)
    return whole.hexdigest()


def dropscribe(recordings: Sequence[Recording]) -> Iterator[Output]:
    """The chain on a one-machine cloud of its own, warm. One recording at a time, so that the speed
    is its own."""
    with tempfile.TemporaryDirectory() as folder:
        cloud = Cloud(Path(folder) / "cloud", {})
        try:
            cloud.up()
            transcribed(cloud, "warm-up.wav", sample(), {}, 300)
            for each in recordings:
                name = f"{each.set}/{each.name}{each.audio.suffix}"
                yield transcribed(
                    cloud, name, each.audio, each.options, 300 + PATIENCE * each.seconds
                )
        finally:
            cloud.down()


def transcribed(
    cloud: Cloud, name: str, audio: Path, options: Mapping[str, str], deadline: float
) -> Output:
    began = time.monotonic()
    source = cloud.upload(name, audio.read_bytes(), options)
    try:
        answer = cloud.answer(source, deadline)
    except AssertionError as late:
        return {"error": str(late).partition("\n")[0]}
    if "transcript.json" not in answer.files:
        return {"error": f"{answer.problem['stage']}: {answer.problem['title']}"}
    return {"wall": time.monotonic() - began, "transcript": answer.transcript}


def plain(recordings: Sequence[Recording]) -> Iterator[Output]:
    """whisperx in a process of its own. Where that ends, a new one goes on with the next
    recording."""
    waiting = list(recordings)
    while waiting:
        for output in process(waiting):
            yield output
            waiting.pop(0)
        if waiting:
            yield {"error": "the process of whisperx ended"}
            waiting.pop(0)


def process(recordings: Sequence[Recording]) -> Iterator[Output]:
    """What one process prints until it ends. It has a deadline of its own. RuntimeError: it did not
    even get ready."""
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "errors").open("w+") as errors:
        options = Path(folder) / "options.json"
        options.write_text(json.dumps([told(each.options) for each in recordings]))
        files = [str(each.audio) for each in recordings]
        command = [sys.executable, "-m", "benchmarks.plain", "--options", str(options), *files]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT
        ) as running:
            try:
                yield from said(running, errors)
            finally:
                running.kill()


def said(running: subprocess.Popen[str], errors: Any) -> Iterator[Output]:
    assert running.stdout is not None
    lines = (
        json.loads(line) for line in running.stdout if line.startswith(('{"ready"', '{"file"'))
    )
    if next(lines, None) is None:
        errors.seek(0)
        raise RuntimeError(f"plain whisperx did not start:\n{errors.read()[-2000:]}")
    for line in lines:
        yield (
            {"error": line["error"]}
            if "error" in line
            else {"wall": sum(line["seconds"].values()), "plain": line}
        )


def told(options: Mapping[str, str]) -> dict[str, Any]:
    """Dropscribe's options, as far as whisperx has them."""
    given: dict[str, Any] = {}
    for name in ("language", "task"):
        if name in options:
            given[name] = options[name]
    if given.get("language") == "multi":
        del given["language"]

    exact = options.get("speakers")
    bounds = {"min_speakers": "min-speakers", "max_speakers": "max-speakers"}
    for name, bound in bounds.items():
        number = exact or options.get(name)
        if number is not None:
            given[bound] = int(number)
    return given


RUN: dict[str, Callable[[Sequence[Recording]], Iterator[Output]]] = {
    "dropscribe": dropscribe,
    "plain": plain,
}


def result(output: Output) -> Result:
    if "error" in output:
        return Result(error=output["error"])
    return of_transcript(output) if "transcript" in output else of_plain(output)


def of_transcript(output: Output) -> Result:
    transcript = output["transcript"]
    words = tuple(
        Word(
            word["word"],
            word["start"],
            word["end"],
            word["speaker"],
            tuple(word.get("speakers") or filter(None, [word["speaker"]])),
            word["timing"],
            word["language"],
        )
        for word in transcript["words"]
    )
    turns = tuple(Turn(turn["start"], turn["end"], turn["speaker"]) for turn in transcript["turns"])
    return Result(words, turns, transcript["language"]["code"], output["wall"])


def of_plain(output: Output) -> Result:
    """A word in a gap is given its segment's speaker: that is what whisperx's captions show."""
    heard = output["plain"]
    words = tuple(
        Word(
            word["word"],
            word.get("start"),
            word.get("end"),
            word.get("speaker") or word["segment_speaker"],
            tuple(filter(None, [word.get("speaker")])),
            "aligned" if "score" in word else None,
            heard["language"],
        )
        for word in heard["words"]
    )
    turns = tuple(Turn(turn["start"], turn["end"], turn["speaker"]) for turn in heard["turns"])
    return Result(words, turns, heard["language"], output["wall"])
