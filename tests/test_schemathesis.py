"""Schemathesis plays each document in ``contracts/`` against a live fake of its profile, and finds nothing.

All its checks are on, and all its phases: the documents' examples, systematic coverage of every schema with good data
and bad, other methods, broken credentials, and generated requests.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
import yaml
from hypothesis import given, settings
from schemathesis import Case, GenerationMode
from yaml import MappingNode

from mock_ares.server.app import CHATS
from mock_ares.server.auth import Keyring
from mock_ares.server.fake import FakeServer
from mock_ares.server.profiles import PROFILES
from mock_ares.server.state import Settings

CONTRACTS = Path(__file__).parent.parent / "contracts"
FILES = {"docs": "openapi.yaml", "server": "openapi.server.yaml"}
BOUNDED = settings(max_examples=12, derandomize=True, deadline=None, database=None)

Play = Callable[[Case], int]


def document(profile: str) -> Any:
    """The document, with valid credentials for whatever it asks for."""
    schema = schemathesis.openapi.from_path(CONTRACTS / FILES[profile])
    credentials = Keyring(profile=PROFILES[profile]).pair()

    @schema.auth()
    class Bearer:
        def get(self, case: Case, context: Any) -> str:
            return credentials.api_key if "/v1/" in case.operation.path else credentials.token

        def set(self, case: Case, bearer: str, context: Any) -> None:
            case.headers["Authorization"] = f"Bearer {bearer}"

    return schema


DOCUMENTS = {profile: document(profile) for profile in FILES}
OPERATIONS = [
    pytest.param(profile, found.ok(), id=f"{profile} {found.ok().label}")
    for profile, schema in DOCUMENTS.items()
    for found in schema.get_all_operations()
]


@pytest.fixture(scope="module")
def plays() -> Iterator[dict[str, Play]]:
    """Sends a case to the fake of a profile and checks what comes back; gives the status."""
    docs = FakeServer(Settings(profile="docs", speed=math.inf))
    server = FakeServer(Settings(profile="server", speed=math.inf))
    with docs, server, requests.Session() as session:
        urls = {"docs": docs.url, "server": server.url}

        def play(url: str) -> Play:
            return lambda case: int(case.call_and_validate(url, session=session).status_code)

        yield {profile: play(url) for profile, url in urls.items()}
        assert docs.fake.open_streams == server.fake.open_streams == 0


@DOCUMENTS["docs"].parametrize()
@BOUNDED
def test_docs(case: Case, plays: dict[str, Play]) -> None:
    plays["docs"](case)


@DOCUMENTS["server"].parametrize()
@BOUNDED
def test_server(case: Case, plays: dict[str, Play]) -> None:
    plays["server"](case)


@pytest.mark.parametrize(("profile", "operation"), OPERATIONS)
def test_good_requests_succeed(profile: str, operation: Any, plays: dict[str, Play]) -> None:
    """Else the checks above would have looked at refusals only."""

    @settings(BOUNDED, max_examples=5)
    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def succeed(case: Case) -> None:
        assert plays[profile](case) == 200

    succeed()


@pytest.mark.parametrize("profile", FILES)
def test_every_endpoint_is_described(profile: str) -> None:
    paths = {found.ok().path for found in DOCUMENTS[profile].get_all_operations()}
    assert paths == {path for path, _, _ in CHATS} | {"/health"}


@pytest.mark.parametrize("name", FILES.values())
def test_a_document_says_nothing_twice(name: str) -> None:
    """YAML parsers keep silent about a key that is there again, and take the last."""

    class Loader(yaml.SafeLoader):
        def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:
            keys = [self.construct_object(key) for key, _ in node.value]
            assert len(keys) == len(set(keys)), f"twice in one object, at{node.start_mark}: {keys}"
            return super().construct_mapping(node, deep)

    assert yaml.load((CONTRACTS / name).read_text(), Loader)["openapi"] == "3.1.0"
