"""Options: layers, origins, limits, and which stage is passed which."""

import json
import re
from pathlib import Path

import pytest
from pydantic import JsonValue

from functions.align.stage import AlignParams
from functions.diarize.stage import DiarizeParams
from functions.prepare.stage import PrepareParams
from functions.transcribe.detect import DetectParams
from functions.transcribe.stage import TranscribeParams
from shared.formats.writers import CAPTION_WRITERS, WRITERS
from shared.jobs.inbox import is_recording, options_paths
from shared.model.contracts import Params
from shared.model.errors import BadOption
from shared.model.formats import DEFAULT_FORMATS, FORMATS
from shared.model.options import (
    Options,
    option_names,
    params_for,
    plan_stages,
    resolve,
)
from shared.model.options_file import read_options_file


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
        (
            {"languge": "en"},
            "there is no option 'languge'; did you mean 'language'? (known: caption-characters-",
        ),
        (
            {"summary": "yes"},
            "there is no option 'summary' (known: caption-characters-per-second, caption-gap,",
        ),
        ({"language": "klingon"}, "language is 'klingon'; expected one language such as en,"),
        ({"language": "en,de"}, "language is 'en,de'; expected one language such as en,"),
        ({"language": 5}, "language is 5; expected one language such as en,"),
        ({"languages": "en, xx"}, "languages: there is no language 'xx'; known are af, am,"),
        ({"languages": 5}, "languages is 5; expected a list of languages such as en, de"),
        ({"speakers": "many"}, "speakers is 'many'; expected a whole number from 1 to 50"),
        ({"speakers": "0"}, "speakers is '0'; expected a whole number from 1 to 50"),
        ({"speakers": True}, "speakers is true; expected a whole number from 1 to 50"),
        ({"max_speakers": 51}, "max-speakers is 51; expected a whole number from 1 to 50"),
        ({"model": "/etc"}, "model is '/etc'; expected the name of a model, such as large-v3 or"),
        ({"model": "../up"}, "model is '../up'; expected the name of a model"),
        ({"task": "summarise"}, "task is 'summarise'; expected transcribe, translate or detect"),
        ({"diarize": "perhaps"}, "diarize is 'perhaps'; expected true or false"),
        ({"diarize": 2}, "diarize is 2; expected true or false"),
        ({"channels": "left"}, "channels is 'left'; expected mix or split"),
        ({"hotwords": 5}, "hotwords is 5; expected a text of at most 1000 characters"),
        ({"initial-prompt": "x" * 2001}, "(2001 characters); expected a text of at most 2000"),
        ({"caption-lines": 0}, "caption-lines is 0; expected a whole number of lines from 1 to 4"),
        ({"caption-gap": "nan"}, "caption-gap is 'nan'; expected a number of seconds from 0 to 1"),
        ({"caption-gap": True}, "caption-gap is true; expected a number of seconds from 0 to 1"),
        ({"caption-line-length": 9}, "is 9; expected auto, or a whole number of columns from 10"),
        ({"caption-speakers": "first"}, "is 'first'; expected change, always or never"),
        ({"track": "0"}, "track is '0'; expected a whole number from 1 to 100, or all"),
        ({"track": "second"}, "track is 'second'; expected a whole number from 1 to 100, or all"),
        (
            {"formats": "srt,odt"},
            "formats: there is no format 'odt' (known: srt, vtt, txt, rttm, ctm, whisperx, openai",
        ),
        ({"formats": [1]}, "formats is [1]; expected a list of srt, vtt, txt, rttm, ctm,"),
        ({"formats": {"srt": "yes"}}, 'formats is {"srt": "yes"}; expected a list of srt,'),
        ({"formats": "[srt"}, "formats is '[srt'; expected a list of srt,"),
        ({"replacements": "teh=the"}, "replacements is 'teh=the'; expected an object of texts"),
        ({"replacements": "[" * 4000}, "… (4000 characters); expected an object of texts"),
        ({"replacements": '["teh"]'}, "replacements is '[\"teh\"]'; expected an object of texts"),
        ({"replacements": '{"teh": 1}'}, "replacements is '{\"teh\": 1}'; expected an object of"),
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
        ({"Language": "en", "language": "de"}, "language is both 'en' and 'de'"),
    ],
)
def test_a_wrong_option_is_named_with_its_origin_value_and_what_was_expected(
    layer: dict[str, JsonValue], says: str
) -> None:
    with pytest.raises(BadOption) as refused:
        resolve({"object metadata": layer})
    assert str(refused.value).startswith("object metadata: ")
    assert says in str(refused.value)


@pytest.mark.parametrize(
    "values",
    [
        {"min-speakers": "4", "max-speakers": "2"},
        {"channels": "split", "speakers": "2"},
        {"caption-min-seconds": "3", "caption-max-seconds": 2},
    ],
)
def test_options_that_contradict_each_other_have_no_single_origin(
    values: dict[str, JsonValue],
) -> None:
    with pytest.raises(
        BadOption, match=r"^the options together: (min-speakers is 4|speakers is|caption)"
    ):
        resolve({"object metadata": values})


def test_no_message_has_the_words_of_the_library() -> None:
    """Every option is given a list of nothing, a far too large number and an odd text."""
    for name in option_names():
        values: tuple[JsonValue, ...] = ([None], 10**30, "\x00[(", {"a": [1]}, True, 1.5)
        for value in values:
            try:
                resolve({"options.json": {name: value}})
            except BadOption as error:
                message = str(error)
                assert message.startswith(f"options.json: {name}")
                for words in ("Input should", "pattern", "pydantic", "line 1", "Value error"):
                    assert words not in message, message


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("language", "EN", "en"),
        ("language", " en ", "en"),
        ("language", "en-US", "en"),
        ("language", "English", "en"),
        ("language", "zh-CN", "zh"),
        ("language", "auto", None),
        ("language", "", None),
        ("language", "MULTI", "multi"),
        ("languages", "en, German;fr-CA", ["en", "de", "fr"]),
        ("languages", ["EN", "en", "auto"], ["en"]),
        ("languages", "", []),
        ("model", " large-v3 ", "large-v3"),
        ("model", "Auto", None),
        ("task", "Translate", "translate"),
        ("channels", " Split", "split"),
        ("diarize", "True", True),
        ("diarize", "yes", True),
        ("diarize", "1", True),
        ("diarize", " NO ", False),
        ("diarize", "off", False),
        ("diarize", 0, False),
        ("diarize", "", True),
        ("diarize", None, True),
        ("speakers", " 2 ", 2),
        ("speakers", "auto", None),
        ("speakers", "", None),
        ("hotwords", ["etcd", "Kubernetes"], "etcd, Kubernetes"),
        ("formats", "SRT vtt;.txt,json", ["srt", "vtt", "txt"]),
        ("formats", '["srt", "openai"]', ["srt", "openai"]),
        ("caption-line-length", "auto", None),
        ("caption-characters-per-second", "17", 17.0),
        ("caption-speakers", " Never", "never"),
        ("caption-words", "yes", True),
        ("task", "  ", "transcribe"),
        ("replacements", "", {}),
    ],
)
def test_values_are_read_as_people_write_them(
    name: str, written: JsonValue, value: JsonValue
) -> None:
    _, resolved = resolve({"object metadata": {name: written}})
    answer = json.loads(resolved[name].model_dump_json())
    assert answer == {"value": value, "origin": "object metadata"}


@pytest.mark.parametrize(
    "name",
    ["min_speakers", "MIN-SPEAKERS", "minSpeakers", "Min Speakers", "x-goog-meta-min-speakers"],
)
def test_names_are_read_as_people_write_them(name: str) -> None:
    options, resolved = resolve({"a": {name: "2"}})
    assert options.min_speakers == 2
    assert resolved["min-speakers"].origin == "a"


def test_a_wrong_value_may_be_overridden() -> None:
    layers: dict[str, dict[str, JsonValue]] = {
        "object metadata": {"language": "klingon", "speakers": "two"},
        "redrive": {"language": "de"},
    }
    with pytest.raises(BadOption, match=r"^object metadata: speakers is 'two'"):
        resolve(layers)
    layers["redrive"]["speakers"] = "2"
    assert resolve(layers)[0] == Options(language="de", speakers=2)


def test_auto_overrides_a_language_of_a_weaker_place() -> None:
    layers = {"options.json": {"language": "de"}, "object metadata": {"language": "auto"}}
    assert resolve(layers)[0].language is None


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
    assert CAPTION_WRITERS.keys() | WRITERS.keys() == FORMATS.keys()
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


def test_lists_and_objects_are_named_as_such_however_they_were_given() -> None:
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


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[1]",
        b'"en"',
        b"null",
        b'{"language": "en",}',
        b"[" * 50_000,
        b'{"a": ' + b"[" * 50_000,
        b'"' + b"x" * 70_000 + b'"',
    ],
)
def test_a_broken_options_file_is_named(data: bytes) -> None:
    with pytest.raises(BadOption, match=r"^a/options[.]json is"):
        read_options_file(data, "a/options.json")


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
        ("a/call.mp3.edits.json", False),
        (".edits.json", False),
        ("a/edits.json", True),
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
    languages=("en", "de"),
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
        "detect": {"task": "detect", "model": "large-v3", "languages": ["en", "de"]},
        "transcribe": {
            "language": "multi",
            "languages": ["en", "de"],
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
        (Options(task="detect"), {"transcribe", "align", "diarize"}),
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
    wanted -= {"chunk_seconds", "span_seconds", "max_seconds", "max_bytes"}
    assert set(params_for(stage, Options())) == wanted


def test_every_option_is_documented() -> None:
    page = (Path(__file__).parents[4] / "docs" / "options.md").read_text()
    section = page.partition("## Options of a recording\n")[2].partition("\n## ")[0]
    assert re.findall(r"(?m)^\| `([\w-]+)` \|", section) == option_names()
