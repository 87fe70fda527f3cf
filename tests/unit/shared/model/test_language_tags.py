"""Codes, tags and names of languages are read as people write them."""

import pytest

from shared.model.language_tags import language_code
from shared.model.languages import ENGLISH_NAMES


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("en", "en"),
        ("EN", "en"),
        (" en ", "en"),
        ("en-US", "en"),
        ("en_us", "en"),
        ("en_US.UTF-8", "en"),
        ("de_DE@euro", "de"),
        ("en_US_POSIX", "en"),
        ("English", "en"),
        ("ENGLISH (US)", "en"),
        ("Brazilian Portuguese", "pt"),
        ("Chinese, Simplified", "zh"),
        ("Deutsch", "de"),
        ("日本語", "ja"),
        ("zh-CN", "zh"),
        ("zh_Hant_TW", "zh"),
        ("cmn", "zh"),
        ("cmn-Hans-CN", "zh"),
        ("zh-yue", "yue"),
        ("yue-HK", "yue"),
        ("eng", "en"),
        ("ger", "de"),
        ("deu", "de"),
        ("iw", "he"),
        ("in", "id"),
        ("fil", "tl"),
        ("jv", "jw"),
        ("nb-NO", "no"),
        ("arb", "ar"),
        ("jp", "ja"),
        ("cz", "cs"),
    ],
)
def test_a_language_is_understood(written: str, code: str) -> None:
    assert language_code(written) == code


def test_every_code_and_every_name_is_its_own_language() -> None:
    for code, name in ENGLISH_NAMES.items():
        assert language_code(code) == code
        assert language_code(name.title()) == code


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "xx",
        "klingon",
        "tlh",
        "und",
        "zxx",
        "en,de",
        "no-idea",
        "x-private",
        "\x00",
        "1",
        "-",
        "e" * 5000,
    ],
)
def test_other_texts_are_no_language(written: str) -> None:
    assert language_code(written) is None
