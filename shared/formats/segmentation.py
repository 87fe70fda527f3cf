"""Where a text may be cut for a line, a caption or a page: between words, in any script.

Scripts with spaces are cut at spaces. Chinese, Japanese and Thai are cut where a model of BudouX
finds a phrase to begin, other scripts without spaces where the recogniser's words begin (ADR 23).
The only module that imports BudouX.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise

import budoux

from shared.formats.break_rules import (
    BREAK_MARKS,
    HAN_AND_KANA,
    OTHER_UNSPACED,
    THAI,
    UNSPACED,
    cluster_starts,
    is_opening_mark,
    separates_marks,
    starts_with_closing,
)
from shared.model.spacing import cut_at

KANA = re.compile("[\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9f]")
NOT_SPACE = re.compile(r"\S+")
END_OF_CLAUSE = re.compile(r"(?<=[?!;,。？！、，；：…])\w")
"""What follows a mark that ends a clause. A full stop may be inside an abbreviation."""
CHINESE = frozenset({"zh", "yue"})


def split_pieces(text: str, language: str | None, word_ends: Iterable[int] = ()) -> list[str]:
    """Returns the text in pieces that no line break may divide. Joined, they are the text again.

    A space belongs to the piece before it. `word_ends` are the positions after the recogniser's
    words, which are used in scripts without spaces for which there is no model.
    """
    if not text:
        return []
    cuts = find_cuts(text, language, frozenset(word_ends))
    in_order = sorted(cuts)
    return cut_at(text, in_order)


def find_cuts(text: str, language: str | None, word_ends: frozenset[int]) -> set[int]:
    """Returns the positions at which the text may be cut, without its ends."""
    cuts = set(cuts_at_spaces(text))
    if text.isascii():
        return cuts
    for run in NOT_SPACE.finditer(text):
        start = run.start()
        run_cuts = cuts_without_spaces(run[0], language, word_ends, start)
        for cut in run_cuts:
            cuts.add(start + cut)
    starts = cluster_starts(text)
    return cuts & starts


def cuts_at_spaces(text: str) -> Iterator[int]:
    """Yields where each run of characters after white space begins.

    Not before closing punctuation, which French writes after a space, nor after opening marks that
    stand alone.
    """
    for previous, run in pairwise(NOT_SPACE.finditer(text)):
        is_after_opening = all(map(is_opening_mark, previous[0]))
        if not is_after_opening and not starts_with_closing(run[0]):
            yield run.start()


def cuts_without_spaces(
    run: str, language: str | None, word_ends: frozenset[int], start: int
) -> Iterator[int]:
    """Yields where a run of characters without white space may be cut.

    `start` is the run's position in the text that `word_ends` are positions of.
    """
    candidates = {cut + 1 for cut, character in enumerate(run) if character in BREAK_MARKS}
    if HAN_AND_KANA.search(run):
        model = chinese_or_japanese(run, language)
        candidates.update(cuts_between_phrases(run, model, HAN_AND_KANA))
    if THAI.search(run):
        candidates.update(cuts_between_phrases(run, "th", THAI))
    if OTHER_UNSPACED.search(run):
        candidates.update(cuts_at_word_ends(run, word_ends, start))
    candidates.update(cuts_after_clauses(run))
    for cut in candidates:
        if cut < len(run) and not separates_marks(run, cut):
            yield cut


def cuts_at_word_ends(run: str, word_ends: frozenset[int], start: int) -> Iterator[int]:
    """Yields where the recogniser's words end beside a script for which there is no model."""
    for cut in range(1, len(run)):
        position = start + cut
        if position in word_ends and is_beside(OTHER_UNSPACED, run, cut):
            yield cut


def cuts_after_clauses(run: str) -> Iterator[int]:
    """Yields where a clause begins beside a character of a script without spaces."""
    for following in END_OF_CLAUSE.finditer(run):
        cut = following.start()
        if is_beside(UNSPACED, run, cut):
            yield cut


def cuts_between_phrases(run: str, model: str, script: re.Pattern[str]) -> Iterator[int]:
    """Yields where BudouX finds a phrase to begin beside a character of the script.

    Words of other scripts are never cut.
    """
    cut = 0
    for phrase in phrase_model(model).parse(run):
        if cut and is_beside(script, run, cut):
            yield cut
        cut += len(phrase)


def is_beside(script: re.Pattern[str], text: str, cut: int) -> bool:
    found = script.search(text, cut - 1, cut + 1)
    return found is not None


def chinese_or_japanese(text: str, language: str | None) -> str:
    """Returns the name of BudouX's model for the text, whose language may be unknown or wrong."""
    if language == "ja":
        return "ja"
    if language not in CHINESE and KANA.search(text):
        return "ja"
    return "zh-hant" if is_traditional(text) else "zh-hans"


def is_traditional(text: str) -> bool:
    """Returns whether more characters are in the older encoding of traditional Chinese than in that
    of simplified Chinese."""
    traditional = text.encode("big5", "ignore")
    simplified = text.encode("gb2312", "ignore")
    return len(traditional) > len(simplified)


@cache
def phrase_model(name: str) -> budoux.Parser:
    """Returns BudouX's model of that name, which is read once per process."""
    load = {
        "ja": budoux.load_default_japanese_parser,
        "th": budoux.load_default_thai_parser,
        "zh-hans": budoux.load_default_simplified_chinese_parser,
        "zh-hant": budoux.load_default_traditional_chinese_parser,
    }
    return load[name]()
