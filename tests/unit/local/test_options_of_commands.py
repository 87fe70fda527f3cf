"""`run` and `redrive` refuse a bad option before they start, upload or change anything."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from local.chosen_options import chosen_options
from local.cli import main


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


BAD_OPTIONS = [
    ("speakrs=2", "Error: --set: there is no option 'speakrs'; did you mean 'speakers'?"),
    ("order-id=2", "Error: --set: there is no option 'order-id' (known: caption-"),
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
    chosen = chosen_options(["Language=EN", "x-order-id=77"])
    assert chosen == ({"language": "EN"}, {"order-id": "77"})


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
