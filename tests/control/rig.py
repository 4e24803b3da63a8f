"""A client of the control API that holds every answer against the document."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import yaml
from jsonschema_rs import Draft202012Validator

from mock_ares.control.context import Control
from mock_ares.scenario.model import Scenario
from mock_ares.server.files.scenario_files import Folder
from tests.server.live import PATIENCE, Got, Live, live

API = "/_mock/api"
DOCUMENT: dict[str, Any] = yaml.load(
    (Path(__file__).parents[2] / "contracts" / "control.openapi.yaml").read_text(encoding="utf-8"),
    getattr(yaml, "CSafeLoader", yaml.SafeLoader),  # every worker reads it, to collect: a second less
)


@cache
def operations() -> list[tuple[str, re.Pattern[str], dict[str, Any]]]:
    """Method, path and operation; literal paths before those with names in them."""
    found = []
    for path, item in sorted(DOCUMENT["paths"].items(), key=lambda pair: pair[0].count("{")):
        one = ".+" if path.startswith(f"{API}/files/") else "[^/]+"
        pattern = re.compile(re.sub(r"\\\{\w+\\\}", one, re.escape(path)))
        found += [(method.upper(), pattern, item[method]) for method in item if method != "parameters"]
    return found


def operation(method: str, path: str) -> dict[str, Any]:
    plain = path.split("?")[0]
    for each, pattern, found in operations():
        if each == method and pattern.fullmatch(plain):
            return found
    raise AssertionError(f"the document has no {method} {plain}")


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        found: Any = DOCUMENT
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def conforms(value: Any, schema: dict[str, Any]) -> None:
    """Asserts that a value is what a schema of the document says."""
    errors = [
        f"{list(error.instance_path)}: {error.message}"[:500]
        for error in validator(json.dumps(schema)).iter_errors(value)
    ]
    assert not errors, "\n".join(errors)


@cache
def validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator({**json.loads(schema), "components": DOCUMENT["components"]})


def checked(method: str, path: str, got: Got) -> Any:
    """What the answer says. Asserts that the document has it so."""
    responses = operation(method, path)["responses"]
    assert got.status < 400 or "default" in responses
    if got.status < 400:
        assert str(got.status) in responses, f"{method} {path}: {got.status} is not in the document"
    content = resolved(responses.get(str(got.status), responses["default"])).get("content")
    if content is None:
        assert (got.status, got.body) == (204, b"")
        return None
    kind = got.headers["content-type"].split(";")[0]
    assert kind in content and got.headers["cache-control"] == "no-store"
    assert got.headers["x-content-type-options"] == "nosniff" and "access-control-allow-origin" not in got.headers
    if not kind.endswith("json"):
        return got.body.decode()
    value = json.loads(got.body)
    conforms(value, content[kind]["schema"])
    return value


class RefusedError(Exception):
    def __init__(self, status: int, told: Any) -> None:
        super().__init__(f"{status}: {told['error']}")
        self.status, self.told = status, told


class Api:
    """``api.get("/status")`` and the like; raises for what is refused."""

    def __init__(self, ares: Live) -> None:
        self.ares = ares
        self.fake = ares.fake
        self.headers: dict[str, str] = {}

    def call(self, method: str, path: str, body: Any = None, /, **query: Any) -> Any:
        path = API + quote(path) + (f"?{urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        fields = self.headers | ({"content_type": "application/json"} if data is not None else {})
        got = self.ares.send(method, path, data, **fields)
        told = checked(method, path, got)
        if got.status >= 400:
            raise RefusedError(got.status, told)
        return told

    def get(self, path: str, /, **query: Any) -> Any:
        return self.call("GET", path, **query)

    def post(self, path: str, body: Any = None) -> Any:
        return self.call("POST", path, body)

    def put(self, path: str, body: Any = None) -> Any:
        return self.call("PUT", path, body)

    def delete(self, path: str, /, **query: Any) -> Any:
        return self.call("DELETE", path, **query)

    def ask(self, token: str | None = None, message: str = "hi", **headers: str) -> Got:
        """A chat with the token, or with one that the API does not know."""
        bearer = f"Bearer {token or self.ares.credentials.token}"
        return self.ares.ask(body={"message": message}, authorization=bearer, **headers)

    def refused(self, status: int, method: str, path: str, body: Any = None, /, **query: Any) -> str:
        """What is said of a request that is refused with this status."""
        with pytest.raises(RefusedError) as refused:
            self.call(method, path, body, **query)
        assert refused.value.status == status, refused.value
        return str(refused.value.told["error"])


class Listener:
    """A reader of the event stream."""

    def __init__(self, api: Api, last: str | None = None, *fields: str) -> None:
        more = "".join(f"{field}\r\n" for field in (*fields, *([f"last-event-id: {last}"] if last else [])))
        self.socket = socket.create_connection(api.ares.address, PATIENCE)
        self.socket.sendall(f"GET {API}/events HTTP/1.1\r\nhost: {api.ares.host}\r\n{more}\r\n".encode())
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.fields = dict(line.split(": ", 1) for line in iter(lambda: self.file.readline().decode().strip(), ""))

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()
        self.socket.close()

    def __iter__(self) -> Iterator[tuple[str, str, Any]]:
        """Kind, id and data of each event. HTTP chunks end where events do."""
        rest = b""
        while True:
            size = int(self.file.readline(), 16)
            rest += self.file.read(size + 2)[:size]
            while b"\n\n" in rest:
                block, _, rest = rest.partition(b"\n\n")
                found = dict(line.split(": ", 1) for line in block.decode().splitlines() if not line.startswith(":"))
                if "event" in found:
                    yield found["event"], found.get("id", ""), json.loads(found["data"])

    def until(self, kind: str) -> Any:
        """The data of the next event of a kind."""
        return next(data for each, _, data in self if each == kind)


@contextmanager
def served(
    caplog: pytest.LogCaptureFixture, folder: Path | None = None, scenarios: Iterable[Scenario] = (), **settings: Any
) -> Iterator[Api]:
    """A fake with its control, of a folder's scenarios where there is one."""
    files = Folder([folder]) if folder is not None else None
    with live(caplog, files.load() if files is not None else scenarios, **settings) as ares:
        Control(ares.fake, files)
        yield Api(ares)
