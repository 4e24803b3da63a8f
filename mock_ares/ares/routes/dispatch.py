"""From a request to the answer of a built-in operation, in the order of checks that the chat has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mock_ares.ares.bodies import parse_body, parse_json
from mock_ares.ares.credentials import Identity
from mock_ares.ares.errors import HttpError, plain_error
from mock_ares.ares.routes.operations import NOTHING, OperationCall, OperationRefusedError, Result
from mock_ares.ares.routes.table import Operation, find, methods, undecodable
from mock_ares.plan.build import answer
from mock_ares.plan.http.negotiation import Negotiated
from mock_ares.scenario.model import Pace, Reply
from mock_ares.server.http.handler import RequestHandler
from mock_ares.server.http.request import Decided, Request
from mock_ares.server.http.turns import note_use
from mock_ares.server.replies.responses import JSON, Answer, dump, of_error, ordinary


def dispatch(respond: RequestHandler, request: Request) -> Decided | None:
    """The answer and further head fields; None where the path is unknown."""
    profile, negotiated = respond.fake.profile, request.negotiated
    by_method, parts = find(profile.name, request.raw_path)
    if not by_method:
        return None
    operation = by_method.get("GET" if request.method == "HEAD" else request.method)
    if operation is None:
        allow = ",".join(methods(profile.name, request.raw_path))
        return respond.refuse_method(request, next(iter(by_method.values())).auth, (("allow", allow),))
    identity = respond.identify(request, operation.auth)
    if isinstance(identity, HttpError):
        return of_error(identity, negotiated), ()
    if profile.name == "server" and (name := undecodable(operation.path, request.raw_path)) is not None:
        return of_error(plain_error(400, f"Invalid URL: Invalid UTF-8 in `{name}`"), negotiated), ()
    limits = respond.limited(request, identity) if operation.auth != "none" else ()
    if isinstance(limits, HttpError):
        return of_error(limits, negotiated), ()
    if operation.auth == "api-key":
        note_use(request, respond.fake, identity)

    def done(fields: dict[str, Any]) -> Answer:
        try:
            result = _handled(respond, request, operation, identity, parts, fields)
        except OperationRefusedError as refused:
            return of_error(refused.error, negotiated)
        return replace(_answer(result, negotiated), secret=operation.secret)

    if operation.body is None:
        return done({}), limits
    if operation.body == "any":
        return respond.parsed(request, parse_json, (), done), limits
    return respond.parsed(request, parse_body, (operation.body,), done), limits


def _handled(
    respond: RequestHandler,
    request: Request,
    operation: Operation,
    identity: Identity,
    parts: dict[str, str],
    fields: dict[str, Any],
) -> Result:
    fake = respond.fake
    store, now = fake.store(identity.token_id or request.exchange.owner), fake.keyring.clock()
    call = OperationCall(
        profile=fake.profile,
        keyring=fake.keyring,
        store=store,
        user=identity.subject,
        address=request.wire.address,
        now=now,
        speed=fake.speed,
        parts=parts,
        query=request.query,
        body=b"" if operation.body is None else request.body,
        fields=fields,
    )
    return operation.handle(call)


def _answer(result: Result, negotiated: Negotiated) -> Answer:
    reply = Reply(text="", pace=Pace(head=result.wait))
    if result.value is NOTHING:
        return ordinary(answer(result.status, result.headers, b"", reply), negotiated)
    return ordinary(answer(result.status, (*JSON, *result.headers), dump(result.value), reply), negotiated)
