"""Some two hundred odd files each get their right length and warnings, or their right problem."""

import pytest

from shared.model.errors import StageError
from tests.support.decoding import decode
from tests.support.odd_files import OddFile, odd_files
from tests.support.recordings import RATE

ODD_FILES = odd_files()
MIN_FILES = 150


def test_there_are_enough_and_each_has_a_name_of_its_own() -> None:
    names = {odd.name for odd in ODD_FILES}
    assert len(names) == len(ODD_FILES) >= MIN_FILES


@pytest.mark.parametrize("odd", ODD_FILES, ids=lambda odd: odd.name)
def test_an_odd_file_is_decoded_or_refused_as_it_should(odd: OddFile) -> None:
    data = odd.make()
    if odd.problem is not None:
        with pytest.raises(StageError) as raised:
            decode(data)
        assert type(raised.value) is odd.problem
        return
    samples, media, warnings = decode(data)
    assert len(samples) / RATE == media.duration == pytest.approx(odd.seconds, abs=odd.tolerance)
    assert tuple(warning.code for warning in warnings) == odd.warnings
