"""The stage detect: finds the recording's language by a vote of windows from all over it."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from functions.transcribe.language_choice import languages_to_choose, probabilities_within
from functions.transcribe.stage import (
    LoadRecogniser,
    ModelParams,
    Recogniser,
    load_recogniser,
    read_manifest,
)
from shared.model.artifacts import (
    Detection,
    Interval,
    LanguageGuess,
    Manifest,
    ProbeWindow,
    StageWarning,
)
from shared.model.intervals import total_seconds
from shared.runtime.spans import trace_span
from shared.runtime.stage import Output, SingleOutput, StageInput

VERSION = "5"
"""Increase it whenever the same request would get a different result."""
MIN_FIRST_WINDOWS = 3
"""Windows that are enough if all are certain of the same language."""
CERTAIN_PROBABILITY = 0.9
FULL_WEIGHT_SECONDS = 3.0
"""Seconds of speech, as prepare pads it, that a window needs for a full vote. Guesses from less
speech are often wrong."""
LISTED_LANGUAGES = 3
"""The result has the probabilities of so many languages."""
SPARSE_SPEECH = 0.5
"""Below this fraction of speech in a window, a second guess is made from its speech alone: Whisper
finds a language in noise, too, mostly English, Norwegian or Japanese."""
SPARSE_WEIGHT = 0.5
"""A second of speech counts so much in such a window, since what is taken for speech may be noise:
3.6 s of pink noise alone are Norwegian with a lead of up to 0.49."""
UNSURE_CONFIDENCE = 0.5
"""Below this confidence the texts in the two likeliest languages are compared."""
MIN_LOGPROB_LEAD = 0.1
"""By how much the text in the second language must be more probable per token to be believed. Of 67
unsure short or noisy clips 23 had the right language first; this makes it 27, with 3 made wrong."""
MIN_WEIGHT = 0.01
"""Weight of a window in which prepare found no speech, so that the weights are never all 0."""

Speech = tuple[Interval, ...]
"""Speech intervals in seconds of the language sample, in order."""
Probabilities = dict[str, float]
"""Probability of each language, by code."""
WeightedGuess = tuple[Mapping[str, float], float]
"""Probabilities of the languages in a window, and the window's weight in the vote."""


class Vote(NamedTuple):
    """The result of the windows' vote."""

    first: str
    second: str | None
    """None: no other language has a probability."""
    confidence: float
    """Lead of the first over the second, from 0 to 1, less if all windows together have little
    speech."""


class DetectParams(ModelParams):
    """How to detect the language."""

    task: Literal["detect"] = "detect"
    """Distinguishes the request from one to transcribe, which the same function answers."""


def detect(
    stage_input: StageInput[DetectParams], load: LoadRecogniser = load_recogniser
) -> Iterator[Output]:
    """Yields the recording's Detection.

    If the model or the option `languages` leaves a single language, nothing is detected: the result
    is this language, without a confidence. Raises BadOption if they leave none.
    """
    manifest = read_manifest(stage_input)
    recogniser = load(stage_input.params.model)
    chosen = stage_input.params.languages
    languages = languages_to_choose(chosen, recogniser.languages, recogniser.engine.model)
    detection = Detection(code=None, confidence=None, windows=(), engine=recogniser.engine)
    if manifest.probe and len(languages) == 1:
        (code,) = languages
        detection = detection.model_copy(update={"code": code})
    elif manifest.probe:
        audio = stage_input.files["audio"]
        detection = detect_by_vote(manifest, recogniser, audio, languages)
    yield SingleOutput("language", detection)


def detect_by_vote(
    manifest: Manifest, recogniser: Recogniser, audio: Path, languages: Collection[str]
) -> Detection:
    """Returns which of the languages is spoken, by a vote of the windows."""
    speech = {window: speech_in_window(window, manifest) for window in manifest.probe}
    free_guesses = guess_languages(speech, recogniser, audio, languages)
    guesses: dict[ProbeWindow, Probabilities] = {}
    for window, guess in free_guesses.items():
        guesses[window] = probabilities_within(guess, languages)

    votes = weighted(guesses, speech)
    result = vote(votes)
    free_votes = weighted(free_guesses, speech)
    free_result = vote(free_votes)
    views = [clearest_view(window, speech[window]) for window in guesses]
    return Detection(
        code=choose_language(result, views, recogniser, audio),
        confidence=result.confidence,
        probabilities=likeliest(votes),
        windows=tuple(best_guesses(guesses)),
        engine=recogniser.engine,
        warnings=excluded_language(free_result, languages),
    )


def speech_in_window(window: ProbeWindow, manifest: Manifest) -> Speech:
    """Returns the speech of all channels in the window, without overlaps."""
    intervals = speech_of_chunks(manifest)
    shift = window.offset - window.start
    speech = []
    covered_until = window.start
    for interval in intervals:
        start = max(interval.start, covered_until)
        end = min(interval.end, window.end)
        if start < end:
            moved_start = start + shift
            moved_end = end + shift
            moved = Interval(start=moved_start, end=moved_end)
            speech.append(moved)
            covered_until = end
    return tuple(speech)


def speech_of_chunks(manifest: Manifest) -> list[Interval]:
    """Returns the speech of all channels in order of start, with overlaps."""
    speech: list[Interval] = []
    for chunk in manifest.chunks:
        speech += chunk.speech
    return sorted(speech, key=lambda interval: interval.start)


def guess_languages(
    speech: Mapping[ProbeWindow, Speech],
    recogniser: Recogniser,
    audio: Path,
    languages: Collection[str],
) -> dict[ProbeWindow, Probabilities]:
    """Returns the probabilities of all languages in the windows, in order of time.

    Each window takes a pass of the encoder. Therefore every second window comes first, and the
    others only if these do not agree on one of `languages`.
    """
    first, rest = divide_windows(list(speech))
    guesses = guess_windows(first, speech, recogniser, audio)
    first_guesses = [probabilities_within(guess, languages) for guess in guesses.values()]
    if rest and not is_unanimous(first_guesses):
        more_guesses = guess_windows(rest, speech, recogniser, audio)
        guesses.update(more_guesses)
    in_order = sorted(guesses, key=lambda window: window.start)
    return {window: guesses[window] for window in in_order}


def divide_windows(windows: list[ProbeWindow]) -> tuple[list[ProbeWindow], list[ProbeWindow]]:
    """Returns every second window and the others, or all and none if there are few."""
    first = windows[::2]
    if len(first) < MIN_FIRST_WINDOWS:
        return windows, []
    rest = windows[1::2]
    return first, rest


def guess_windows(
    windows: Sequence[ProbeWindow],
    speech: Mapping[ProbeWindow, Speech],
    recogniser: Recogniser,
    audio: Path,
) -> dict[ProbeWindow, Probabilities]:
    """Returns the mean probabilities of each window's views, so that both must name a language."""
    owners: list[ProbeWindow] = []
    views: list[Speech] = []
    for window in windows:
        for view in views_of(window, speech[window]):
            owners.append(window)
            views.append(view)
    with trace_span("model detect"):
        results = recogniser.language_probabilities(audio, views)
    guesses: dict[ProbeWindow, list[Probabilities]] = {}
    for window, probabilities in zip(owners, results, strict=True):
        of_window = guesses.setdefault(window, [])
        of_window.append(probabilities)
    return {window: mean_probabilities(guesses[window]) for window in windows}


def views_of(window: ProbeWindow, speech: Speech) -> Iterator[Speech]:
    """Yields the whole window, and its speech alone if it is sparse."""
    length = window.end - window.start
    start = window.offset
    end = start + length
    whole = Interval(start=start, end=end)
    yield (whole,)
    if speech and is_sparse(window, speech):
        yield speech


def is_sparse(window: ProbeWindow, speech: Speech) -> bool:
    """Returns whether less than half of the window is speech."""
    length = window.end - window.start
    return total_seconds(speech) < SPARSE_SPEECH * length


def clearest_view(window: ProbeWindow, speech: Speech) -> Speech:
    """Returns the view of the window with the least noise."""
    *_, clearest = views_of(window, speech)
    return clearest


def mean_probabilities(guesses: Sequence[Mapping[str, float]]) -> Probabilities:
    """Returns the mean probability of every language in the guesses, in order of the codes."""
    codes: set[str] = set()
    for guess in guesses:
        codes.update(guess)
    count = len(guesses)
    mean = {}
    for code in sorted(codes):
        probabilities = [guess.get(code, 0.0) for guess in guesses]
        total = sum(probabilities)
        mean[code] = total / count
    return mean


def is_unanimous(guesses: Collection[Mapping[str, float]]) -> bool:
    """Returns whether all guesses are certain of the same language."""
    codes: set[str] = set()
    for guess in guesses:
        code, probability = most_probable(guess)
        if probability < CERTAIN_PROBABILITY:
            return False
        codes.add(code)
    return len(codes) == 1


def most_probable(guess: Mapping[str, float]) -> tuple[str, float]:
    """Returns the most probable language and its probability."""
    code = max(guess, key=guess.__getitem__)
    return code, guess[code]


def vote_weight(window: ProbeWindow, speech: Speech) -> float:
    """Returns the weight of a window's guess, above 0 and at most 1."""
    seconds = total_seconds(speech)
    if is_sparse(window, speech):
        seconds *= SPARSE_WEIGHT
    weight = seconds / FULL_WEIGHT_SECONDS
    weight = min(weight, 1.0)
    return max(weight, MIN_WEIGHT)


def weighted(
    guesses: Mapping[ProbeWindow, Probabilities], speech: Mapping[ProbeWindow, Speech]
) -> list[WeightedGuess]:
    """Returns each window's guess and its weight in the vote, which depends on its speech."""
    weighted_guesses: list[WeightedGuess] = []
    for window, guess in guesses.items():
        weight = vote_weight(window, speech[window])
        weighted_guess = (guess, weight)
        weighted_guesses.append(weighted_guess)
    return weighted_guesses


def excluded_language(result: Vote, languages: Collection[str]) -> tuple[StageWarning, ...]:
    """Returns a warning if the vote over all languages is sure of one that is not among
    `languages`."""
    first, _, confidence = result
    if first in languages or confidence < UNSURE_CONFIDENCE:
        return ()
    chosen = ", ".join(sorted(languages))
    message = f"The language is probably {first}, but the option languages allows only {chosen}."
    return (StageWarning(code="language_excluded", stage="detect", message=message),)


def vote(guesses: Sequence[WeightedGuess]) -> Vote:
    """Returns the languages with the highest weighted means of probabilities, and the confidence.

    Of two languages that are near each other the last digits decide which is first: then the
    confidence is near 0.
    """
    means = weighted_means(guesses)
    total_weight = sum_weights(guesses)
    first, *others = means
    second: str | None = None
    second_mean = 0.0
    if others:
        second = others[0]
        second_mean = means[second]
    lead = means[first] - second_mean
    confidence = lead * min(1.0, total_weight)
    return Vote(first, second, confidence)


def sum_weights(guesses: Sequence[WeightedGuess]) -> float:
    weights = [weight for _, weight in guesses]
    return sum(weights)


def weighted_means(guesses: Sequence[WeightedGuess]) -> Probabilities:
    """Returns each language's mean probability, from the highest down."""
    totals: defaultdict[str, float] = defaultdict(float)
    for guess, weight in guesses:
        for code, probability in guess.items():
            totals[code] += probability * weight
    total_weight = sum_weights(guesses)
    alphabetical = sorted(totals)  # the order of languages with the same total
    in_order = sorted(alphabetical, key=totals.__getitem__, reverse=True)
    return {code: totals[code] / total_weight for code in in_order}


def likeliest(guesses: Sequence[WeightedGuess]) -> Probabilities:
    """Returns the mean probabilities of the languages that the result lists, rounded."""
    means = weighted_means(guesses)
    codes = list(means)
    listed_codes = codes[:LISTED_LANGUAGES]
    return {code: round(means[code], 4) for code in listed_codes}


def choose_language(
    result: Vote, views: Sequence[Speech], recogniser: Recogniser, audio: Path
) -> str:
    """Returns the first language of the vote, or the second if the vote is unsure and the text in
    the second language is clearly more probable."""
    first, second, confidence = result
    if second is None or confidence >= UNSURE_CONFIDENCE:
        return first
    with trace_span("model detect"):
        logprobs = recogniser.language_logprobs(audio, views, (first, second))
    lead = logprobs[second] - logprobs[first]
    return second if lead > MIN_LOGPROB_LEAD else first


def best_guesses(guesses: Mapping[ProbeWindow, Mapping[str, float]]) -> Iterator[LanguageGuess]:
    """Yields the most probable language of each window."""
    for window, guess in guesses.items():
        code, probability = most_probable(guess)
        yield LanguageGuess(
            start=window.start,
            end=window.end,
            code=code,
            confidence=probability,
        )
