"""From a request to the answer of a built-in operation, in the order of checks that the chat has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mock_ares.ares.bodies import parse_body, parse_json
from mock_ares.ares.credentials import Identity
from mock_ares.ares.errors import HttpError, lookup
from mock_ares.ares.routes.operations import NOTHING, OperationCall, OperationRefusedError, Result
from mock_ares.ares.routes.table import Operation, find
from mock_ares.plan.build import answer
from mock_ares.plan.http1.negotiation import Negotiated
from mock_ares.plan.model import Headers
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
        return _wrong_method(respond, request, by_method)
    identity = respond.identify(request, operation.auth)
    if isinstance(identity, HttpError):
        return of_error(identity, negotiated), ()
    limits = respond.limited(identity) if operation.auth != "none" else ()
    if isinstance(limits, HttpError):
        return of_error(limits, negotiated), ()
    if operation.auth == "api-key":
        note_use(request, respond.fake, identity)
    asked = (request.body, request.headers.first("content-type"), profile)

    def done(fields: dict[str, Any]) -> Answer:
        try:
            result = _handled(respond, request, operation, identity, parts, fields)
        except OperationRefusedError as refused:
            return of_error(refused.error, negotiated)
        return replace(_answer(result, negotiated), secret=operation.secret)

    if operation.body is None:
        return done({}), limits
    if operation.body == "any":
        return respond.parsed(request, parse_json, asked, done), limits
    return respond.parsed(request, parse_body, (*asked, operation.body), done), limits


def _wrong_method(respond: RequestHandler, request: Request, by_method: dict[str, Operation]) -> tuple[Answer, Headers]:
    """ARES's server asks for credentials first, where any operation of the path wants them."""
    profile, first = respond.fake.profile, next(iter(by_method.values()))
    if profile.outer_layers_first:
        identity = respond.identify(request, first.auth)
        if isinstance(identity, HttpError):
            return of_error(identity, request.negotiated), ()
    names = ["GET,HEAD" if method == "GET" else method for method in by_method]
    return of_error(lookup(profile, "method-not-allowed"), request.negotiated), (("allow", ",".join(names)),)


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
        body=request.body,
        fields=fields,
    )
    return operation.handle(call)


def _answer(result: Result, negotiated: Negotiated) -> Answer:
    reply = Reply(text="", pace=Pace(head=result.wait))
    if result.value is NOTHING:
        return ordinary(answer(result.status, result.headers, b"", reply), negotiated)
    return ordinary(answer(result.status, (*JSON, *result.headers), dump(result.value), reply), negotiated)
