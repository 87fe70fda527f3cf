"""Options of any content are refused with a short problem, and read up to a limit."""

import gzip

import pytest

from shared.model.errors import BadOption
from shared.model.options import option_names, resolve
from shared.model.options_file import MAX_BYTES, read_options_file


def test_only_the_first_of_a_thousand_wrong_options_are_reported() -> None:
    with pytest.raises(BadOption) as refused:
        resolve({"options.json": {f"{number}" * 50: 1 for number in range(1000)}})
    assert len(str(refused.value)) < 2000
    with pytest.raises(BadOption) as wrong:
        resolve({"options.json": dict.fromkeys(option_names(), "\ud7ff" * 10_000)})
    assert len(str(wrong.value)) < 3000


@pytest.mark.parametrize(
    "content", [b"[" * 60_000, b'{"a":' * 10_000, b"\xff", b'{"speakers": NaN}', b'{"\\ud800": 1}']
)
def test_an_options_file_of_any_bytes_is_at_most_a_bad_option(content: bytes) -> None:
    with pytest.raises(BadOption):
        resolve({"options.json": read_options_file(content, "options.json")})


def test_an_options_file_is_read_up_to_its_limit() -> None:
    content = b'{"language": "en"}'
    assert read_options_file(content.ljust(MAX_BYTES), "options.json") == {"language": "en"}
    with pytest.raises(BadOption, match="larger than 64 KiB"):
        read_options_file(content.ljust(MAX_BYTES + 1), "options.json")


def test_a_byte_order_mark_is_no_part_of_the_options() -> None:
    content = b'\xef\xbb\xbf{"language": "de"}'
    assert read_options_file(content, "options.json") == {"language": "de"}


@pytest.mark.parametrize(
    ("encoding", "says"),
    [
        ("utf-16", "team/options.json is saved as UTF-16; save it as UTF-8"),
        ("utf-16-le", "team/options.json is saved as UTF-16; save it as UTF-8"),
        ("utf-16-be", "team/options.json is saved as UTF-16; save it as UTF-8"),
        ("utf-32", "team/options.json is saved as UTF-32; save it as UTF-8"),
        ("cp1252", "team/options.json is not saved as UTF-8, as line 2 shows"),
    ],
)
def test_the_encoding_of_a_file_that_is_not_utf_8_is_named(encoding: str, says: str) -> None:
    content = '{"language": "de",\n "hotwords": "Müller"}'.encode(encoding)
    with pytest.raises(BadOption, match=f"^{says}$"):
        read_options_file(content, "team/options.json")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "options.json is empty"),
        (b" \n", "options.json is empty"),
        (b"[]", "options.json is a list; expected an object such as"),
        (b'{"language": "de",\n}', "options.json is not valid JSON: line 2, column 1"),
        (b'// mine\n{"language": "de"}', "options.json is not valid JSON: line 1, column 1"),
    ],
)
def test_the_place_where_a_file_is_no_json_object_is_named(content: bytes, says: str) -> None:
    with pytest.raises(BadOption, match=f"^{says}"):
        read_options_file(content, "options.json")


def test_a_compressed_file_is_unpacked_up_to_the_limit() -> None:
    compressed = gzip.compress(b'{"language": "de"}')
    assert read_options_file(compressed, "options.json") == {"language": "de"}
    large = gzip.compress(b" " * 70_000)
    with pytest.raises(BadOption, match="larger than 64 KiB"):
        read_options_file(large, "options.json")


COMPRESSED = gzip.compress(b'{"language": "de"}', mtime=0)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (COMPRESSED[:3], "not whole"),
        (COMPRESSED[:-9], "not whole"),
        (COMPRESSED[:-8], "not whole"),
        (COMPRESSED[:3] + b"\xff and no more of it", "damaged"),
        (COMPRESSED[:-8] + bytes(8), "damaged"),
    ],
)
def test_a_compressed_file_that_is_damaged_or_cut_off_is_not_called_empty(
    content: bytes, problem: str
) -> None:
    says = f"^options.json is compressed with gzip, but {problem}$"
    with pytest.raises(BadOption, match=says):
        read_options_file(content, "options.json")
