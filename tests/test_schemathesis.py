"""Schemathesis plays each document in ``contracts/`` against a live fake of its profile, and finds nothing.

All its checks are on, and all its phases: the documents' examples, systematic coverage of every schema with good data
and bad, other methods, broken credentials, and generated requests. Of the last there are few, as each takes long to
make; ``MOCK_ARES_SCHEMATHESIS_EXAMPLES=100`` makes more.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import requests
import schemathesis
import yaml
from hypothesis import Phase, given, settings
from schemathesis import AuthContext, Case, GenerationMode
from schemathesis.checks import CheckFunction
from schemathesis.core.result import Ok
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import negative_data_rejection
from yaml import MappingNode

from mock_ares.ares.chats import CHATS
from mock_ares.ares.credentials import Keyring
from mock_ares.ares.memory.keys import Key
from mock_ares.ares.memory.store import Store
from mock_ares.ares.profiles import PROFILES
from mock_ares.ares.routes.table import operations
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings

CONTRACTS = Path(__file__).parent.parent / "contracts"
FILES = {"docs": "openapi.yaml", "server": "openapi.server.yaml"}
EXAMPLES = int(os.environ.get("MOCK_ARES_SCHEMATHESIS_EXAMPLES", "3"))
BOUNDED = settings(max_examples=EXAMPLES)
CREDENTIALS = {profile: Keyring(profile=PROFILES[profile]).pair() for profile in FILES}
AnyCase = Case[Any]
PATIENCE = 60.0
"""Seconds for an answer of a fake on a busy machine."""
EMAIL, PASSWORD = "ann@example.com", "correct horse"


def document(profile: str) -> BaseSchema:
    """The document, with valid credentials for whatever it asks for."""
    schema = schemathesis.openapi.from_path(CONTRACTS / FILES[profile])
    credentials = CREDENTIALS[profile]

    @schema.auth()
    class Bearer:
        def get(self, case: AnyCase, context: AuthContext) -> str:
            return credentials.api_key if "/v1/" in case.operation.path else credentials.token

        def set(self, case: AnyCase, bearer: str, context: AuthContext) -> None:
            case.headers["Authorization"] = f"Bearer {bearer}"

    return schema


DOCUMENTS = {profile: document(profile) for profile in FILES}


def described(profile: str) -> Iterator[Any]:
    """The operations of a document, all of which must be readable."""
    for found in DOCUMENTS[profile].get_all_operations():
        assert isinstance(found, Ok), found.err()
        yield found.ok()


OPERATIONS = [
    pytest.param(profile, operation, id=f"{profile} {operation.label}")
    for profile in FILES
    for operation in described(profile)
]


def whole(body: Any) -> Any:
    """To JSON Schema 3.0 is an integer; to serde, and to most people who write one, it is none."""
    if isinstance(body, dict):
        return {
            name: int(value) if isinstance(value, float) and value.is_integer() else value
            for name, value in body.items()
        }
    if isinstance(body, list):
        return [int(value) if isinstance(value, float) and value.is_integer() else value for value in body]
    return body


@dataclass(frozen=True)
class Stage:
    """A fake of one profile."""

    server: FakeServer
    session: requests.Session

    @property
    def store(self) -> Store:
        return self.server.fake.stores.of("")

    def play(self, case: AnyCase) -> int:
        """Sends a case and checks what comes back; gives the status."""
        if case.operation.path == "/api/auth/register":  # what one case makes is no news to the next
            self.server.fake.stores.clear()
        case.body = whole(case.body)
        # Where any JSON will do, Schemathesis still takes null for a mistake.
        excluded: list[CheckFunction] = (
            [negative_data_rejection] if case.operation.path == "/api/v1/agents/{name}/run" else []
        )
        got = case.call_and_validate(self.server.url, session=self.session, timeout=PATIENCE, excluded_checks=excluded)
        return int(got.status_code)


@pytest.fixture(scope="module")
def stages() -> Iterator[dict[str, Stage]]:
    docs = FakeServer(Settings(profile="docs", speed=math.inf))
    server = FakeServer(Settings(profile="server", speed=math.inf))
    with docs, server, requests.Session() as session:
        session.trust_env = False  # thousands of times it would look for proxies
        yield {"docs": Stage(docs, session), "server": Stage(server, session)}
        assert docs.fake.open_streams == server.fake.open_streams == 0


@DOCUMENTS["docs"].parametrize()
@BOUNDED
def test_docs(case: AnyCase, stages: dict[str, Stage]) -> None:
    stages["docs"].play(case)


@DOCUMENTS["server"].parametrize()
@BOUNDED
def test_server(case: AnyCase, stages: dict[str, Stage]) -> None:
    stages["server"].play(case)


# What must be there for a good request to succeed; no description can say that.


def registered(case: AnyCase, stage: Stage, owner: str) -> None:
    stage.store.accounts.register(EMAIL, PASSWORD, "Ann", "ann")
    case.body = {"email": EMAIL, "password": PASSWORD}


def logged_in(case: AnyCase, stage: Stage, owner: str) -> None:
    token = stage.server.fake.keyring.issue_jwt(kind="refresh")
    stage.store.accounts.open(token, "ann", EMAIL, math.inf)
    case.body = {"refresh_token": token}


def talked(case: AnyCase, stage: Stage, owner: str) -> None:
    stage.store.history.open(unquote(case.path_parameters["id"]), owner, 0.0, shared=False)


def known(name: str) -> Callable[[AnyCase, Stage, str], None]:
    def named(case: AnyCase, stage: Stage, owner: str) -> None:
        case.path_parameters["name"] = name

    return named


def owned(case: AnyCase, stage: Stage, owner: str) -> None:
    stage.store.keys.add(Key(unquote(case.path_parameters["id"]), owner, "", "secret", 0.0, None))


def answered(case: AnyCase, stage: Stage, owner: str) -> None:
    """By an agent that there is: any text may be the name of one."""
    if isinstance(case.body, list):
        case.body[1] = "product"
    elif isinstance(case.body, dict):
        case.body.pop("agent_type", None)


BEFORE: dict[str, Callable[[AnyCase, Stage, str], None]] = {
    "login": registered,
    "refresh": logged_in,
    "getConversation": talked,
    "renameConversation": talked,
    "deleteConversation": talked,
    "runWorkflow": known("default"),
    "getClientAgent": known("assistant"),
    "runClientAgent": known("assistant"),
    "listRuns": known("assistant"),
    "listLogs": known("assistant"),
    "revokeKey": owned,
}


@pytest.mark.hypothesis
@pytest.mark.parametrize(("profile", "operation"), OPERATIONS)
def test_good_requests_succeed(profile: str, operation: Any, stages: dict[str, Stage]) -> None:
    """Else the checks above would have looked at refusals only."""
    stage, before = stages[profile], BEFORE.get(operation.definition.raw.get("operationId"))
    if operation.path in CHATS:  # under three paths one operation, which has but one name
        before = answered

    @settings(BOUNDED, phases=[Phase.generate])
    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def succeed(case: AnyCase) -> None:
        if before is not None:
            before(case, stage, CREDENTIALS[profile].id)
        assert stage.play(case) in (200, 201, 204)

    succeed()


@pytest.mark.parametrize("profile", FILES)
def test_every_endpoint_is_described(profile: str) -> None:
    """The pages' second name for the key routes, which the document's first paragraph tells of, aside; and stubs."""
    told = {(operation.method.upper(), operation.path) for operation in described(profile)}
    served = {("POST", path) for path in CHATS} | {("GET", "/health")}
    served |= {(each.method, each.path) for each in operations(profile) if not each.only}
    if profile == "docs":
        served -= {(method, path) for method, path in served if path.startswith("/api/v1/") and "chat" not in path}
    assert told == served


@pytest.mark.parametrize("name", FILES.values())
def test_a_document_says_nothing_twice(name: str) -> None:
    """YAML parsers keep silent about a key that is there again, and take the last."""

    class Loader(yaml.SafeLoader):
        def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:
            keys = [self.construct_object(key) for key, _ in node.value]
            assert len(keys) == len(set(keys)), f"twice in one object, at{node.start_mark}: {keys}"
            return super().construct_mapping(node, deep)

    assert yaml.load((CONTRACTS / name).read_text(), Loader)["openapi"] == "3.2.0"
