"""Generated evaluation recordings contain exactly the sound that their truth states."""

import gzip
import itertools
import random
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.evaluation import noise, packages, sets, voices
from benchmarks.evaluation.compose import (
    Decks,
    Said,
    Style,
    conversation,
    deck,
    end,
    late,
    onsets,
    phrase,
    recording,
    samples,
    sound,
    utterances,
)
from benchmarks.evaluation.truth import Recording
from benchmarks.evaluation.voices import RATE, Clip, Samples, trimmed
from tests.support.recordings import wav

EXACT = 0.0051
"""Seconds: a sound's beginning is found to 5 ms, by levels taken every 5 ms."""


def burst(seconds: float, seed: int = 0) -> Samples:
    return noise.white(seconds, seed) * np.float32(0.1)


def padded(*parts: Samples) -> Samples:
    """With a second of silence on either side."""
    nothing = np.zeros(RATE, np.float32)
    return np.concatenate([nothing, *parts, nothing])


def clip(path: Path, voice: str, heard: Samples, text: str | None = "four words are said") -> Clip:
    path.write_bytes(wav((heard * 32767).astype("<i2")))
    return Clip(path, voice, "en", text)


def two_voices(home: Path, choose: random.Random) -> Decks:
    return {
        voice: deck(
            choose,
            [clip(home / f"{voice}-{n}.wav", voice, padded(burst(1 + n / 4, n))) for n in range(5)],
        )
        for voice in ("Ann", "Ben")
    }


def talk(home: Path, seed: int, style: Style) -> list[Said]:
    choose = random.Random(seed)
    return conversation(choose, two_voices(home, choose), 40, style)


def level(made: Recording, start: float, seconds: float) -> float:
    """Root mean square of a stretch."""
    with wave.open(str(made.audio)) as file:
        heard = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    return float(np.sqrt(np.mean(heard[samples(start) : samples(start + seconds)] ** 2)))


def test_sound_is_where_the_truth_says_and_nowhere_else(tmp_path: Path) -> None:
    said = talk(tmp_path, 1, Style(overlaps=0, gap=(0.2, 0.6)))
    made = recording(tmp_path, "talk", "dialogue", sound(said), said)
    assert len(made.utterances) > 10
    assert made.seconds > made.utterances[-1].end
    for before, after in itertools.pairwise(made.utterances):
        assert level(made, before.end, after.start - before.end) == 0
        assert level(made, after.start, 0.01) > 0.03
        assert level(made, after.end - 0.01, 0.01) > 0.03


def test_every_clip_is_heard_at_one_loudness(tmp_path: Path) -> None:
    quiet, loud = (
        clip(tmp_path / f"{n}.wav", "Ann", padded(burst(1)) * np.float32(n)) for n in (0.1, 1)
    )
    for each in (quiet, loud):
        assert np.sqrt(np.mean(each.sound.samples**2)) == pytest.approx(voices.LOUDNESS, rel=0.02)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    first, again, other = (talk(tmp_path, seed, Style()) for seed in (7, 7, 8))
    made = [
        recording(tmp_path, str(n), "dialogue", sound(said), said)
        for n, said in enumerate((first, again, other))
    ]
    assert made[0].audio.read_bytes() == made[1].audio.read_bytes() != made[2].audio.read_bytes()
    assert made[0].utterances == made[1].utterances != made[2].utterances


def test_people_talk_over_each_other_but_never_over_themselves(tmp_path: Path) -> None:
    said = utterances(talk(tmp_path, 3, Style(overlaps=0.9, turn=(1, 1), overlap=(0.6, 0.9))))
    pairs = list(itertools.combinations(said, 2))
    overlapping = [(one, two) for one, two in pairs if two.start < one.end]
    assert len(overlapping) > 5
    assert all(one.speaker != two.speaker for one, two in overlapping)


def test_turns_are_as_loud_as_their_gains(tmp_path: Path) -> None:
    said = talk(tmp_path, 4, Style(overlaps=0, gain=(-18, 0)))
    made = recording(tmp_path, "gains", "noisy", sound(said), said)
    gains = [piece.gain for each in said for piece in each.pieces]
    assert max(gains) - min(gains) > 6
    for each, gain in zip(made.utterances, gains, strict=True):
        heard = 20 * np.log10(level(made, each.start, each.end - each.start) / voices.LOUDNESS)
        assert heard == pytest.approx(gain, abs=0.3)


def test_noise_is_as_far_below_the_speech_as_asked() -> None:
    spoken = np.concatenate([burst(2), np.zeros(10 * RATE, np.float32)])
    heard = noise.with_noise(spoken, noise.pink(12, 5), 9)
    added = heard - spoken
    powers = np.mean(spoken[: 2 * RATE] ** 2), np.mean(added**2)
    assert 10 * np.log10(powers[0] / powers[1]) == pytest.approx(9, abs=0.1)


@pytest.mark.parametrize("seconds", [0.5, 3.0])
def test_noises_last_as_long_as_asked_and_are_equally_loud(seconds: float) -> None:
    made = [
        noise.white(seconds, 1),
        noise.pink(seconds, 1),
        noise.hum(seconds),
        noise.tone(seconds),
        noise.babble(seconds, itertools.repeat(burst(0.7))),
    ]
    for each in made:
        assert len(each) == samples(seconds)
        assert np.mean(each**2) == pytest.approx(1, rel=0.001)


def test_the_start_of_every_spliced_word_is_known(tmp_path: Path) -> None:
    choose = random.Random(2)
    words = [
        clip(tmp_path / f"{n}.wav", "Ann", padded(burst(0.3, n)), name)
        for n, name in enumerate(["one", "two", "six"])
    ]
    said = [
        phrase(choose, words, samples(1), (0.1, 0.4)),
        phrase(choose, words[::-1], samples(5), (0.1, 0.4)),
    ]
    made = recording(tmp_path, "words", "onsets", sound(said), said)
    assert [onset.word for onset in made.onsets] == ["one", "two", "six", "six", "two", "one"]
    assert [utterance.text for utterance in made.utterances] == ["one two six", "six two one"]
    assert made.onsets[0].start == made.utterances[0].start == 1
    for onset in made.onsets:
        assert level(made, onset.start - 0.05, 0.05) == 0
        assert level(made, onset.start, 0.01) > 0.03


def test_a_word_that_begins_under_another_voice_or_in_doubt_has_no_known_start(
    tmp_path: Path,
) -> None:
    swelling = burst(1) * np.linspace(0, 1, RATE, dtype=np.float32) ** 2
    clear = clip(tmp_path / "clear.wav", "Ann", padded(burst(2)), "clear")
    soft = clip(tmp_path / "soft.wav", "Ben", padded(swelling), "soft")
    choose = random.Random(0)
    said = [
        phrase(choose, [each], samples(at), (0, 0))
        for each, at in ((clear, 1), (soft, 4), (clear, 7), (clear, 8))
    ]
    assert [onset.start for onset in onsets(said)] == [1, 7]


def test_a_later_conversation_is_the_same_but_later(tmp_path: Path) -> None:
    said = talk(tmp_path, 5, Style())
    assert end(late(said, 40)) == pytest.approx(end(said) + 40)
    assert [u.start - 40 for u in utterances(late(said, 40))] == pytest.approx(
        [u.start for u in utterances(said)]
    )


def test_a_clip_is_cut_where_its_sound_begins_and_ends() -> None:
    cut = trimmed(padded(burst(1.5)))
    assert cut.seconds == pytest.approx(1.5, abs=2 * EXACT)
    assert np.abs(cut.samples[: samples(EXACT)]).max() > 0
    assert cut.doubt <= EXACT


def test_a_clip_with_a_soft_beginning_or_much_noise_is_in_doubt() -> None:
    swelling = burst(1) * np.linspace(0, 1, RATE, dtype=np.float32) ** 2
    assert 0.05 < trimmed(padded(swelling)).doubt < 1
    assert trimmed(padded(burst(1)) + burst(3, 9) * np.float32(0.05)).doubt == np.inf


def test_the_longest_pause_within_a_clip_is_measured() -> None:
    gap = np.zeros(samples(0.7), np.float32)
    assert trimmed(padded(burst(1), gap, burst(1), gap[:4000], burst(1))).pause == pytest.approx(
        0.7, abs=2 * EXACT
    )


def test_silence_is_a_clip_without_sound() -> None:
    assert (
        trimmed(np.zeros(RATE, np.float32)).seconds
        == trimmed(np.zeros(10, np.float32)).seconds
        == 0
    )


def test_a_sound_is_in_one_half_under_any_name(tmp_path: Path) -> None:
    halves = []
    for number in range(40):
        one, two = (
            clip(tmp_path / f"{name}-{number}.wav", "Ann", burst(0.1, number)) for name in "ab"
        )
        assert one.half == two.half
        halves.append(one.half)
    assert 10 < halves.count("test") < 30


def test_no_voice_is_in_the_crowds_of_both_halves() -> None:
    assert set(sets.CROWDS["tune"]).isdisjoint(sets.CROWDS["test"])
    assert all(max(sets.CROWD_SIZES[split]) <= len(people) for split, people in sets.CROWDS.items())


def test_a_deck_gives_every_fitting_clip_before_it_repeats_one(tmp_path: Path) -> None:
    fitting = [clip(tmp_path / f"{n}.wav", "Ann", padded(burst(1, n))) for n in range(4)]
    short = clip(tmp_path / "short.wav", "Ann", padded(burst(0.3)))
    few_words = clip(tmp_path / "few.wav", "Ann", padded(burst(1)), "two words")
    halting = clip(
        tmp_path / "halting.wav", "Ann", padded(burst(1), np.zeros(RATE, np.float32), burst(1))
    )
    dealt = deck(random.Random(1), [*fitting, short, few_words, halting])
    assert {next(dealt).path for _ in range(4)} == {each.path for each in fitting}
    with pytest.raises(ValueError, match="none of the clips fits"):
        next(deck(random.Random(1), [short]))


def test_texts_of_prompts_are_read_without_comments(tmp_path: Path) -> None:
    listed = (
        tmp_path
        / "asterisk-core-sounds-it/usr/share/doc/asterisk-core-sounds-it/core-sounds-it.txt.gz"
    )
    listed.parent.mkdir(parents=True)
    listed.write_bytes(
        gzip.compress("\ufeff; Italiano\n\nagent-pass: La password: qui.\nbeep: [tono]\n".encode())
    )
    assert voices.prompt_texts(tmp_path, "it") == {
        "agent-pass": "La password: qui.",
        "beep": "[tono]",
    }


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("All circuits are busy.", True),
        ("[a beep]", False),
        ("(ahooga)", False),
        ("press # to exit", False),
        ("...", False),
    ],
)
def test_what_is_no_plain_speech_is_recognised_by_its_text(text: str, spoken: bool) -> None:
    assert voices.is_speech(text) is spoken


def test_dialogues_are_read_from_their_script(tmp_path: Path) -> None:
    script = tmp_path / "dialogs_nl.lua"
    script.write_text(
        'dialogId("a-m-b", "font_small", "A \\"ship\\"?")\ndialogStr("Een \\"schip\\"?")\n\n'
    )
    assert voices.dialogue_texts(script) == {"a-m-b": 'Een "schip"?'}


def test_the_quick_set_needs_no_package_and_knows_its_words(tmp_path: Path) -> None:
    made = {each.name: each for each in sets.quick(tmp_path)}
    assert all(each.audio.exists() for each in made.values())
    assert [
        len(made[f"nothing-{name}"].utterances) for name in ("silence", "loud-noise", "tone")
    ] == [0, 0, 0]
    once, twice, later = (
        made[name].utterances for name in ("sample", "sample-twice", "sample-after-silence")
    )
    assert len(" ".join(str(turn.text) for turn in once).split()) == 81
    assert [turn.start - 40 for turn in later] == pytest.approx([turn.start for turn in once])
    assert [turn.start - 35 for turn in twice[10:]] == pytest.approx([turn.start for turn in once])
    assert made["sample-respliced"].onsets


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of commands, and no other commands."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    yield tmp_path / "bin"


def test_a_machine_without_apt_shows_what_it_lacks(tmp_path: Path, commands: Path) -> None:
    with pytest.raises(packages.PackagesMissing, match="not on this machine: apt-get, dpkg-deb"):
        packages.unpacked(tmp_path / "cache")


def test_a_package_that_cannot_be_had_is_named(tmp_path: Path, commands: Path) -> None:
    for name in ("apt-get", "dpkg-deb"):
        (commands / name).write_text(
            "#!/bin/sh\necho 'E: Unable to locate package fillets-ng-data' >&2\nexit 100\n"
        )
        (commands / name).chmod(0o755)
    with pytest.raises(packages.PackagesMissing, match="Unable to locate package fillets-ng-data"):
        packages.unpacked(tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_what_is_unpacked_already_is_not_fetched_again(tmp_path: Path, commands: Path) -> None:
    for package in packages.PACKAGES:
        (tmp_path / "cache" / package).mkdir(parents=True)
    assert packages.unpacked(tmp_path / "cache") == tmp_path / "cache"
