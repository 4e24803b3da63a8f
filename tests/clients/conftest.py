"""Runs each client of contracts/clients as its user would."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_ares.harness.clients.browser.chromium import Chromium
from mock_ares.harness.clients.driver import DriverClient
from mock_ares.harness.model import Target
from tests import programs
from tests.clients.rig import (
    CLIENTS,
    DRIVERS,
    INTERPRETERS,
    MESSAGE,
    PATH,
    TOKEN,
    Listener,
    Outcome,
    RawServer,
    Run,
    Runner,
    spawn,
)


@pytest.fixture
def server() -> Iterator[RawServer]:
    script = RawServer()
    with Listener(script) as listener:
        script.url = f"http://127.0.0.1:{listener.server_address[1]}"
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield script
        listener.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def go_programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return programs.go_programs(tmp_path_factory)


@pytest.fixture(scope="session")
def java_classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return programs.java_classes(tmp_path_factory)


@pytest.fixture(scope="session")
def rust_programs() -> Path:
    return programs.rust_programs()


@pytest.fixture
def runner(request: pytest.FixtureRequest) -> Runner:
    """Runs the client of a name, such as ``node/fixed``, against a server, to its end."""

    def run_client(name: str, url: str, token: str) -> Outcome:
        tool, _, variant = name.partition("/")
        if tool == "browser":
            browser: Chromium = request.getfixturevalue("chromium")
            file = CLIENTS / "browser" / f"{variant}.js"
            call = {"url": url, "path": PATH, "token": token, "message": MESSAGE}
            ran = browser.run(file, call, timeout=60)
            assert ran.text in (None, "".join(ran.shown))
            return Outcome("".join(ran.shown), ran.error is not None, ran.error or "")
        if tool == "go":
            command = [str(request.getfixturevalue("go_programs") / variant)]
        elif tool == "java":
            command = [*programs.JAVA, "-cp", str(request.getfixturevalue("java_classes")), variant.capitalize()]
        elif tool == "rust":
            command = [str(request.getfixturevalue("rust_programs") / variant)]
        else:
            command = [*INTERPRETERS[tool], str(next((CLIENTS / tool).glob(f"{variant}.*")))]
        return spawn(command, url, token)

    return run_client


@pytest.fixture(scope="session")
def drivers() -> Iterator[dict[str, DriverClient]]:
    started: dict[str, DriverClient] = {}
    yield started
    for client in started.values():
        client.close()


@pytest.fixture
def driven(request: pytest.FixtureRequest, runner: Runner, drivers: dict[str, DriverClient]) -> Runner:
    """As ``runner``, but a client that there is a driver for is started once."""

    def ask(name: str, url: str, token: str) -> Outcome:
        tool, _, variant = name.partition("/")
        if tool != "java" and tool not in DRIVERS:
            return runner(name, url, token)
        if name not in drivers:
            if tool == "java":
                command = [*programs.JAVA, "-cp", str(request.getfixturevalue("java_classes")), "Drive", variant]
            else:
                command = [*DRIVERS[tool], str(next((CLIENTS / tool).glob(f"{variant}.*")))]
            drivers[name] = DriverClient(command)
            drivers[name].start()
        seen = drivers[name].observe(Target(url, PATH, token, MESSAGE, deadline=60))
        return Outcome(seen.shown_text, seen.error is not None, seen.error or "")

    return ask


@pytest.fixture
def run(server: RawServer, driven: Runner) -> Run:
    """Puts the raw server to the client of a name: one process for all tests of it, where it has a driver;
    test_library.py starts each of them anew."""
    return lambda name: driven(name, server.url, TOKEN)
