"""Every form of the header Range that browsers and players send is read as RFC 9110 says."""

import pytest

from functions.gateway.byte_ranges import ByteRange, requested_range
from shared.model.errors import RangeOutside

SIZE = 40 << 20


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-1", 0, 1),  # Safari's first question
        ("bytes=5-9", 5, 9),
        ("Bytes=5-9", 5, 9),
        ("bytes= 5-9 ", 5, 9),
        ("bytes=0-", 0, SIZE - 1),  # Chrome's and Firefox's first question
        (f"bytes={SIZE - 3}-", SIZE - 3, SIZE - 1),
        (f"bytes={SIZE - 1}-{SIZE}", SIZE - 1, SIZE - 1),
        (f"bytes=0-{SIZE * 2}", 0, SIZE - 1),
        ("bytes=0-999999999999999999999999", 0, SIZE - 1),
        ("bytes=-1", SIZE - 1, SIZE - 1),
        (f"bytes=-{SIZE}", 0, SIZE - 1),
        (f"bytes=-{SIZE * 2}", 0, SIZE - 1),
    ],
)
def test_a_range_that_is_in_the_recording(header: str, first: int, last: int) -> None:
    assert requested_range(header, SIZE) == ByteRange(first, last)


@pytest.mark.parametrize("header", [f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE + 9}", "bytes=-0"])
def test_a_range_of_which_nothing_is_in_the_recording(header: str) -> None:
    with pytest.raises(RangeOutside, match=str(SIZE)):
        requested_range(header, SIZE)


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=-5", "bytes=0-0"])
def test_an_empty_recording_has_no_range(header: str) -> None:
    with pytest.raises(RangeOutside):
        requested_range(header, 0)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=9-5",
        "bytes=a-b",
        "bytes=1.5-2",
        "bytes=+1-2",
        "bytes=1-2 3",
        "bytes=٣-٤",
        "bytes=" + "9" * 5000 + "-",
        "seconds=0-9",
        "bytes 0-9",
        "bytes=0-0,5-9",  # several
        "bytes=0-0, -1",
        "bytes=,0-9",
    ],
)
def test_of_several_ranges_and_of_none_that_is_understood_all_is_sent(header: str) -> None:
    assert requested_range(header, SIZE) is None
