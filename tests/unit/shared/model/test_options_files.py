"""Options of any content are refused with a short problem, and read up to a limit."""

import pytest

from shared.model.errors import BadOption
from shared.model.options import MAX_FILE_BYTES, read_options_file, resolve


def test_only_the_first_of_a_thousand_wrong_options_are_reported() -> None:
    with pytest.raises(BadOption) as refused:
        resolve({"options.json": {f"{number}" * 50: 1 for number in range(1000)}})
    assert len(str(refused.value)) < 2000


@pytest.mark.parametrize(
    "content", [b"[" * 60_000, b'{"a":' * 10_000, b"\xff", b'{"speakers": NaN}', b'{"\\ud800": 1}']
)
def test_an_options_file_of_any_bytes_is_at_most_a_bad_option(content: bytes) -> None:
    with pytest.raises(BadOption):
        resolve({"options.json": read_options_file(content, "options.json")})


def test_an_options_file_is_read_up_to_its_limit() -> None:
    content = b'{"language": "en"}'
    assert read_options_file(content.ljust(MAX_FILE_BYTES), "options.json") == {"language": "en"}
    with pytest.raises(BadOption, match="larger than 64 KiB"):
        read_options_file(content.ljust(MAX_FILE_BYTES + 1), "options.json")
