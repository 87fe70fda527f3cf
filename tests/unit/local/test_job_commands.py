"""`run` and `redrive` refuse a bad option before they start, upload or change anything."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from local.cli import main
from local.job_commands import chosen_options
from local.layout import INBOX
from local.progress import check_options
from shared.adapters.memory import MemoryBlobs
from shared.model.errors import BadOption


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
        (b'{"channels": "split"}', {"speakers": "2"}, "^the options together: speakers is given"),
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
