"""Metadata is options, the uploader's tags, what tools add, or named in a warning."""

import pytest

from shared.model.errors import BadOption
from shared.model.object_metadata import MAX_TAG_BYTES, known_options, read_metadata
from shared.model.options import resolve

OF_TOOLS = {
    "goog-reserved-file-mtime": "1",
    "goog-reserved-posix-uid": "0",
    "mtime": "2",
    "gcsfuse_mtime": "2026-01-02T03:04:05Z",
    "firebaseStorageDownloadTokens": "a-b-c",
    "uid": "0",
    "gid": "0",
    "mode": "33188",
    "atime": "1",
    "ctime": "1",
    "btime": "1",
    "s3cmd-attrs": "atime:1",
    "mc-attrs": "atime:1",
    "X-Amz-Meta-Mc-Attrs": "atime:1",
    "file-mtime": "1",
    "file-owner": "0",
    "md5chksum": "x",
}


def test_what_tools_add_is_left_alone() -> None:
    metadata = read_metadata({**OF_TOOLS, "language": "en"})
    assert metadata == ({"language": "en"}, {}, ())


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("langauge", "language"),
        ("languge", "language"),
        ("lang", "language"),
        ("x-goog-meta-langauge", "language"),
        ("language_code", "language"),
        ("prompt", "initial-prompt"),
        ("inital-prompt", "initial-prompt"),
        ("num-speakers", "speakers"),
        ("numSpeakers", "speakers"),
        ("speaker", "speakers"),
        ("speakrs", "speakers"),
        ("min-speaker", "min-speakers"),
        ("diarise", "diarize"),
        ("diarization", "diarize"),
        ("format", "formats"),
        ("channel", "channels"),
        ("replacement", "replacements"),
        ("models", "model"),
        ("hot-word", "hotwords"),
    ],
)
def test_a_name_that_resembles_an_option_is_refused(name: str, meant: str) -> None:
    options, _, warnings = read_metadata({name: "x"})
    assert not warnings
    with pytest.raises(BadOption, match=f"there is no option '{name}'; did you mean '{meant}'"):
        resolve({"object metadata": options})


@pytest.mark.parametrize(
    "name",
    [
        "order-id",
        "title",
        "customer",
        "message",
        "tags",
        "talk",
        "usage",
        "speaker-id",
        "channel-id",
    ],
)
def test_any_other_name_is_in_a_warning(name: str) -> None:
    options, tags, (warning,) = read_metadata({name: "77"})
    assert (options, tags) == ({}, {})
    assert (warning.code, warning.stage) == ("unknown_metadata", "prepare")
    assert warning.message == (
        f"The object metadata has names that are no options and had no effect: {name}."
    )


def test_an_option_in_the_name_of_its_header_is_an_option() -> None:
    options, tags, warnings = read_metadata(
        {"x-goog-meta-language": "de", "X-Amz-Meta-Speakers": "2"}
    )
    resolved, _ = resolve({"object metadata": options})
    assert (resolved.language, resolved.speakers) == ("de", 2)
    assert (tags, warnings) == ({}, ())


def test_tags_are_the_uploaders_and_may_not_be_mistaken_for_options() -> None:
    options, tags, (warning,) = read_metadata(
        {"x-order-id": "77", "X-Desk": "b", "x-language": "de"}
    )
    assert options == {}
    assert tags == {"X-Desk": "b", "x-language": "de", "x-order-id": "77"}
    assert warning.message.endswith("no effect: x-language.")


def test_tags_have_a_limit() -> None:
    long = "ü" * (MAX_TAG_BYTES // 2)
    _, tags, (warning,) = read_metadata({"x-a": "1", "x-b": long, "x-c": "2"})
    assert tags == {"x-a": "1", "x-c": "2"}
    assert (warning.code, warning.message) == (
        "tags_left_out",
        "1 tags are not echoed: all tags together may have 2048 bytes.",
    )


def test_a_warning_about_a_thousand_names_is_short() -> None:
    _, _, (warning,) = read_metadata({f"{number}-{'n' * 200}": "" for number in range(1000)})
    assert len(warning.message) < 600 and "and 990 more" in warning.message


def test_a_comment_in_an_options_file_is_no_slip() -> None:
    options, (warning,) = known_options({"_comment": ["mine"], "language": "en"}, "a/options.json")
    assert options == {"language": "en"}
    assert "The a/options.json has names" in warning.message and "_comment" in warning.message
