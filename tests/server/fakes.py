"""Whole fakes as fixtures, in either profile: for the tests of the server's room, and of ARES's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.server.live import Live, live


@pytest.fixture(params=["docs", "server"])
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def ares(profile: str, caplog: pytest.LogCaptureFixture) -> Iterator[Live]:
    with live(caplog, profile=profile) as found:
        yield found


@pytest.fixture
def docs(caplog: pytest.LogCaptureFixture) -> Iterator[Live]:
    with live(caplog) as found:
        yield found


@pytest.fixture
def server(caplog: pytest.LogCaptureFixture) -> Iterator[Live]:
    with live(caplog, profile="server") as found:
        yield found
