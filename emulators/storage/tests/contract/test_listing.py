"""Listings of arbitrary names equal those of a simple reference model."""

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import storage

from emulators.storage.tests.contract.uploading import write

NAMES = [
    "a",
    "a/",
    "a/b",
    "a/b/c",
    "a/c",
    "a0",
    "b/x",
    "b/y",
    "é/1",
    "é/2",
    "\uffff/z",
    "🎙/1",
    "🎙/2",
]


@pytest.fixture
def full(bucket: storage.Bucket) -> storage.Bucket:
    for name in reversed(NAMES):
        write(bucket, name)
    return bucket


def listed(bucket: storage.Bucket, **options: object) -> tuple[list[str], list[str]]:
    pages = bucket.list_blobs(**options)
    names = [blob.name for blob in pages]
    return names, sorted(pages.prefixes)


@pytest.mark.parametrize("page_size", [1, 2, 3, 100])
def test_pages_join_into_the_whole_in_byte_order(full: storage.Bucket, page_size: int) -> None:
    assert listed(full, page_size=page_size)[0] == sorted(NAMES, key=str.encode)
    names, prefixes = listed(full, delimiter="/", page_size=page_size)
    assert (names, prefixes) == (["a", "a0"], ["a/", "b/", "é/", "\uffff/", "🎙/"])


@pytest.mark.parametrize("prefix", ["", "a", "a/", "a/b", "é", "🎙", "\uffff", "nothing"])
@pytest.mark.parametrize("delimiter", ["", "/", "b/"])
def test_prefix_and_delimiter_fold_names(full: storage.Bucket, prefix: str, delimiter: str) -> None:
    names, prefixes = set(), set()
    for name in (name for name in NAMES if name.startswith(prefix)):
        head, mark, _ = name[len(prefix) :].partition(delimiter) if delimiter else (name, "", "")
        (prefixes.add(prefix + head + mark) if mark else names.add(name))
    assert listed(full, prefix=prefix, delimiter=delimiter) == (
        sorted(names, key=str.encode),
        sorted(prefixes),
    )


def test_offsets_bound_the_names(full: storage.Bucket) -> None:
    assert listed(full, start_offset="a/b", end_offset="b/y")[0] == [
        "a/b",
        "a/b/c",
        "a/c",
        "a0",
        "b/x",
    ]
    assert listed(full, start_offset="🎙/2")[0] == ["🎙/2"]


def test_a_trailing_delimiter_may_be_listed_too(full: storage.Bucket) -> None:
    assert listed(full, delimiter="/", include_trailing_delimiter=True, prefix="a") == (
        ["a", "a/", "a0"],
        ["a/"],
    )


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("a/*", ["a/", "a/b", "a/c"]),
        ("a/**", ["a/", "a/b", "a/b/c", "a/c"]),
        ("**/c", ["a/b/c", "a/c"]),
        ("?/[xb]", ["a/b", "b/x"]),
        ("{a,b}/?", ["a/b", "a/c", "b/x", "b/y"]),
        ("a/[!b]", ["a/c"]),
        ("é/*", ["é/1", "é/2"]),
    ],
)
def test_a_glob_chooses(full: storage.Bucket, glob: str, expected: list[str]) -> None:
    assert listed(full, match_glob=glob)[0] == expected
    assert listed(full, match_glob=glob, page_size=1)[0] == expected


def test_versions_are_paged_without_loss(client: storage.Client, bucket: storage.Bucket) -> None:
    bucket.versioning_enabled = True
    bucket.patch()
    generations = [write(bucket, name).generation for name in "aabab"]
    found = [(blob.name, blob.generation) for blob in bucket.list_blobs(versions=True, page_size=2)]
    assert found == sorted(zip("aabab", generations, strict=True))


def test_an_object_written_between_pages_is_seen(bucket: storage.Bucket) -> None:
    for name in "abd":
        write(bucket, name)
    pages = bucket.list_blobs(page_size=2).pages
    first = [blob.name for blob in next(pages)]
    write(bucket, "c")
    write(bucket, "d", b"newer")
    assert first + [blob.name for page in pages for blob in page] == list("abcd")


def test_a_forged_page_token_is_refused(bucket: storage.Bucket) -> None:
    with pytest.raises(BadRequest):
        list(bucket.list_blobs(page_token="nonsense"))
