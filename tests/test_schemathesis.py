"""Schemathesis plays each document in ``contracts/`` against a live fake of its profile, and finds nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import settings
from schemathesis import Case

from mock_ares.server.auth import Credentials, Keyring
from mock_ares.server.fake import FakeServer
from mock_ares.server.profiles import PROFILES
from mock_ares.server.state import Settings

CONTRACTS = Path(__file__).parent.parent / "contracts"
BOUNDED = settings(max_examples=40, derandomize=True, deadline=None, database=None)


def document(name: str, profile: str) -> Any:
    """The document, and valid credentials for whatever it asks for."""
    schema = schemathesis.openapi.from_path(CONTRACTS / name)
    credentials = Keyring(profile=PROFILES[profile]).pair()

    @schema.auth()
    class Bearer:
        def get(self, case: Case, context: Any) -> str:
            return credentials.api_key if "/v1/" in case.operation.path else credentials.token

        def set(self, case: Case, bearer: str, context: Any) -> None:
            case.headers["Authorization"] = f"Bearer {bearer}"

    return schema


DOCS = document("openapi.yaml", "docs")
SERVER = document("openapi.server.yaml", "server")


def served(profile: str) -> Iterator[str]:
    with FakeServer(Settings(profile=profile, speed=math.inf)) as fake:
        yield fake.url


@pytest.fixture(scope="module")
def docs() -> Iterator[str]:
    yield from served("docs")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    yield from served("server")


@DOCS.parametrize()
@BOUNDED
def test_docs(case: Case, docs: str) -> None:
    case.call_and_validate(docs)


@SERVER.parametrize()
@BOUNDED
def test_server(case: Case, server: str) -> None:
    case.call_and_validate(server)
