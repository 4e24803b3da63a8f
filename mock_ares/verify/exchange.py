"""A question's request, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import quote

Credential = Literal["jwt", "api-key"]
Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Probe:
    """A request. ``{name}`` in its path and body stands for a value that a run has, or an answer gave."""

    method: str
    path: str
    body: str = ""
    auth: Credential | None = None
    fields: Fields = ()
    times: int = 1
    """How often it is asked on one connection; the first answer counts."""

    def missing(self, values: Mapping[str, str]) -> list[str]:
        """The credential, and the names, for which there is no value yet."""
        credential = [self.auth] if self.auth is not None else []
        wanted = [*credential, *(name for name in NAMES if f"{{{name}}}" in self.path + self.body)]
        return [name for name in wanted if name not in values]

    def filled(self, values: Mapping[str, str]) -> Probe:
        """The request as it is sent, with its credentials."""
        path, body, fields = self.path, self.body, self.fields
        for name in NAMES:
            if name in values:
                path = path.replace(f"{{{name}}}", quote(values[name], safe=""))
                body = body.replace(f"{{{name}}}", json.dumps(values[name])[1:-1])
        if self.auth is not None:
            fields = (*fields, ("authorization", f"Bearer {values[self.auth]}"))
        return replace(self, path=path, body=body, fields=fields)


NAMES = ("context", "email", "new_email", "password", "refresh_token", "key_id")


def is_credential(value: Any) -> bool:
    """Whether it can stand in a request's head."""
    return isinstance(value, str) and value.isascii() and value.isprintable() and " " not in value and value != ""


def post(path: str, body: Any, auth: Credential | None = None, **more: Any) -> Probe:
    """A POST with a JSON body; text stands as it is."""
    text = body if isinstance(body, str) else json.dumps(body)
    return Probe("POST", path, text, auth, (("content-type", "application/json"), *more.pop("fields", ())), **more)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer whose head is whole."""

    status: int
    fields: Fields = ()
    """Names in lower case."""
    reads: tuple[tuple[float, bytes], ...] = ()
    """Of the body, without HTTP chunks: seconds since the request, and what came then."""
    ending: str = ""
    """Why the body is not whole; empty: it is."""
    endless: bool = False
    """It would have gone on, or was silent, and was given up."""
    seconds: float = 0.0
    """From the request to the end."""
    surplus: bytes = b""
    """What came behind the end."""
    kept: bool = True
    """The connection took each request of ``Probe.times``."""

    @property
    def body(self) -> bytes:
        return b"".join(data for _, data in self.reads)

    def field(self, name: str) -> str:
        """The values of all fields of that name, as one list; empty where there is none."""
        return ", ".join(value for known, value in self.fields if known == name)

    @property
    def media_type(self) -> str:
        """Without parameters, in lower case; empty where none is given."""
        return self.field("content-type").partition(";")[0].strip().lower()


class NoAnswerError(Exception):
    """There is no answer, and why: a sentence that the server is the subject of."""
