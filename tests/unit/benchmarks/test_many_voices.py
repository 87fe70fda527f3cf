"""Composed conversations of many people have the sound and the people that their truth states."""

import json
import random
import wave
from itertools import combinations, pairwise, repeat
from pathlib import Path

import numpy as np
import pytest

from benchmarks.evaluation import composed, people, sets
from benchmarks.evaluation.channel import Channel, companded, convolved, telephone_band, unclipped
from benchmarks.evaluation.composed import Plan
from benchmarks.evaluation.meeting import (
    FIRST_TURN,
    JOINED_PAUSE,
    SHORT,
    Manner,
    Meeting,
    Take,
    by_voice,
    shares,
    utterances,
)
from benchmarks.evaluation.people import Person, track
from benchmarks.evaluation.voices import LOUDNESS, RATE, Clip
from tests.support.tones import person, quiet, stored, tone

EXACT = 0.011
"""Seconds: levels are taken over 10 ms."""
TALKATIVE = Manner(interjections=1.0, overlaps=0.5)


@pytest.fixture
def five(tmp_path: Path) -> list[Person]:
    pitches = zip("abcde", (200, 400, 600, 800, 1000), strict=True)
    return [person(tmp_path, name, pitch) for name, pitch in pitches]


def held(five: list[Person], seed: int = 1, manner: Manner = TALKATIVE) -> list[Take]:
    return Meeting(random.Random(seed), five, manner).held(60)


def test_a_track_is_cut_at_its_pauses_and_brought_to_one_loudness(tmp_path: Path) -> None:
    spoken = tone(1, 300), quiet(0.05), tone(1, 300), quiet(0.3), tone(0.5, 300)
    path = stored(tmp_path / "a.wav", quiet(1), *spoken, quiet(0.5), tone(0.05, 300), quiet(1))
    cut = track(path, "Ann", "en", None)
    assert cut is not None
    seconds = [(atom.first / RATE, atom.end / RATE) for atom in cut.atoms]
    assert seconds == [
        pytest.approx((1, 3.05), abs=EXACT),
        pytest.approx((3.35, 3.85), abs=EXACT),
    ]
    sounding = cut.sound[RATE : 2 * RATE]
    assert np.sqrt(np.mean(sounding**2)) == pytest.approx(LOUDNESS, rel=0.05)


def test_silent_and_noisy_recordings_are_no_tracks(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).standard_normal(RATE * 3).astype(np.float32) * 0.03
    noise[RATE : 2 * RATE] += tone(1, 300)
    assert track(stored(tmp_path / "noisy.wav", noise), "Ann", "en", None) is None
    assert track(stored(tmp_path / "silent.wav", quiet(1)), "Ann", "en", None) is None


def test_sound_of_each_person_is_where_the_truth_says_and_nowhere_else(five: list[Person]) -> None:
    takes = held(five)
    voices = by_voice(takes)
    for name, voice in voices.items():
        outside = np.ones(len(voice), bool)
        for said in utterances(takes):
            if said.speaker != name:
                continue
            begin, end = round(said.start * RATE), round(said.end * RATE)
            for edge in (voice[begin : begin + 160], voice[end - 160 : end]):
                assert np.abs(edge).max() > 0.01
            margin = round(EXACT * RATE)
            outside[max(0, begin - margin) : end + margin] = False
        assert np.abs(voice[outside]).max() < 1e-4


def test_everybody_speaks_for_at_least_a_turn_and_some_much_more(five: list[Person]) -> None:
    ratios = []
    for seed in range(5):
        seconds = shares(utterances(held(five, seed)))
        assert set(seconds) == set("abcde")
        assert min(seconds.values()) >= FIRST_TURN * 0.7
        ratios.append(max(seconds.values()) / min(seconds.values()))
    assert max(ratios) > 3


def test_short_words_fall_into_turns_of_others_and_never_into_their_own(
    five: list[Person],
) -> None:
    said = utterances(held(five))
    overlapping = []
    for one, other in combinations(said, 2):
        if other.start < one.end and one.start < other.end:
            overlapping.append((one, other))
    assert all(one.speaker != other.speaker for one, other in overlapping)
    shortest = [min(one.end - one.start, other.end - other.start) for one, other in overlapping]
    assert sum(seconds <= SHORT[1] for seconds in shortest) >= 3


def test_a_pause_within_a_take_ends_an_utterance_only_if_it_is_long(five: list[Person]) -> None:
    (first, *_) = five[0].tracks
    whole = Take(first, first.atoms, 0, 0.0)
    said = list(whole.utterances())
    assert len(first.atoms) == 3
    assert [utterance.text for utterance in said] == ["text 0 of a", ""]
    assert said[1].start - said[0].end > JOINED_PAUSE
    part = Take(first, first.atoms[:2], 0, 0.0)
    assert [utterance.text for utterance in part.utterances()] == [None]


def test_one_person_alone_talks_with_pauses(tmp_path: Path) -> None:
    said = utterances(held([person(tmp_path, "a", 300)]))
    assert {utterance.speaker for utterance in said} == {"a"}
    assert all(after.start > before.end for before, after in pairwise(said))


def test_the_same_seed_gives_the_same_bytes(five: list[Person], tmp_path: Path) -> None:
    plan = Plan("composed-3", 3, 20, "two-noises", "en", Manner())
    made = [composed.recording(plan, five, "tune", tmp_path / name) for name in "xy"]
    other = composed.recording(plan, five, "test", tmp_path / "z")
    assert made[0].audio.read_bytes() == made[1].audio.read_bytes() != other.audio.read_bytes()
    assert made[0].utterances == made[1].utterances != other.utterances
    assert (made[0].people, made[0].set, made[0].language) == (3, "composed-3", "en")


@pytest.mark.parametrize("condition", composed.CONDITIONS)
def test_every_condition_makes_a_file_that_is_neither_clipped_nor_silent(
    five: list[Person], tmp_path: Path, condition: str
) -> None:
    plan = Plan("composed-2", 2, 10, condition, None, Manner())
    made = composed.recording(plan, five, "tune", tmp_path)
    with wave.open(str(made.audio)) as file:
        heard = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    assert 0.02 < np.abs(heard).max() < 0.96
    assert len(heard) / RATE == pytest.approx(made.seconds)


def test_a_telephone_has_no_images_of_speech_above_its_band() -> None:
    sound = companded(tone(1, 3000))
    spectrum = np.abs(np.fft.rfft(sound)) ** 2
    in_band, above = spectrum[:3900].sum(), spectrum[4100:].sum()
    assert above < in_band * 1e-4


def test_a_telephone_has_its_band_and_a_room_has_an_echo() -> None:
    low, inside, high = (telephone_band(tone(1, hertz)) for hertz in (100, 1000, 5000))
    assert np.abs(low).max() < 0.02 and np.abs(high).max() < 0.02
    assert np.abs(inside).max() == pytest.approx(0.3, abs=0.02)

    voices = {"a": np.concatenate([tone(0.5, 300), quiet(0.5)])}
    echoing = Channel(random.Random(1), iter(())).room(voices)
    clean = Channel(random.Random(1), iter(())).clean(voices)
    just_after = slice(RATE // 2, RATE // 2 + 800)
    assert np.std(echoing[just_after]) > 5 * np.std(clean[just_after])
    assert np.allclose(convolved(voices["a"], np.array([1.0, 0.0])), voices["a"], atol=1e-6)


def test_noise_changes_in_the_middle_and_is_below_the_speech(five: list[Person]) -> None:
    voices = by_voice(held(five))
    speech = np.sum([voice for _, voice in sorted(voices.items())], axis=0)
    others = repeat(tone(1, 1500))
    added = Channel(random.Random(1), others).two_noises(voices) - speech
    ratio = 20 * np.log10(np.std(speech[speech != 0]) / np.std(added))
    assert 8 < ratio < 22
    whistles = [np.abs(np.fft.rfft(part))[1500] for part in (added[:RATE], added[-RATE:])]
    assert whistles[1] > 20 * whistles[0]


def test_loud_sound_is_made_quieter_to_fit_and_other_sound_is_left() -> None:
    assert np.abs(unclipped(tone(1, 300) * 10)).max() == pytest.approx(0.95)
    assert np.array_equal(unclipped(tone(1, 300)), tone(1, 300))


def test_plans_have_no_more_people_than_there_are_and_languages_that_enough_speak(
    five: list[Person], tmp_path: Path
) -> None:
    german = [person(tmp_path, name, 300, "de") for name in ("x", "y")]
    plans = list(composed.plans([*five, *german]))
    assert {plan.size for plan in plans} == {1, 2, 3, 4, 5, 6, 7}
    assert {plan.size for plan in plans if plan.language == "de"} == {1, 2}
    assert {plan.size for plan in plans if plan.language == "en"} == {1, 2, 3, 4, 5}
    assert {plan.condition for plan in plans} == set(composed.CONDITIONS)
    assert len({plan.title for plan in plans}) == len(plans)
    assert [plan.size for plan in composed.long_plans(five)] == [2, 4]


def test_words_are_known_only_of_people_whose_texts_are(five: list[Person], tmp_path: Path) -> None:
    (plan, _) = composed.plans_with_words(five)
    made = composed.recording(plan, five, "tune", tmp_path)
    assert made.set == composed.WORDS
    texts = [utterance.text for utterance in made.utterances]
    assert None not in texts and any(texts)
    mute = [Person(each.name, "en", "F", ((each.sources[0][0], None),)) for each in five]
    assert not list(composed.plans_with_words(mute))
    others = composed.recording(next(composed.plans(five)), five, "tune", tmp_path)
    assert {utterance.text for utterance in others.utterances} == {None}


def test_those_with_more_recordings_speak_in_long_conversations(tmp_path: Path) -> None:
    rich = [person(tmp_path, name, 300) for name in "abcd"]
    poor = [Person(name, "en", "F", rich[0].sources[:1]) for name in "wxyz"]
    plan = Plan("composed-2", 2, 600, "clean", "en", Manner())
    for seed in range(5):
        chosen = composed.chosen(random.Random(seed), plan, [*poor, *rich])
        assert {each.name for each in chosen} <= set("abcd")


def test_turns_and_counts_are_written_beside_the_sound(five: list[Person], tmp_path: Path) -> None:
    plan = Plan("composed-4", 4, 20, "clean", None, Manner())
    made = composed.recording(plan, five, "tune", tmp_path)
    lines = composed.rttm(made).splitlines()
    assert len(lines) == len(made.utterances)
    first = made.utterances[0]
    assert lines[0].split()[:5] == [
        "SPEAKER",
        "composed-4-20s-clean-tune",
        "1",
        f"{first.start:.3f}",
        f"{first.end - first.start:.3f}",
    ]
    described = json.loads(json.dumps(composed.described(made)))
    assert (described["speakers"], len(described["speech_seconds"])) == (4, 4)


def test_people_of_a_folder_are_those_of_one_half_with_one_sure_voice(tmp_path: Path) -> None:
    for name in ("ann", "ben", "two", "doubtful"):
        stored(tmp_path / f"{name}.wav", quiet(0.3), tone(1, 300), quiet(0.3))
    header = "file\tspeakers\tlang\ttruth\ttruth_kind\tspeaker_ids\n"
    rows = (
        "ann.wav\t1\ten\ttext.tsv\tspeaker id\tAnn\n",
        "ben.wav\t1\tde\t\tspeaker id\tBen\n",
        "two.wav\t2\ten\t\tspeaker id\tAnn;Ben\n",
        "doubtful.wav\t1\ten\t\tnone (guessed)\tCid\n",
    )
    (tmp_path / "MANIFEST.tsv").write_text(header + "".join(rows))
    (tmp_path / "text.tsv").write_text("file\tspeaker\tsex\ttext\nann.wav\tAnn\tF\thello you\n")
    found = people.of_folder(tmp_path, "test")
    assert [(each.name, each.language, each.sex) for each in found] == [
        ("Ann", "en", "F"),
        ("Ben", "de", "unknown"),
    ]
    assert [each.tracks[0].text for each in found] == ["hello you", None]
    assert people.of_folder(tmp_path, "tune") == []


def test_people_of_packages_speak_one_language_each(tmp_path: Path) -> None:
    path = stored(tmp_path / "a.wav", quiet(0.3), tone(1, 300), quiet(0.3))
    spoken = [Clip(path, "Ann", "es", "hola"), Clip(path, "Ann", "en", "hello")]
    (ann,) = people.of_clips([*spoken, Clip(path, "Ben", "en", None)], ["Ann"])
    assert (ann.name, ann.language, [each.text for each in ann.tracks]) == ("Ann", "en", ["hello"])


def test_no_voice_is_in_conversations_of_both_halves() -> None:
    halves = [{*sets.CROWDS[split], *sets.POTATO_GUYS[split]} for split in sets.SEEDS]
    assert halves[0].isdisjoint(halves[1])
    assert [len(half) for half in halves] == [10, 10]
    assert set(sets.GATE_VOICES) <= halves[0]
