"""Fakes for the tables, each kept for a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.surfaces.rig import PARSERS, Rig


@pytest.fixture(scope="module", params=PARSERS)
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """On each parser."""
    with Rig(request.param) as found:
        yield found


@pytest.fixture(scope="module", params=[f"{parser}-{profile}" for parser in PARSERS for profile in ("docs", "server")])
def each(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """On each parser, and in each profile."""
    parser, _, profile = request.param.partition("-")
    with Rig(parser, profile=profile) as found:
        yield found


@pytest.fixture(autouse=True)
def nothing_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever comes over a socket is the journal's business, and none of it an exception of the server's."""
    yield
    assert [record.getMessage() for record in caplog.get_records("call")] == []
