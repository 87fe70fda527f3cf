import pytest

from functions.prepare.options import Options, ours, read_folder, resolve
from shared.errors import BadOption
from shared.inbox import is_recording, options_paths


def test_the_nearest_layer_wins_and_every_option_tells_its_origin() -> None:
    options, chosen = resolve(
        {
            "deployment": {"language": "en", "diarize": False},
            "team/options.json": {"language": "de", "speakers": 3},
            "object metadata": {"speakers": "2"},
        }
    )
    assert options == Options(language="de", diarize=False, speakers=2)
    origins = {name: choice.origin for name, choice in chosen.items() if choice.origin != "built in"}
    assert origins == {"language": "team/options.json", "diarize": "deployment", "speakers": "object metadata"}
    assert chosen["task"].value == "transcribe"


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        ({"languge": "en"}, "there is no option 'languge' (known: diarize,"),
        ({"language": "English"}, "language: String should match"),
        ({"speakers": "many"}, "speakers: Input should be a valid integer"),
        ({"speakers": "0"}, "speakers: Input should be greater than or equal to 1"),
        ({"model": "/etc"}, "model: String should match"),
        ({"model": "../up"}, "model: String should match"),
        ({"task": "summarise"}, "task: Input should be 'transcribe' or 'translate'"),
        ({"min-speakers": "4", "max-speakers": "2"}, "min-speakers is 4 and max-speakers is 2"),
    ],
)
def test_a_wrong_option_is_named_with_its_origin(layer: dict[str, str], says: str) -> None:
    with pytest.raises(BadOption) as refused:
        resolve({"object metadata": layer})
    assert str(refused.value).startswith("object metadata: ")
    assert says in str(refused.value)


def test_options_of_two_layers_must_agree_too() -> None:
    with pytest.raises(BadOption, match="the options together: min-speakers is 4 and max-speakers is 2"):
        resolve({"deployment": {"min-speakers": 4}, "object metadata": {"max-speakers": "2"}})


def test_hyphens_and_underscores_are_one() -> None:
    assert resolve({"a": {"min_speakers": 1}, "b": {"min-speakers": 2}})[0].min_speakers == 2


def test_what_upload_tools_add_is_no_option() -> None:
    assert ours({"goog-reserved-file-mtime": "1", "mtime": "2", "language": "en"}) == {"language": "en"}


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[1]", b'"en"', b'{"a": {"b": 1}}', b"[" * 50_000, b'"' + b"x" * 70_000 + b'"']
)
def test_a_broken_options_file_is_named(data: bytes) -> None:
    with pytest.raises(BadOption, match=r"^a/options[.]json is"):
        read_folder(data, "a/options.json")


def test_an_options_file_is_a_flat_object() -> None:
    assert read_folder(b'{"language": "en", "diarize": false, "speakers": 2}', "options.json") == {
        "language": "en",
        "diarize": False,
        "speakers": 2,
    }


def test_options_are_looked_for_up_the_path() -> None:
    assert list(options_paths("a/b/c.mp3")) == ["a/b/options.json", "a/options.json", "options.json"]
    assert list(options_paths("c.mp3")) == ["options.json"]


@pytest.mark.parametrize(
    ("name", "recording"),
    [
        ("call.mp3", True),
        ("a/b/c", True),
        ("options.json.wav", True),
        ("my-options.json", True),
        ("folder/", False),
        ("options.json", False),
        ("a/options.json", False),
        ("gcloud/tmp/parallel_composite_uploads/see/part_1", False),
        ("gsutil/tmp/parallel_composite_uploads/x", False),
        ("a/gcloud/tmp/parallel_composite_uploads/x", True),
    ],
)
def test_what_is_a_recording(name: str, recording: bool) -> None:
    assert is_recording(name) is recording
