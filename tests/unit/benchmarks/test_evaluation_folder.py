"""A folder of recordings and truth files is read correctly; unusable files are named."""

from pathlib import Path

import pytest

from benchmarks.evaluation import folder
from benchmarks.evaluation.truth import Recording
from benchmarks.evaluation.voices import RATE
from tests.support.recordings import silence, speech, wav


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A folder with ten seconds of a call, under two names."""
    for name in ("call", "other"):
        (tmp_path / f"{name}.wav").write_bytes(wav(speech()[: 10 * RATE]))
    return tmp_path


def read_one(home: Path, name: str) -> Recording:
    found, _ = folder.read(home, "test")
    (one,) = [each for each in found if each.name == name]
    return one


def test_turns_and_words_from_two_files_are_joined_though_they_name_people_differently(
    given: Path,
) -> None:
    (given / "call.rttm").write_text(
        "SPEAKER x 1 1.0 2.0 <NA> <NA> s1 <NA> <NA>\nSPEAKER x 1 2.5 3.0 <NA> <NA> s2 <NA> <NA>\n"
        "SPEAKER x 1 7.0 0.5 <NA> <NA> s2 <NA> <NA>\n"
    )
    (given / "call.stm").write_text(
        ";; one two 3 4 a comment\n"
        "call 1 Ann 0.9 2.0 <o,f0> hello\n"
        "call 1 Ann 2.6 3.4 how are you\n"
        "call 1 Ben 3.0 5.0 fine\n"
        "call 1 Ben 6 7 ignore_time_segment_in_scoring\n"
    )
    made = read_one(given, "call-wav")
    assert [(turn.speaker, turn.start, turn.end, turn.text) for turn in made.utterances] == [
        ("s1", 1.0, 3.0, "hello how are you"),
        ("s2", 2.5, 5.5, "fine"),
        ("s2", 7.0, 7.5, ""),
    ]
    assert made.set == "given" and made.speakers_known and made.seconds == pytest.approx(10)


def test_one_rttm_serves_a_whole_folder_and_leaves_the_words_unknown(given: Path) -> None:
    (given / "all.rttm").write_text(
        "SPEAKER call 1 1 2 <NA> <NA> Ann <NA> <NA>\nSPEAKER other 1 3 4 <NA> <NA> Ben <NA> <NA>\n"
    )
    found, left_out = folder.read(given, "test")
    assert [(each.name, each.utterances[0].speaker, each.utterances[0].text) for each in found] == [
        ("call-wav", "Ann", None),
        ("other-wav", "Ben", None),
    ]
    assert not left_out


def test_a_text_alone_says_nothing_of_speakers(given: Path) -> None:
    (given / "call.lab").write_text("neither did i\n")
    made = read_one(given, "call-wav")
    assert [turn.text for turn in made.utterances] == ["neither did i"]
    assert not made.speakers_known


SHORT = """File type = "ooTextFile"
Object class = "TextGrid"

0
2
<exists>
2
"IntervalTier"
"phones"
0
2
1
0
2
"spn"
"IntervalTier"
"Ann - words"
0
2
3
0
0.25
""
0.25
1.5
"hello"
1.5
2
"there"
"""
LONG = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 2
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "TextTier"
        name = "words"
        xmin = 0
        xmax = 2
        points: size = 1
        points [1]:
            number = 1
            mark = "a click"
    item [2]:
        class = "IntervalTier"
        name = "words"
        xmin = 0
        xmax = 2
        intervals: size = 2
        intervals [1]:
            xmin = 0.25
            xmax = 1.5
            text = "hello"
        intervals [2]:
            xmin = 1.5
            xmax = 2
            text = "there"
"""


@pytest.mark.parametrize(
    ("grid", "encoding"), [(SHORT, "utf-8"), (LONG, "utf-8"), (LONG, "utf-16")]
)
def test_word_starts_are_read_from_either_form_of_a_textgrid(
    given: Path, grid: str, encoding: str
) -> None:
    (given / "call.TextGrid").write_text(grid, encoding)
    made = read_one(given, "call-wav")
    assert [(onset.word, onset.start) for onset in made.onsets] == [("hello", 0.25), ("there", 1.5)]
    assert made.utterances[0].text == "hello there"


def test_a_manifest_gives_the_language_and_a_text_that_is_marked_as_one(given: Path) -> None:
    (given / "MANIFEST.json").write_text(
        '[{"file": "call.wav", "language": "en", "reference": "text: Neither did I."},'
        ' {"file": "other.wav", "language": "en then de", "reference": "must contain a name"}]'
    )
    made = read_one(given, "call-wav")
    assert (made.language, made.utterances[0].language, made.utterances[0].text) == (
        "en",
        "en",
        "Neither did I.",
    )
    assert list(folder.read(given, "test")[1]) == ["other.wav"]


def test_what_cannot_be_measured_is_named_with_its_reason(
    given: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (given / "call.txt").write_text("neither did i")
    (given / "broken.wav").write_bytes(b"no sound at all")
    (given / "broken.txt").write_text("nothing")
    assert [each.name for each in folder.recordings(given, "test")] == ["call-wav"]
    told = capsys.readouterr().err.splitlines()
    assert told == [
        "left out broken.wav: the content is in no known audio or video format",
        "left out other.wav: nothing tells what is said in it, or who speaks when",
    ]


def test_a_folder_without_any_truth_is_refused(tmp_path: Path) -> None:
    (tmp_path / "call.wav").write_bytes(wav(silence(1)))
    with pytest.raises(folder.NothingGiven, match="nothing tells what is said"):
        folder.recordings(tmp_path, "test")


HEADER = "file\tspeakers\tlang\ttruth\ttruth_kind\n"


def test_a_manifest_of_many_sources_gives_sets_and_as_much_truth_as_is_known(
    tmp_path: Path,
) -> None:
    names = (
        "calls/turns.wav",
        "calls/count.wav",
        "calls/some.wav",
        "old/silver.wav",
        "de/text.wav",
    )
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(wav(silence(1)))
    for name in ("calls/turns.rttm", "old/silver.rttm"):
        (tmp_path / name).write_text(
            "SPEAKER x 1 0.1 0.4 <NA> <NA> Ann <NA> <NA>\n"
            "SPEAKER x 1 0.4 0.4 <NA> <NA> Ben <NA> <NA>\n"
        )
    (tmp_path / "de/text.tsv").write_text("file\tspeaker\tsex\ttext\ntext.wav\tE\tF\tguten Tag\n")
    rows = (
        "calls/turns.wav\t2\ten\tcalls/turns.rttm\tby hand\n",
        "calls/count.wav\t3\ten,zh\t\tnumber of speakers\n",
        "calls/some.wav\t1-2\ten\t\tnone\n",
        "old/silver.wav\t2\ten\told/silver.rttm\ttimes by a recogniser (silver)\n",
        "de/text.wav\t1\tde\tde/text.tsv\ttext\n",
    )
    (tmp_path / "MANIFEST.tsv").write_text(HEADER + "".join(rows))

    found, left_out = folder.catalogued(tmp_path, "test")
    by_name = {each.name: each for each in found}
    turns, count = by_name["calls-turns-wav"], by_name["calls-count-wav"]
    assert (turns.set, turns.people, turns.language) == ("calls", 2, "en")
    assert [(said.speaker, said.text) for said in turns.utterances] == [
        ("Ann", None),
        ("Ben", None),
    ]
    assert (count.people, count.speech_known, count.language) == (3, False, None)
    assert by_name["old-silver-wav"].set == "old-silver"
    text = by_name["de-text-wav"]
    assert ([said.text for said in text.utterances], text.people) == (["guten Tag"], 1)
    assert not text.speakers_known and all(each.real for each in found)
    assert list(left_out) == ["calls/some.wav"]
    assert folder.recordings(tmp_path, "test") == found


def test_recordings_of_the_other_half_are_left_out(
    given: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (given / "call.txt").write_text("neither did i")
    monkeypatch.setattr(folder, "half", lambda path: "tune")
    assert folder.read(given, "test") == ([], {})
    assert [each.name for each in folder.read(given, "tune")[0]] == ["call-wav"]
