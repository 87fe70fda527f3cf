"""Options: layers, origins, limits, and which stage is passed which."""

import json
import re
from pathlib import Path

import pytest
from pydantic import JsonValue

from functions.align.stage import AlignParams
from functions.diarize.stage import DiarizeParams
from functions.finalize.formats.writers import WRITERS
from functions.prepare.stage import PrepareParams
from functions.transcribe.detect import DetectParams
from functions.transcribe.stage import TranscribeParams
from shared.jobs.inbox import is_recording, options_paths
from shared.model.contracts import Params
from shared.model.errors import BadOption
from shared.model.formats import DEFAULT_FORMATS, FORMATS
from shared.model.options import (
    Options,
    option_names,
    params_for,
    plan_stages,
    read_options_file,
    resolve,
    without_upload_metadata,
)


def test_the_nearest_layer_wins_and_every_option_tells_its_origin() -> None:
    options, chosen = resolve(
        {
            "deployment": {"language": "en", "diarize": False},
            "team/options.json": {"language": "de", "speakers": 3},
            "object metadata": {"speakers": "2"},
        }
    )
    assert options == Options(language="de", diarize=False, speakers=2)
    origins = {
        name: choice.origin for name, choice in chosen.items() if choice.origin != "built in"
    }
    assert origins == {
        "language": "team/options.json",
        "diarize": "deployment",
        "speakers": "object metadata",
    }
    assert chosen["task"].value == "transcribe"


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        ({"languge": "en"}, "there is no option 'languge' (known: channels, diarize,"),
        ({"language": "English"}, "language: String should match"),
        ({"speakers": "many"}, "speakers: Input should be a valid integer"),
        ({"speakers": "0"}, "speakers: Input should be greater than or equal to 1"),
        ({"model": "/etc"}, "model: String should match"),
        ({"model": "../up"}, "model: String should match"),
        ({"task": "summarise"}, "task: Input should be 'transcribe' or 'translate'"),
        ({"min-speakers": "4", "max-speakers": "2"}, "min-speakers is 4 and max-speakers is 2"),
        ({"track": "0"}, "track: Input should be greater than or equal to 1"),
        ({"track": "second"}, "track: Input should be a valid integer"),
        ({"channels": "left"}, "channels: Input should be 'mix' or 'split'"),
        ({"channels": "split", "speakers": "2"}, "speakers is given and channels is split"),
        (
            {"formats": "srt,docx"},
            "formats: there is no format 'docx' (known: srt, vtt, txt, rttm, ctm, whisperx, openai",
        ),
        ({"formats": "json"}, "transcript.json is always written"),
        ({"formats": "SRT"}, "formats: there is no format 'SRT'"),
        ({"formats": [1]}, "formats.0: Input should be a valid string"),
        ({"formats": {"srt": "yes"}}, "formats: Input should be a valid tuple"),
        ({"replacements": "teh=the"}, "replacements: expected"),
        ({"replacements": "[" * 4000}, "replacements: "),
        ({"replacements": '["teh"]'}, "replacements: Input should be a valid dictionary"),
        ({"replacements": '{"teh": 1}'}, "replacements.teh: Input should be a valid string"),
        ({"replacements": '{" ": "the"}'}, "replacements: what to find must not be blank"),
        (
            {"replacements": {"a" * 201: ""}},
            "replacements: a text of a rule has at most 200 characters",
        ),
        (
            {"replacements": {"a": "b" * 201}},
            "replacements: a text of a rule has at most 200 characters",
        ),
        (
            {"replacements": {str(n): "" for n in range(201)}},
            "replacements: 201 rules; the limit is 200",
        ),
    ],
)
def test_a_wrong_option_is_named_with_its_origin(layer: dict[str, JsonValue], says: str) -> None:
    with pytest.raises(BadOption) as refused:
        resolve({"object metadata": layer})
    assert str(refused.value).startswith("object metadata: ")
    assert says in str(refused.value)


def test_options_of_two_layers_must_agree_too() -> None:
    with pytest.raises(
        BadOption, match="the options together: min-speakers is 4 and max-speakers is 2"
    ):
        resolve({"deployment": {"min-speakers": 4}, "object metadata": {"max-speakers": "2"}})


@pytest.mark.parametrize(
    ("given", "formats"),
    [
        ("srt, whisperx,srt,", ("srt", "whisperx")),
        (["openai", "vtt", "openai"], ("openai", "vtt")),
        ("", ()),
        ([], ()),
    ],
)
def test_formats_are_a_list_or_stand_with_commas(
    given: JsonValue, formats: tuple[str, ...]
) -> None:
    assert resolve({"object metadata": {"formats": given}})[0].formats == formats


def test_every_known_format_is_written_and_the_usual_ones_are_built_in() -> None:
    assert WRITERS.keys() == FORMATS.keys()
    assert resolve({})[0].formats == DEFAULT_FORMATS


@pytest.mark.parametrize("given", [{"teh": "the", "colour": ""}, '{"teh": "the", "colour": ""}'])
def test_replacements_are_an_object_or_stand_as_json(given: JsonValue) -> None:
    assert resolve({"object metadata": {"replacements": given}})[0].replacements == {
        "teh": "the",
        "colour": "",
    }


def test_as_many_and_as_long_replacements_as_allowed_are_taken() -> None:
    rules: JsonValue = {f"{n:200}": "x" * 200 for n in range(200)}
    assert resolve({"a": {"replacements": rules}})[0].replacements == rules


def test_lists_and_objects_are_told_as_such_whatever_they_were_given_as() -> None:
    _, chosen = resolve(
        {
            "deployment": {"formats": ["vtt"]},
            "object metadata": {"formats": "srt,ctm", "replacements": '{"a": "b"}'},
        }
    )
    assert json.loads(chosen["formats"].model_dump_json()) == {
        "value": ["srt", "ctm"],
        "origin": "object metadata",
    }
    assert chosen["replacements"].value == {"a": "b"}
    assert resolve({})[1]["formats"].value == list(DEFAULT_FORMATS)


def test_hyphens_and_underscores_are_one() -> None:
    assert resolve({"a": {"min_speakers": 1}, "b": {"min-speakers": 2}})[0].min_speakers == 2


def test_what_upload_tools_add_is_no_option() -> None:
    assert without_upload_metadata(
        {"goog-reserved-file-mtime": "1", "mtime": "2", "language": "en"}
    ) == {"language": "en"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[1]",
        b'"en"',
        b'{"a": {"b": 1}}',
        b'{"a": [["b"]]}',
        b'{"a": {"b": {"c": "d"}}}',
        b"[" * 50_000,
        b'{"a": ' + b"[" * 50_000,
        b'"' + b"x" * 70_000 + b'"',
    ],
)
def test_a_broken_options_file_is_named(data: bytes) -> None:
    with pytest.raises(BadOption, match=r"^a/options[.]json is"):
        read_options_file(data, "a/options.json")


def test_a_value_of_a_wrong_shape_is_named() -> None:
    with pytest.raises(BadOption, match="wrong at 'replacements': a value is plain"):
        read_options_file(b'{"language": "en", "replacements": {"teh": 1}}', "options.json")


def test_an_options_file_may_hold_a_list_and_an_object_of_texts() -> None:
    data = {"formats": ["srt"], "replacements": {"teh": "the"}}
    assert read_options_file(json.dumps(data).encode(), "options.json") == data


def test_an_options_file_is_a_flat_object() -> None:
    assert read_options_file(
        b'{"language": "en", "diarize": false, "speakers": 2}', "options.json"
    ) == {
        "language": "en",
        "diarize": False,
        "speakers": 2,
    }


def test_options_are_looked_for_up_the_path() -> None:
    assert list(options_paths("a/b/c.mp3")) == [
        "a/b/options.json",
        "a/options.json",
        "options.json",
    ]
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


PARAMS: dict[str, type[Params]] = {
    "prepare": PrepareParams,
    "detect": DetectParams,
    "transcribe": TranscribeParams,
    "align": AlignParams,
    "diarize": DiarizeParams,
}
EVERYTHING = Options(
    language="multi",
    model="large-v3",
    task="translate",
    initial_prompt="Dear",
    hotwords="etcd",
    min_speakers=2,
    max_speakers=3,
    speakers=2,
    formats=("srt",),
    replacements={"a": "b"},
)


def test_a_stage_is_passed_only_the_options_that_change_its_result() -> None:
    plan = plan_stages(EVERYTHING, {})
    assert plan == {
        "detect": {"task": "detect", "model": "large-v3"},
        "transcribe": {
            "language": "multi",
            "model": "large-v3",
            "task": "translate",
            "initial_prompt": "Dear",
            "hotwords": "etcd",
        },
        "align": {"task": "translate"},
        "diarize": {"speakers": 2, "min_speakers": 2, "max_speakers": 3},
        "finalize": {"options": {}},
    }
    assert params_for("prepare", EVERYTHING) == {"channels": "mix", "track": None}


@pytest.mark.parametrize(
    ("options", "skipped"),
    [
        (Options(), set()),
        (Options(language="multi"), set()),
        (Options(language="de"), {"detect"}),
        (Options(diarize=False), {"diarize"}),
        (Options(channels="split"), {"diarize"}),
    ],
)
def test_a_stage_that_is_not_needed_is_skipped(options: Options, skipped: set[str]) -> None:
    plan = plan_stages(options, {})
    assert {stage for stage, params in plan.items() if params is None} == skipped


def test_finalize_is_passed_every_option_with_its_origin() -> None:
    options, resolved = resolve({"deployment": {"language": "en"}})
    finalize = plan_stages(options, resolved)["finalize"]
    assert finalize is not None and isinstance(finalize["options"], dict)
    assert set(finalize["options"]) == set(option_names())
    assert finalize["options"]["language"] == {"value": "en", "origin": "deployment"}


@pytest.mark.parametrize("stage", PARAMS)
def test_every_parameter_of_a_stage_is_passed(stage: str) -> None:
    """The other parameters of prepare are settings."""
    wanted = set(PARAMS[stage].model_fields) - {"part"}
    wanted -= {"chunk_seconds", "span_seconds", "max_seconds"}
    assert set(params_for(stage, Options())) == wanted


def test_every_option_is_documented() -> None:
    page = (Path(__file__).parents[4] / "docs" / "options.md").read_text()
    section = page.partition("## Options of a recording\n")[2].partition("\n## ")[0]
    assert re.findall(r"(?m)^\| `([\w-]+)` \|", section) == option_names()
