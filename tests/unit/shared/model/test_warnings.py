"""The warning of an uncertain number of speakers is the same from every stage."""

from shared.model.warnings import uncertain_speaker_count


def test_the_warning_names_its_stage_and_both_numbers() -> None:
    warning = uncertain_speaker_count("finalize", found=2, second=3)
    assert (warning.code, warning.stage) == ("speaker_count_uncertain", "finalize")
    assert warning.message == "The number of speakers is uncertain: 2, or nearly as likely 3."
    assert warning.span is None
