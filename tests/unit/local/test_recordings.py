"""Folders are uploaded with their paths, and an options.json only ever holds options."""

import json
from pathlib import Path

import pytest
from pydantic import JsonValue

from local.recordings import recordings
from shared.model.errors import BadOption
from shared.model.options import resolve

OF_FOLDER: dict[str, JsonValue] = {
    "_comment": ["ours"],
    "Diarize": False,
    "language": None,
    "speakers": 3,
    "formats": ["srt", "openai"],
    "replacements": {"teh": "the"},
    "hotwords": ["etcd", "Kubernetes"],
}


def write(folder: Path, *names: str) -> None:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"sound")


def test_the_names_of_a_folder_begin_with_its_own(tmp_path: Path) -> None:
    write(tmp_path, "calls/a.wav", "calls/deep/b.mp3", "c.wav")
    found = recordings([tmp_path / "calls", tmp_path / "c.wav"], "team/", {}, tmp_path / "out")
    assert [each.name for each in found] == [
        "team/calls/a.wav",
        "team/calls/deep/b.mp3",
        "team/c.wav",
    ]


def test_the_current_folder_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.wav")
    monkeypatch.chdir(tmp_path)
    assert [each.name for each in recordings([Path()], "", {}, Path("out"))] == ["a.wav"]


def test_a_folder_is_searched_for_what_may_have_sound(tmp_path: Path) -> None:
    sound = ["a.wav", "b.MP4", "c.amr", "d", "e.ogg", "f.ts", "g.mxf"]
    other = ["h.txt", "i.pdf", "j.jpg", "k.json", ".l.wav", ".hidden/m.wav", "n.zip"]
    write(tmp_path / "x", *sound, *other, "out/o.wav")
    found = recordings([tmp_path / "x"], "", {}, tmp_path / "x" / "out")
    assert [each.path.name for each in found] == sound


def test_a_file_that_is_named_is_uploaded_whatever_its_name_says(tmp_path: Path) -> None:
    write(tmp_path, "i.pdf")
    assert len(recordings([tmp_path / "i.pdf"], "", {}, tmp_path / "out")) == 1


def test_the_nearest_options_file_holds_the_options(tmp_path: Path) -> None:
    write(tmp_path, "x/a.wav", "x/deep/b.wav", "x/deep/deeper/c.wav", "other/d.wav")
    (tmp_path / "x/options.json").write_text('{"speakers": 2, "diarize": true}')
    (tmp_path / "x/deep/options.json").write_text('{"language": "de"}')
    paths = [tmp_path / "x", tmp_path / "other"]
    found = {each.path.name: each.options for each in recordings(paths, "", {}, tmp_path / "out")}
    assert found == {
        "a.wav": {"speakers": 2, "diarize": True},
        "b.wav": {"language": "de"},
        "c.wav": {"language": "de"},
        "d.wav": {},
    }


def test_an_options_file_means_the_same_as_in_the_inbox(tmp_path: Path) -> None:
    write(tmp_path, "a.wav")
    (tmp_path / "options.json").write_text(json.dumps(OF_FOLDER))
    files = [tmp_path / "a.wav", tmp_path / "options.json"]
    (found,) = recordings(files, "", {"speakers": "2"}, tmp_path / "out")
    expected = dict(OF_FOLDER, speakers=2)
    del expected["_comment"]
    assert resolve({"": dict(found.options)})[0] == resolve({"": expected})[0]


def test_a_wrong_options_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "options.json"
    file.write_text('{"langauge": "en"}')
    with pytest.raises(BadOption, match=r"options[.]json: there is no option 'langauge'"):
        recordings([file], "", {}, tmp_path / "out")
