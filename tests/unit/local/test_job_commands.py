"""`run` and `redrive` refuse a bad option before they start, upload or change anything."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import JsonValue

from local.cli import main
from local.job_commands import chosen_options
from local.layout import INBOX
from local.progress import check_options
from local.recordings import metadata_by_recording
from shared.adapters.memory import MemoryBlobs
from shared.model.errors import BadOption
from shared.model.object_metadata import read_metadata
from shared.model.options import resolve


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Returns the folder of a cloud that has never been started."""
    folder = tmp_path / "home"
    monkeypatch.setenv("DROPSCRIBE_HOME", str(folder))
    return folder


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


BAD_OPTIONS = [
    ("speakrs=2", "Error: --set: there is no option 'speakrs'; did you mean 'speakers'?"),
    ("order-id=2", "Error: --set: there is no option 'order-id' (known: channels,"),
    ("language=klingon", "Error: --set: language is 'klingon'; expected one language such as en"),
    ("diarize=perhaps", "Error: --set: diarize is 'perhaps'; expected true or false"),
    ("speakers", "Error: --set: 'speakers' is not KEY=VALUE"),
    ("=2", "Error: --set: '=2' is not KEY=VALUE"),
]


@pytest.mark.parametrize(("option", "says"), BAD_OPTIONS)
@pytest.mark.parametrize("command", ["run", "redrive"])
def test_a_bad_option_is_refused_at_once(
    home: Path, tmp_path: Path, command: str, option: str, says: str
) -> None:
    recording = tmp_path / "a.wav"
    recording.write_bytes(b"sound")
    result = call(command, str(recording), "--set", option)
    assert (result.exit_code, home.exists()) == (2, False)
    assert says in result.output


def test_an_option_may_be_given_once_only(home: Path) -> None:
    result = call("redrive", "a-job", "--set", "speakers=2", "--set", "speakers=3")
    assert result.exit_code == 2 and "--set: speakers is given twice" in result.output


@pytest.mark.parametrize(
    "arguments", [("--set", "language=en-US"), ("--reset-options",), ("--set", "diarize=No")]
)
def test_a_good_option_is_not_what_a_redrive_is_refused_for(
    home: Path, arguments: tuple[str, ...]
) -> None:
    result = call("redrive", "a-job", *arguments)
    assert result.exit_code == 1 and "the one-machine cloud is not up" in result.output


def test_tags_are_set_like_options() -> None:
    chosen = {"language": "EN", "x-order-id": "77"}
    assert chosen_options([f"{key}={value}" for key, value in chosen.items()]) == chosen


@pytest.mark.parametrize(
    ("content", "metadata", "says"),
    [
        (b"[1]", {}, r"^options[.]json is a list"),
        (b'{"langage": "en"}', {}, r"^options[.]json: there is no option 'langage'"),
        (b'{"channels": "split"}', {"speakers": "2"}, "^the options together: speakers is 2"),
        (b'{"language": "klingon"}', {"x-order": "1"}, r"^options[.]json: language is 'klingon'"),
    ],
)
def test_what_the_options_file_in_the_inbox_makes_wrong_is_found_before_the_upload(
    content: bytes, metadata: dict[str, str], says: str
) -> None:
    blobs = MemoryBlobs()
    check_options(Path("a.wav"), metadata, blobs)
    blobs.put(f"gs://{INBOX}/options.json", content, if_generation_match=0)
    with pytest.raises(BadOption, match=says):
        check_options(Path("a.wav"), metadata, blobs)


def test_an_option_of_the_command_overrides_a_wrong_one_in_the_inbox() -> None:
    blobs = MemoryBlobs()
    blobs.put(f"gs://{INBOX}/options.json", b'{"language": "klingon"}', if_generation_match=0)
    check_options(Path("a.wav"), {"language": "en"}, blobs)


OF_FOLDER: dict[str, JsonValue] = {
    "_comment": ["ours"],
    "Diarize": False,
    "language": None,
    "speakers": 3,
    "formats": ["srt", "openai"],
    "replacements": {"teh": "the"},
    "hotwords": ["etcd", "Kubernetes"],
}


def test_an_options_file_among_the_files_holds_the_options_of_its_folder(tmp_path: Path) -> None:
    """In the inbox it would be in force for every recording from then on."""
    (tmp_path / "options.json").write_text(json.dumps(OF_FOLDER))
    inside, outside = tmp_path / "a.wav", tmp_path / "other" / "b.wav"
    chosen = {"Speakers": "2", "x-order-id": "77"}
    files = [inside, tmp_path / "options.json", outside]
    metadata = metadata_by_recording(files, chosen)
    assert metadata.keys() == {inside, outside}
    assert metadata[outside] == {"speakers": "2", "x-order-id": "77"}

    expected = dict(OF_FOLDER, speakers=2)
    del expected["_comment"]
    read = read_metadata(metadata[inside])
    assert (read.tags, read.warnings) == ({"x-order-id": "77"}, ())
    assert resolve({"": read.options})[0] == resolve({"": expected})[0]


def test_a_bad_options_file_among_the_files_is_refused_at_once(home: Path, tmp_path: Path) -> None:
    options_file, recording = tmp_path / "options.json", tmp_path / "a.wav"
    recording.write_bytes(b"sound")
    options_file.write_text('{"langauge": "en"}')
    result = call("run", str(recording), str(options_file))
    assert (result.exit_code, home.exists()) == (2, False)
    assert f"{options_file}: there is no option 'langauge'" in result.output
    options_file.write_text("{}")
    alone = call("run", str(options_file))
    assert alone.exit_code == 2 and "there is no recording among the files" in alone.output
