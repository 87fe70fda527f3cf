"""The page shows a corrected transcript as every format does: paragraphs, words and speakers."""

import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from shared.formats.corrections import correct
from shared.formats.text import split_paragraphs
from shared.model.contracts import Source
from shared.model.edits import Edits
from shared.model.spacing import word_separator
from shared.model.transcript import Segment, Speaker, Suspect, Transcript, Word
from tests.support.made_transcripts import Said, transcript_of_sentences

PROGRAM = Path(__file__).with_name("page_model.mjs")
CASES = 60
SECONDS = 60
WORDS = {
    "en": ("the", "river", "it's", "3.14", "well-known", "“So", "good.”", "(aside)", "—"),
    "ja": ("橋", "を", "渡る", "。", "AI", "「はい」", "カタカナ", "ー"),
    "th": ("ไทย", "และ", "สะพาน", "ๆ", "กา"),
    "zh": ("老桥", "已经", "，", "关闭", "GPS", "了。"),
    "ar": ("الجسر", "القديم،", "مغلق."),
}
"""Words as recognisers write them, by language, with the marks that decide about spaces."""
NEW_TEXTS = ("", "Weber", "two words", "…", "川", "«no»")


def made_transcript(drawn: random.Random) -> Transcript:
    """Returns a transcript of a few sentences in several languages, with gaps in its data."""
    sentences = []
    for number in range(drawn.randint(0, 9)):
        language = drawn.choice(list(WORDS))
        spoken = tuple(drawn.choices(WORDS[language], k=drawn.randint(1, 5)))
        speaker = drawn.choice(("S1", "S2", "S3", None))
        pause = drawn.choice((-0.3, 0.1, 0.6, 1.9, 2.1)) if number else 0.5
        sentences.append(Said(speaker, spoken, pause=pause))
    suspects = [made_suspect(drawn) for _ in range(3)]
    source = Source(bucket="inbox", name="made.wav", generation=1)
    plain = transcript_of_sentences(source, sentences, suspects=suspects)
    words = list(plain.words)
    segments = [in_language(segment, words, drawn) for segment in plain.segments]
    return plain.model_copy(update={"segments": tuple(segments), "words": tuple(words)})


def made_suspect(drawn: random.Random) -> Suspect:
    start = drawn.randint(0, 20_000) / 1000
    language = drawn.choice(("en", "ja", None))
    return Suspect(
        start=start,
        end=start + 2,
        text=" made  up ",
        language=language,
        channel=drawn.choice((None, 0)),
        reasons=("no_speech",),
    )


def in_language(segment: Segment, words: list[Word], drawn: random.Random) -> Segment:
    """Returns the segment as it is written in the language of its words, sometimes on a channel of
    its own and sometimes without words."""
    assert segment.words is not None
    first, last = segment.words
    spellings = [word.word for word in words[first : last + 1]]
    language = next(name for name, known in WORDS.items() if spellings[0] in known)
    text = word_separator(language).join(spellings)
    changes: dict[str, object] = {"language": language, "text": text}
    if drawn.random() < 0.1:
        changes["words"] = None
    if drawn.random() < 0.2:
        changes["channel"] = 0
    return segment.model_copy(update=changes)


def made_edits(transcript: Transcript, drawn: random.Random) -> Edits:
    """Returns edits of some of everything."""
    words = drawn.sample(range(len(transcript.words)), k=len(transcript.words) // 3)
    segments = drawn.sample(range(len(transcript.segments)), k=len(transcript.segments) // 3)
    dropped = [f"segment-{index}" for index in segments if drawn.random() < 0.3]
    return Edits(
        speakers={"S1": "Anna Weber"},
        merges=drawn.choice(({}, {"S3": "S1"}, {"S1": "S2", "S2": "S3"})),
        words={str(index): drawn.choice(NEW_TEXTS) for index in words},
        sentences={str(index): drawn.choice(("S1", "S2", "S5", "S12")) for index in segments},
        kept=drawn.choice(((), ("suspect-0",), ("suspect-2", "suspect-0"))),
        dropped=("suspect-1", "gap-0", *dropped),
    )


def drawn_by_formats(transcript: Transcript, edits: Edits) -> dict[str, Any]:
    """Returns what the page must show, as every format has it."""
    corrected = correct(transcript, edits)
    paragraphs = split_paragraphs(corrected.segments)
    return {
        "speakers": [[speaker.id, speaker.label] for speaker in corrected.speakers],
        "paragraphs": [[each.start, each.speaker, each.text] for each in paragraphs],
        "words": [[word.id, word.word] for word in corrected.words],
        "sentences": [[sentence_id(each, transcript), each.text] for each in corrected.segments],
        "turns": [[turn.start, turn.end, turn.speaker] for turn in corrected.turns],
        "overlaps": [[each.start, each.end, *each.speakers] for each in corrected.overlaps],
        "numbers": [numbers_of(speaker, corrected) for speaker in corrected.speakers],
    }


def numbers_of(speaker: Speaker, corrected: Transcript) -> list[Any]:
    """Returns the milliseconds of talk, the turns, and the milliseconds in which others talk."""
    overlaps = [each for each in corrected.overlaps if speaker.id in each.speakers]
    shared = sum(each.end - each.start for each in overlaps)
    return [round(speaker.talk_time * 1000), speaker.turns, round(shared * 1000)]


def sentence_id(segment: Segment, transcript: Transcript) -> str:
    """Returns the segment's id as edits name it."""
    suspect = segment.id - len(transcript.segments)
    return str(segment.id) if suspect < 0 else f"suspect-{suspect}"


def shown_by_page(cases: list[tuple[Transcript, Edits]]) -> list[dict[str, Any]]:
    """Returns what the page's model makes of each case."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    bodies = []
    for transcript, edits in cases:
        body = {
            "transcript": transcript.model_dump(mode="json"),
            "edits": edits.model_dump(mode="json"),
        }
        bodies.append(body)
    done = subprocess.run(
        [node, PROGRAM],
        input=json.dumps(bodies),
        capture_output=True,
        check=True,
        text=True,
        timeout=SECONDS,
    )
    shown: list[dict[str, Any]] = json.loads(done.stdout)
    return shown


def test_the_page_shows_what_the_formats_say() -> None:
    drawn = random.Random(7)
    cases = []
    for _ in range(CASES):
        transcript = made_transcript(drawn)
        first, second = made_edits(transcript, drawn), made_edits(transcript, drawn)
        cases += [(transcript, Edits()), (transcript, first), (transcript, second)]
    shown = shown_by_page(cases)
    for (transcript, edits), one in zip(cases, shown, strict=True):
        assert one == drawn_by_formats(transcript, edits)


@pytest.mark.parametrize("pause", [0.6, 1.4])
def test_what_is_left_of_a_turn_around_given_sentences_is_the_same(pause: float) -> None:
    """A short remainder without words is no turn, and a longer one is."""
    sentences = [Said("S1", ("So.",)), Said("S1", ("Yes.",), pause), Said("S2", ("Why?",))]
    source = Source(bucket="inbox", name="made.wav", generation=1)
    transcript = transcript_of_sentences(source, sentences)
    edits = Edits(sentences={"0": "S2", "1": "S2"})
    (shown,) = shown_by_page([(transcript, edits)])
    assert shown == drawn_by_formats(transcript, edits)
    assert ("S1" in {turn[2] for turn in shown["turns"]}) == (pause > 1)
