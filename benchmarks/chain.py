"""The chain on the one-machine cloud, warm, against plain whisperx with the same models, on
composed conversations.

    python -m benchmarks.chain

Both in one run, one after the other, each with the machine for itself; what counts is the ratio.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jiwer
import meeteval
from transformers.models.whisper.english_normalizer import EnglishTextNormalizer

from benchmarks.conversations import Conversation, compose, missing
from benchmarks.machine import keep
from tests.support.cloud import Cloud

CONVERSATIONS = ((180, 21), (600, 22), (600, 23))
"""(seconds, seed)."""
normal = EnglishTextNormalizer({})


def main() -> None:
    if reason := missing():
        sys.exit(f"the conversations cannot be composed: {reason}")
    with tempfile.TemporaryDirectory() as folder:
        conversations = [compose(Path(folder), seconds, seed) for seconds, seed in CONVERSATIONS]
        ours = chain(Path(folder) / "cloud", conversations)
        plain = whisperx([conversation.audio for conversation in conversations])
    rows = [row(*each) for each in zip(conversations, ours, plain, strict=True)]
    keep("chain", {"conversations": rows, "long_ones_together": together(rows[1:])})


def chain(home: Path, conversations: Iterable[Conversation]) -> list[dict[str, Any]]:
    cloud = Cloud(home, {})
    cloud.up()
    try:
        return [transcribed(cloud, conversation) for conversation in conversations]
    finally:
        cloud.down()


def transcribed(cloud: Cloud, conversation: Conversation) -> dict[str, Any]:
    began = time.monotonic()
    source = cloud.upload(conversation.audio.name, conversation.audio.read_bytes())
    transcript = cloud.answer(source, 1800).transcript
    wall = time.monotonic() - began
    seconds: dict[str, float] = defaultdict(float)
    for call in transcript["timings"]["stages"]:
        seconds[call["stage"]] += call["seconds"]
    return {"wall": wall, "seconds": dict(seconds), "words": transcript["words"]}


def whisperx(recordings: list[Path]) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "benchmarks.plain", *map(str, recordings)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"file"')]
    return [{**each, "wall": sum(each["seconds"].values())} for each in found]


def row(
    conversation: Conversation, ours: Mapping[str, Any], plain: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "audio_seconds": round(conversation.seconds, 1),
        "reference_words": len(
            text([(None, utterance.text) for utterance in conversation.utterances]).split()
        ),
        "wall_ratio": round(ours["wall"] / plain["wall"], 3),
        "dropscribe": measured(conversation, ours),
        "plain_whisperx": measured(conversation, plain),
    }


def measured(conversation: Conversation, found: Mapping[str, Any]) -> dict[str, Any]:
    reference = [(utterance.speaker, utterance.text) for utterance in conversation.utterances]
    heard = [(word.get("speaker"), word["word"]) for word in found["words"]]
    return {
        "wall_seconds": round(found["wall"], 1),
        "rtf": round(found["wall"] / conversation.seconds, 4),
        "stage_seconds": {stage: round(spent, 1) for stage, spent in found["seconds"].items()},
        "wer": round(jiwer.wer(text(reference), text(heard)), 4),
        "cpwer": round(
            meeteval.wer.cp_word_error_rate(by_speaker(reference), by_speaker(heard)).error_rate, 4
        ),
        "words_without_time": sum("start" not in word for word in found["words"]),
        "words_without_speaker": sum(word.get("speaker") is None for word in found["words"]),
    }


def together(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Wall-time ratio and error rates over several conversations; the rates are weighed by their
    words."""
    systems = ("dropscribe", "plain_whisperx")
    words = sum(row["reference_words"] for row in rows)
    rates = {
        system: {
            rate: round(sum(row[system][rate] * row["reference_words"] for row in rows) / words, 4)
            for rate in ("wer", "cpwer")
        }
        for system in systems
    }
    ours, plain = (sum(row[system]["wall_seconds"] for row in rows) for system in systems)
    return {"wall_ratio": round(ours / plain, 3), **rates}


def text(said: Iterable[tuple[str | None, str]]) -> str:
    return str(normal(" ".join(words for _, words in said)))


def by_speaker(said: Iterable[tuple[str | None, str]]) -> dict[str, str]:
    streams: dict[str, list[str]] = defaultdict(list)
    for speaker, words in said:
        streams[str(speaker)].append(words)
    return {speaker: str(normal(" ".join(words))) for speaker, words in streams.items()}


if __name__ == "__main__":
    main()
