"""For every test: the marks ``toolchain`` and ``needs_barrier``, and properties that draw nothing by chance.

In ``make test`` what is generated follows from a test's own source, and nothing is remembered from one run to the next.
``make fuzz`` runs the same tests with seeds that nobody has tried, and keeps what fails. No deadline: a busy machine is
no failure, nor are examples that it takes long to make.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import httpcore  # noqa: F401  # see below
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from mock_ares.harness.clients.browser.chromium import Chromium
from mock_ares.server.transport.client_socket import BARRIER
from tests.toolchains import IN_CI, require_tool

# httpx imports httpcore when it is first used, and remembers its exceptions. Where that is within pytest in a test
# (pytester), what that has imported is forgotten, and httpx translates the exceptions of a module that nobody has.

FAILURES = Path(__file__).parent.parent / "build" / "fuzz" / "examples"

if (said := os.environ.pop("CI", None)) is not None:
    os.environ[IN_CI] = said

settings.register_profile(
    "tests", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "fuzz",
    settings.get_profile("tests"),
    derandomize=False,
    max_examples=300,
    database=DirectoryBasedExampleDatabase(FAILURES),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
settings.load_profile("tests")

# Hypothesis mixes in constants from the source of what has been imported by then, which differs with the order of the
# tests, with the process, and with the name of the folder that the checkout lies in. There is no setting for it.
providers._get_local_constants = Constants


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays until the end of the run; the garbage collector need not walk ten thousand tests again.

    It would while they are made, and six times whenever pytest is run within a test: it ends with ``gc.collect``.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """More than processors: some tests wait. Not many more: each worker collects, and starts what is shared in it."""
    return int(os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS", (3 * (os.cpu_count() or 1) + 1) // 2))


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("toolchain"):
        require_tool(mark.args[0])
    if item.get_closest_marker("needs_barrier") and BARRIER.reason is not None:
        pytest.skip(f"needs the read barrier: {BARRIER.reason}")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    require_tool("chromium")
    with Chromium() as browser:
        yield browser


@pytest.fixture
def no_barrier(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the kernel cannot be asked about sockets."""
    monkeypatch.setattr(BARRIER, "_available", False)
    monkeypatch.setattr(BARRIER, "_reason", "netlink refused: EPERM")
