"""ARES as the OpenAPI documents in ``contracts/`` describe it, read by Schemathesis."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from mock_ares.harness.model import UsageError
from mock_ares.paths import CONTRACTS
from mock_ares.verify.exchange import HttpAnswer, Probe

FILES = {"docs": "openapi.yaml", "server": "openapi.server.yaml"}


def check_installed() -> None:
    """Raises UsageError where Schemathesis is not."""
    try:
        import schemathesis  # noqa: F401
    except ImportError:
        raise UsageError("answers are read with Schemathesis: pip install 'mock-ares[verify]'") from None


class Document:
    """One profile's."""

    def __init__(self, profile: str) -> None:
        import schemathesis

        self._schema: Any = schemathesis.openapi.from_path(CONTRACTS / FILES[profile])

    def difference(self, ask: Probe, answer: HttpAnswer) -> str | None:
        """What is not as described: status, content type, fields, or the shape of the body and of each event."""
        import requests
        from schemathesis.core.failures import Failure, FailureGroup
        from schemathesis.core.transport import Response
        from schemathesis.specs.openapi import checks

        operation = self._schema.find_operation_by_path(ask.method, ask.path.partition("?")[0])
        if operation is None:
            raise LookupError(f"the document has no {ask.method} {ask.path}")
        fields = dict[str, list[str]]()
        for name, value in answer.fields:
            fields.setdefault(name, []).append(value)
        sent = requests.Request(ask.method, f"http://server{ask.path}").prepare()
        response = Response(answer.status, fields, answer.body, sent, answer.seconds, verify=True, encoding="utf-8")
        wanted = [
            checks.status_code_conformance,
            checks.content_type_conformance,
            checks.response_headers_conformance,
            checks.response_schema_conformance,
        ]
        parameters = dict.fromkeys(re.findall(r"{(\w+)}", operation.path), "any")
        try:
            operation.Case(path_parameters=parameters).validate_response(response, checks=wanted)
        except FailureGroup as found:
            return "; ".join(sorted(map(_said, found.exceptions)))
        except Failure as found:
            return _said(found)
        return None


@cache
def document(profile: str) -> Document:
    """Read once: that takes a third of a second."""
    return Document(profile)


def _said(failure: Any) -> str:
    """A failure's title and first paragraph, which says what and where."""
    told = str(failure.message).strip().split("\n\n")[0]
    return f"{failure.title}: {' '.join(told.split())}"
