"""What pytest loads: a doorway. Nothing behind it is imported until a test uses a fixture or a contract."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mock_ares.harness.fixtures import Ares
    from mock_ares.server.fake import FakeServer
    from mock_ares.server.state import Settings

ARES = pytest.StashKey["Ares"]()
PASSED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def ares_settings() -> Settings:
    """How the fake is set up. To be overridden: return mock_ares.Settings(profile="server"), for one."""
    from mock_ares.server.state import Settings

    return Settings()


@pytest.fixture(scope="session")
def ares_address() -> tuple[str, int]:
    """Where the fake listens: host and port, 0 being any free one. To be overridden."""
    return "127.0.0.1", 0


@pytest.fixture(scope="session")
def ares_server(ares_settings: Settings, ares_address: tuple[str, int]) -> Iterator[FakeServer]:
    """The fake that the tests of this process share."""
    from mock_ares.server.fake import FakeServer

    host, port = ares_address
    with FakeServer(ares_settings, host=host, port=port) as server:
        yield server


@pytest.fixture
def ares(request: pytest.FixtureRequest, ares_server: FakeServer) -> Iterator[Ares]:
    """A fake ARES of the test's own: script it with ares.reply(...), point a client at ares.url with ares.token."""
    from mock_ares.harness.fixtures import Ares, NeverAskedError

    mine = Ares(ares_server, request.node.name, request.path.parent)
    request.node.stash[ARES] = mine
    yield mine
    try:
        mine.finish(passed=request.node.stash.get(PASSED, False))
    except NeverAskedError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    if ARES not in item.stash or "hypothesis" not in sys.modules:
        return (yield)
    from mock_ares.harness.examples import allowed

    with allowed(item, "ares"):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.when == "call" and ARES in item.stash:
        item.stash[PASSED] = report.passed
        if report.failed and (requests := item.stash[ARES].told()):
            report.sections.append(("Requests to ares", "\n".join(requests)))
    return report
