"""Schemathesis plays the document of the control API against a live fake, good requests and bad."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import settings
from schemathesis import Case
from schemathesis.checks import CheckFunction
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance

from mock_ares.control.app import API, ROUTES
from mock_ares.control.context import Control
from mock_ares.server.files.scenario_files import Folder
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from tests.control.rig import DOCUMENT

FILE = Path(__file__).parents[2] / "contracts" / "control.openapi.yaml"
PATIENCE = 60.0
"""Seconds for an answer of a fake on a busy machine."""
BOUNDED = settings(max_examples=5)
AnyCase = Case[Any]
SCHEMA = schemathesis.openapi.from_path(FILE).exclude(path=[f"{API}/events", f"{API}/requests/wait"])


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[AnyCase], Any]]:
    """On a fake that serves a folder, with a token and a request in its journal."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "day.yaml").write_text("text: Good day.\n")
    files = Folder([folder])
    with FakeServer(Settings(speed=math.inf), files.load()) as server, requests.Session() as session:
        Control(server.fake, files)
        yield lambda case: case.call_and_validate(
            server.url, session=session, timeout=PATIENCE, excluded_checks=EXCLUDED
        )
        assert session.get(f"{server.url}{API}/health").status_code == 200


EXCLUDED: list[CheckFunction] = [
    ignored_auth,  # a fake on loopback wants none
    positive_data_acceptance,  # names in paths are rarely those of what there is
    negative_data_rejection,  # what is no object may be no JSON; 415 comes first
]


@SCHEMA.parametrize()
@BOUNDED
def test_every_answer_is_in_the_document(case: AnyCase, play: Callable[[AnyCase], Any]) -> None:
    play(case)


def test_every_route_is_described() -> None:
    described = {
        (method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item if method != "parameters"
    }
    routes = {(method, API + path.replace(":path", "")) for method, path, _ in ROUTES}
    assert routes | {("POST", f"{API}/session"), ("GET", f"{API}/events")} == described
