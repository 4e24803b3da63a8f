"""What pytest loads: a doorway. Nothing behind it is imported until a test uses a fixture or a contract."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from mock_ares.harness.plugin import options as ares_options

if TYPE_CHECKING:
    from mock_ares.harness.plugin.fixtures import Ares
    from mock_ares.harness.plugin.live import LiveAres
    from mock_ares.harness.plugin.run import ContractRun
    from mock_ares.server.hosting.in_thread import FakeServer
    from mock_ares.server.state import Settings

ARES = pytest.StashKey["Ares | LiveAres"]()
PASSED = pytest.StashKey[bool]()
CONTRACTS = "mock_ares.harness.plugin.contract"
"""The modules that are imported where there is a contract, and not before."""
COLLECTS = "mock_ares.harness.plugin.collect"
MARKS = (
    "ares_documented: checks of what ARES's pages promise or demand",
    "ares_standard: checks of what WHATWG HTML or an RFC demands",
    "ares_defensive: checks that no text demands; they fail nothing unless the contract is strict",
    "ares(recording=FOLDER): plays what --ares-record has recorded into FOLDER, beside the test",
    "ares_lasting: checks that take many seconds, whatever the client does",
)


@pytest.fixture(scope="session")
def ares_settings() -> Settings:
    """How the fake is set up. To be overridden: return mock_ares.server.state.Settings(profile="server"), for one.

    Replies keep the pace they are scripted with; Settings(speed=float("inf")) waits for nothing.
    """
    from mock_ares.server.state import Settings

    return Settings()


@pytest.fixture(scope="session")
def ares_address() -> tuple[str, int]:
    """Where the fake listens: host and port, 0 being any free one. To be overridden."""
    return "127.0.0.1", 0


@pytest.fixture(scope="session")
def ares_server(ares_settings: Settings, ares_address: tuple[str, int]) -> Iterator[FakeServer]:
    """The fake that the tests of this process share."""
    from mock_ares.server.certificates.identity import CertificateError
    from mock_ares.server.hosting.in_thread import FakeServer
    from mock_ares.server.hosting.loop import CannotListenError

    host, port = ares_address
    try:
        server = FakeServer(ares_settings, host=host, port=port)
    except (CannotListenError, CertificateError) as error:
        raise _refused(error) from None
    with server:
        yield server


def _refused(error: Exception) -> BaseException:
    """The fixture's failure, without the lines of code that led to it."""
    return pytest.fail.Exception(f"ares: {error}", pytrace=False)


@pytest.fixture
def ares(request: pytest.FixtureRequest, ares_settings: Settings) -> Iterator[Ares | LiveAres]:
    """A fake ARES of the test's own: script it with ares.reply(...), point a client at ares.url with ares.token."""
    if (url := ares_options.options_of(request.config).url) is not None:
        from mock_ares.harness.plugin.live import LiveAres

        request.node.stash[ARES] = live = LiveAres(url, ares_settings.profile)
        yield live
        return
    from mock_ares.harness.plugin.fixtures import Ares, NeverAskedError, NeverReleasedWarning

    ares_server = request.getfixturevalue("ares_server")
    if (marker := request.node.get_closest_marker("ares")) is not None:
        from mock_ares.harness.plugin.recordings import opened

        mine = opened(ares_server, request, marker)
    else:
        mine = Ares(ares_server, request.node.name, request.path.parent)
    request.node.stash[ARES] = mine
    yield mine
    try:
        mine.finish(passed=request.node.stash.get(PASSED, False))
    except (NeverAskedError, NeverReleasedWarning) as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None  # else it would be told twice


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    if ARES not in item.stash or "hypothesis" not in sys.modules:
        return (yield)
    from mock_ares.harness.plugin.function_scoped import allowed

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
    elif COLLECTS in sys.modules:
        from mock_ares.harness.plugin.report import attach

        attach(report, item)
    return report


# The contract


def pytest_addoption(parser: pytest.Parser) -> None:
    ares_options.add(parser)


def pytest_configure(config: pytest.Config) -> None:
    ares_options.read(config)
    for line in MARKS:
        config.addinivalue_line("markers", line)
    if ares_options.options_of(config).results_wanted and not ares_options.is_worker(config):
        from mock_ares.harness.plugin.report import Writer

        config.pluginmanager.register(Writer(config), "ares-report")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells a process of xdist's the seed of all."""
    node.workerinput["ares_seed"] = ares_options.options_of(node.config).chance


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: object) -> Any:
    if CONTRACTS not in sys.modules:
        return None
    from mock_ares.harness.plugin.collect import collected

    return collected(collector, name, obj)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if COLLECTS not in sys.modules:
        return
    from mock_ares.harness.plugin.collect import unwanted

    options = ares_options.options_of(config)
    if out := {item for item in items if unwanted(item, options)}:
        config.hook.pytest_deselected(items=list(out))
        items[:] = [item for item in items if item not in out]


def pytest_report_collectionfinish(config: pytest.Config, items: list[pytest.Item]) -> list[str]:
    """Says once what does not hold for any client on this machine."""
    if COLLECTS not in sys.modules:
        return []
    from mock_ares.harness.plugin.collect import notices

    return notices(items)


@pytest.fixture(scope="class")
def ares_contract(
    request: pytest.FixtureRequest, ares_settings: Settings, ares_address: tuple[str, int]
) -> Iterator[ContractRun]:
    """What the tests of a contract run in."""
    from mock_ares.harness.model import UsageError
    from mock_ares.harness.plugin.run import ContractRun

    transport = getattr(request, "param", None)
    try:
        run = ContractRun(request.cls, request.node.nodeid, request.config, ares_settings, ares_address[0], transport)
    except UsageError as error:
        raise _refused(error) from None
    yield run
    run.close()
