import pytest

from tests.unit.dropscribe.both_clients import Caller


@pytest.fixture(params=["Client", "AsyncClient"])
def caller(request: pytest.FixtureRequest) -> Caller:
    return Caller(request.param)
