"""The split of real recordings puts each voice into one half, and recognises files by content."""

import json
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.evaluation import split
from benchmarks.evaluation.catalogue import Entry, digest, entries
from tests.support.recordings import silence, wav

COMMITTED = json.loads(split.FILE.read_text("utf-8"))
HEADER = "file\tspeakers\tlang\ttruth\tspeaker_ids\trate\trepo\n"


def single(home: Path, name: str, *voices: str) -> Entry:
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(name.encode())
    return Entry(path, name, source=name.partition("/")[0], language="en", voices=voices)


def test_the_committed_halves_have_as_many_women_as_men_and_share_no_content() -> None:
    kinds = Counter((voice["half"], voice["sex"]) for voice in COMMITTED["voices"].values())
    for sex in "FM":
        assert abs(kinds["tune", sex] - kinds["test", sex]) <= 1

    files = COMMITTED["files"].values()
    assert len({file["sha256"] for file in files}) == len(files) == 427
    hashes = split.half_by_digest()
    assert Counter(hashes.values()) == Counter(file["half"] for file in files)


def test_recordings_of_several_people_are_in_the_half_they_were_assigned() -> None:
    halves = {name: file["half"] for name, file in COMMITTED["files"].items()}
    for name in ("voxconverse_aepyx/aepyx_8k.flac", "picovoice/leopard_diarization_test.flac"):
        assert halves[name] == "test"
    ami = [half for name, half in halves.items() if "pyannote_debug_ami" in name]
    assert Counter(ami) == {"tune": 3, "test": 6}


def test_half_of_the_voices_of_each_kind_are_drawn_and_all_files_of_a_voice_go_with_it(
    tmp_path: Path,
) -> None:
    names = [f"readers/{voice}-{number}.wav" for voice in "abcdef" for number in (1, 2)]
    found = [single(tmp_path, name, name[8]) for name in names]
    made = split.drawn(found, {"a": "F", "b": "F", "c": "M", "d": "M"})
    halves = Counter((voice["half"], voice["sex"]) for voice in made["voices"].values())
    assert set(halves.values()) == {1} and len(halves) == 6
    for name in names:
        assert made["files"][name]["half"] == made["voices"][name[8]]["half"]
    assert made == split.drawn(found, {"a": "F", "b": "F", "c": "M", "d": "M"})


def test_a_voice_in_both_halves_is_refused(tmp_path: Path) -> None:
    both = [single(tmp_path, "azure/a.wav", "Ann"), single(tmp_path, "aws_pca/b.wav", "Ann")]
    with pytest.raises(ValueError, match="in both halves: azure/a"):
        split.drawn(both, {})


def test_a_recording_is_recognised_by_its_content_and_is_test_if_unknown(tmp_path: Path) -> None:
    listed = split.drawn([single(tmp_path, "aws_pca/call.wav")], {})
    (tmp_path / "split.json").write_text(split.as_json(listed))
    assert json.loads((tmp_path / "split.json").read_text()) == listed
    other_name = tmp_path / "elsewhere.wav"
    other_name.write_bytes(b"aws_pca/call.wav")
    halves = split.half_by_digest(tmp_path / "split.json")
    assert halves == {digest(other_name): "tune"}
    assert split.half(other_name) == "test"


def test_a_manifest_tells_names_numbers_and_languages_only_where_they_are_exact(
    tmp_path: Path,
) -> None:
    (tmp_path / "MANIFEST.tsv").write_text(
        HEADER
        + "b/two.wav\t2\ten,zh\tb/two.rttm\tAnn; Ben\t8000\tx/y\n"
        + 'a/some.wav\t1-2\t"en\t\t\t44100\tx/y\n'
    )
    some, two = entries(tmp_path)
    assert (some.speakers, some.language, some.voices, some.telephone) == (None, None, (), False)
    assert (two.speakers, two.language, two.voices, two.telephone) == (
        2,
        None,
        ("Ann", "Ben"),
        True,
    )
    assert (two.source, two.truth, some.truth) == ("b", tmp_path / "b/two.rttm", None)


def test_without_a_manifest_the_turns_name_the_people(tmp_path: Path) -> None:
    (tmp_path / "all.rttm").write_text(
        "SPEAKER call 1 1 2 <NA> <NA> Ann <NA> <NA>\nSPEAKER gone 1 3 4 <NA> <NA> Ben <NA> <NA>\n"
    )
    (tmp_path / "call.wav").write_bytes(wav(silence(1)))
    (call,) = entries(tmp_path)
    assert (call.voices, call.speakers, call.source) == (("Ann",), 1, tmp_path.name)
