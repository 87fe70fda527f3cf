"""Timestamps say where silence is missing, where a clock began anew, and where time is unsure."""

from functions.prepare.timeline import Timeline


def begun(
    start: float | None = 0.0, *, may_leap: bool = False, sound_is_first: bool = False
) -> Timeline:
    timeline = Timeline()
    timeline.begin_section(start, may_leap=may_leap, sound_is_first=sound_is_first)
    return timeline


def codes(timeline: Timeline) -> list[str]:
    return [warning.code for warning in timeline.warnings]


def test_time_counts_from_the_start_of_the_container() -> None:
    timeline = begun(50_000.0)
    assert timeline.missing_before(50_003.0) == 3.0


def test_a_long_gap_is_silence_where_clocks_do_not_leap() -> None:
    timeline = begun()
    timeline.advance(2.0)
    assert timeline.missing_before(17.0) == 15.0
    assert not timeline.warnings


def test_a_long_gap_is_silence_in_a_broadcast_whose_picture_goes_on() -> None:
    timeline = begun(may_leap=True)
    timeline.advance(2.0)
    for tenth in range(20, 171):
        timeline.follow_other_stream(tenth / 10)
    assert timeline.missing_before(17.0) == 15.0
    assert not timeline.warnings


def test_a_leap_of_every_stream_of_a_broadcast_is_a_new_clock_with_a_warning() -> None:
    timeline = begun(may_leap=True)
    timeline.advance(2.0)
    timeline.follow_other_stream(2.1)
    timeline.follow_other_stream(17.0)
    assert timeline.missing_before(17.0) == 0.0
    (warning,) = timeline.warnings
    assert warning.code == "time_uncertain"
    assert warning.message.startswith("the clock leaps by 15.0 s")
    assert warning.span is not None
    assert (warning.span.start, warning.span.end) == (1.5, 2.5)
    timeline.advance(1.0)
    assert timeline.missing_before(18.5) == 0.5


def test_a_broadcast_whose_clock_goes_back_was_joined() -> None:
    timeline = begun(may_leap=True)
    timeline.advance(20.0)
    assert timeline.missing_before(1.4) == 0.0
    timeline.advance(1.0)
    assert timeline.missing_before(2.9) == 0.5
    assert not timeline.warnings


def test_a_clock_that_goes_back_elsewhere_has_a_warning() -> None:
    timeline = begun()
    timeline.advance(20.0)
    assert timeline.missing_before(5.0) == 0.0
    assert codes(timeline) == ["time_uncertain"]


def test_sound_that_overlaps_has_one_warning_until_the_clock_agrees() -> None:
    timeline = begun()
    timeline.advance(20.0)
    assert timeline.missing_before(19.5) == 0.0
    timeline.advance(1.0)
    assert timeline.missing_before(20.5) == 0.0
    assert codes(timeline) == ["time_uncertain"]
    assert timeline.missing_before(21.0) == 0.0
    assert timeline.missing_before(20.5) == 0.0
    assert codes(timeline) == ["time_uncertain", "time_uncertain"]


def test_a_gap_longer_than_a_recording_may_be_is_a_wrong_timestamp() -> None:
    timeline = begun()
    timeline.advance(2.0)
    assert timeline.missing_before(1e6, longest=300.0) == 0.0
    assert codes(timeline) == ["time_uncertain"]


def test_a_first_frame_that_the_decoder_delayed_is_at_the_start() -> None:
    timeline = begun(sound_is_first=True)
    assert timeline.missing_before(0.5) == 0.0
    timeline.advance(1.0)
    assert timeline.missing_before(1.5) == 0.0
    assert timeline.missing_before(1.8) > 0.29


def test_a_first_frame_after_lost_sound_is_late() -> None:
    timeline = begun(sound_is_first=True)
    timeline.lose_sound()
    assert timeline.missing_before(0.5) == 0.5


def test_a_first_frame_after_a_picture_is_late() -> None:
    timeline = begun()
    assert timeline.missing_before(0.5) == 0.5


def test_a_section_begins_where_the_one_before_ends() -> None:
    timeline = begun()
    timeline.advance(20.0)
    timeline.begin_section(1000.0, may_leap=False, sound_is_first=False)
    assert timeline.missing_before(1001.0) == 1.0
    assert not timeline.warnings
