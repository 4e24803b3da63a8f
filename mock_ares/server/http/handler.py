"""One request, from its first byte to the end of its answer.

The order of the checks is ARES's: credentials, content type, size, JSON. The body is read whole before any of them,
whatever they will say: what is left unread in the socket would turn a FIN into a reset. Where a profile does not wait,
it is decided first, and the body is read once something about it is to be known.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from email.utils import formatdate
from functools import lru_cache, partial
from typing import Any, TypeVar

from mock_ares.ares import refusal_reasons
from mock_ares.ares.bodies import BODY_LIMIT, ChatRequest, parse_chat, refused_type
from mock_ares.ares.chats import CHATS, Auth, Form, unanswerable
from mock_ares.ares.credentials import Identity
from mock_ares.ares.errors import HttpError, lookup, plain_error
from mock_ares.dialects import Names
from mock_ares.plan.http.layout import head_only
from mock_ares.plan.http.negotiation import HYPER_REFUSING, accepts_gzip
from mock_ares.plan.model import Headers
from mock_ares.plan.positions import PlanError
from mock_ares.scenario.model import Reply, Scenario
from mock_ares.server.http.request import BodyAwaitedError, Decided, Deferred, Request
from mock_ares.server.http.turns import in_context, note_use, remember
from mock_ares.server.playback.player import play
from mock_ares.server.record.isolation import StrangerError
from mock_ares.server.record.journal import MOST_NAME, kept_body, kept_text
from mock_ares.server.replies.cors import unread
from mock_ares.server.replies.effort import MOST_BODY
from mock_ares.server.replies.executor import BusyError
from mock_ares.server.replies.library import Turn
from mock_ares.server.replies.lookup import Facts, SlowPatternError
from mock_ares.server.replies.planner import ChatContext, Planner, is_text
from mock_ares.server.replies.responses import Answer, dump, nothing, of_error, of_json, other_host, unserved
from mock_ares.server.state import FakeState
from mock_ares.server.transport.header_fields import Fields
from mock_ares.server.transport.refusal import Refusal
from mock_ares.server.transport.wire import EXTENSION, Wire

T = TypeVar("T")
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
SCENARIO_HEADER = "x-mock-ares-scenario"
NO_WIRE = (
    "mock-ares writes to the connection itself, which this ASGI server does not let it do: run it with "
    "`mock-ares serve`, or with `uvicorn --factory mock_ares.server:create_app --http mock_ares.server:Http`"
)
DRAINED = 32 * 1024 * 1024
"""Bytes of a body over the limit that are read and thrown away; a client that sends more is cut off."""
BODY_TIMEOUT = 60.0
"""Seconds for which a body may stand still."""
BODY_DEADLINE = 600.0
"""Seconds that all of it may take."""


class ClientLeftError(Exception):
    """The client went away before its request was complete."""


class BodyTimeoutError(Exception):
    """The request's body stopped coming."""


BuiltIn = Callable[["RequestHandler", Request], Decided | None]


class RequestHandler:
    """Answers requests for one fake."""

    def __init__(self, fake: FakeState, built_in: BuiltIn, paths: Callable[[], Iterable[str]]) -> None:
        """``built_in``: what is answered beside the chats and the scenarios, at ``paths``."""
        self.fake = fake
        self._built_in = built_in
        self._built_in_paths = paths

    @property
    def planner(self) -> Planner:
        """By the profile and the dialect of this moment."""
        return Planner(self.fake.profile, self.fake.dialect, self.fake.plans)

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, decide: Callable[[Request], Decided]) -> None:
        """Reads the request, lets ``decide`` choose the answer and further head fields, and plays it."""
        if EXTENSION not in scope.get("extensions", {}):
            raise RuntimeError(NO_WIRE)
        wire: Wire = scope["extensions"][EXTENSION]
        request = self._opened(scope, wire)
        wire.promise_end(True)
        for watcher in self.fake.watchers:
            watcher.opened(request.exchange)
        try:
            answer = await self._answer(request, receive, decide)
            if answer is not None:
                await self._play(request, *answer)
        except Exception as error:
            self.fake.failures.note(f"answering {request.exchange.method} {request.exchange.path}", error)
            raise
        finally:
            if request.exchange.ending == "open":
                request.exchange.ending = "ended"
            for watcher in self.fake.watchers:
                watcher.ended(request.exchange)

    async def _answer(
        self, request: Request, receive: Receive, decide: Callable[[Request], Decided]
    ) -> tuple[Answer, Headers, float] | None:
        """The answer, further head fields, and the moment that it counts from; None: nobody waits for one."""
        try:
            found, extra = await self._decided(request, receive, decide)
            while isinstance(found, Deferred):
                found = found.then(await found.work())
            answer = found
        except ClientLeftError:
            request.exchange.ending = "client-left"
            return None
        except BodyTimeoutError:
            request.exchange.ending = "ended"
            request.wire.give_up()
            return None
        except SlowPatternError as error:
            answer, extra = of_json({"error": str(error)}, request.negotiated, status=500), ()
        except BusyError as error:
            busy = HttpError(503, (("retry-after", "5"),), _error_body(str(error)), "application/json")
            answer, extra = of_error(busy, request.negotiated), ()
        except PlanError as error:
            broken = request.exchange.broken
            what = f"broken with {broken} as asked for" if broken else "played for this request"
            message = f"scenario {request.exchange.scenario!r} cannot be {what}: {error}"
            answer, extra = of_json({"error": message}, request.negotiated, status=500), ()
        # A plan that took its time to make delays its answer; the pace of the answer counts from here.
        start = self.fake.clock.now()
        if late := self.fake.latency:
            start += late
            await self._late(request.wire, start)
        request.exchange.begun = start
        return answer, extra, start

    async def _decided(self, request: Request, receive: Receive, decide: Callable[[Request], Decided]) -> Decided:
        """What is decided, when what it depends on has come. Raises ClientLeftError, BodyTimeoutError and others."""
        wire = request.wire
        if wire.is_left and wire.refusal is None:
            wire.close()
            raise ClientLeftError
        if (early := await self._early(request)) is not None:
            request.read, wire.unread = wire.arrived, receive
            await self._came(request)
            return early(request)
        if not (wire.manners.waits or wire.is_no_request):
            return await self._decided_first(request, receive, decide)
        await self._read_body(request, receive)
        await self._came(request)
        return decide(request) if wire.refusal is None else self._refused(request, wire.refusal)

    async def _decided_first(self, request: Request, receive: Receive, decide: Callable[[Request], Decided]) -> Decided:
        """The same where a body is read only if something about it is to be known."""
        wire = request.wire
        if has_come := wire.has_body:
            request.read = wire.arrived[: BODY_LIMIT + 1]
        await self._came(request)
        try:
            found = decide(request)
        except BodyAwaitedError:
            await self._read_body(request, receive)
            await self._came(request)
            found = decide(request)
        if has_come and request.is_known:
            await receive()  # which says 100 Continue to who has asked for that
        if not (wire.is_read or (request.is_known and len(request.body) <= BODY_LIMIT)):
            wire.unread = receive
        return found

    async def _came(self, request: Request) -> None:
        """What has come of a request is all that will be looked at."""
        body = request.read or b""
        request.complete = self.fake.clock.now()
        request.exchange.body = kept_body(body, request.headers.get("content-encoding"))
        request.exchange.body_size = len(body)
        self.fake.journal.weigh(request.exchange)
        if self.fake.refresh is not None:
            await self.fake.refresh()

    async def _read_body(self, request: Request, receive: Receive) -> None:
        """Raises ClientLeftError, BodyTimeoutError."""
        try:
            request.read = await _body(receive, request.wire)
        except ClientLeftError:
            if request.wire.refusal is None:
                raise
            request.read = b""

    async def _early(self, request: Request) -> Callable[[Request], Decided] | None:
        """What decides for a reply that does not wait for the request's body; None: the next one does."""
        fake = self.fake
        if request.wire.refusal is not None or not (fake.library.answers_early or fake.scripts or fake.conditional):
            return None
        if fake.refresh is not None:
            await fake.refresh()
        try:
            return self._early_chat(request) or self._early_route(request)
        except SlowPatternError:  # the answer says so, once it is found
            return None

    def _early_chat(self, request: Request) -> Callable[[Request], Decided] | None:
        if request.path not in CHATS or request.method != "POST":
            return None
        auth, form = CHATS[request.path]
        check = self.fake.keyring.check_bearer if auth == "jwt" else self.fake.keyring.check_api_key
        identity = check(request.headers.first("authorization"))
        if isinstance(identity, HttpError):
            return None
        try:
            owner = self.fake.tenants.owner(identity.token_id)
        except StrangerError:
            return None
        turn = self._turn(request, NOTHING_SAID, owner)
        if isinstance(turn, HttpError) or not _is_early(turn):
            return None

        def decide(request: Request) -> Decided:
            identity = self.identify(request, auth)
            if isinstance(identity, HttpError):
                return of_error(identity, request.negotiated), ()
            return self._reply(request, turn, NOTHING_SAID, identity.token_id, form), ()

        return decide

    def _early_route(self, request: Request) -> Callable[[Request], Decided] | None:
        facts = Facts(request.method, request.path, request.headers)
        own = self._own_on_route(request, facts)
        scenario = own.scenario if own else self.fake.library.scripted(facts)
        if scenario is None or not scenario.answers_early:
            return None
        turn = own or self.fake.library.turn(request.exchange.owner, scenario)
        return (lambda request: self._on_route(request, facts, scenario, own)) if _is_early(turn) else None

    def _refused(self, request: Request, refusal: Refusal) -> tuple[Answer, Headers]:
        """For who cannot be understood: in words, and nothing more on this connection."""
        request.exchange.reason = refusal.reason
        if request.wire.manners.lenient:
            request.cors = ()
            error, manners = HttpError(refusal.status, (), b"", None), HYPER_REFUSING
        else:
            error, manners = plain_error(refusal.status, f"{refusal.reason}\n"), request.wire.manners
        return of_error(error, replace(request.negotiated, keep_alive=False, manners=manners)), ()

    async def _late(self, wire: Wire, until: float) -> None:
        timer = self.fake.clock.timer(until)
        with wire.waking(timer):
            await timer

    def _opened(self, scope: Mapping[str, Any], wire: Wire) -> Request:
        fields, query = Fields.of(scope["headers"]), scope["query_string"].decode("latin-1")
        asked = f"{query}#{fragment.decode('latin-1')}" if (fragment := scope.get("fragment")) else query
        exchange = self.fake.journal.open(scope["method"], scope["path"], fields.lines, self.fake.clock.now(), asked)
        exchange.owner, exchange.version = self.fake.tenants.only, wire.http_version
        raw_path = scope["raw_path"].decode("latin-1")
        gzip = accepts_gzip(fields.get("accept-encoding", ""))
        return Request(scope["method"], scope["path"], query, fields, None, wire, exchange, raw_path, gzip)

    async def _play(self, request: Request, answer: Answer, extra: Headers, start: float) -> None:
        exchange, plan, wire = request.exchange, answer.plan, request.wire
        script = answer.script
        if request.method == "HEAD":
            script = head_only(script, without="content-length" if request.is_nowhere else "")
        exchange.status = plan.head.status if plan.head else None
        exchange.faults = plan.marks
        exchange.chunks = plan.begun_chunks
        if self.fake.on_answer is not None:
            self.fake.on_answer(exchange, plan, wire)
        cors = request.cors
        if cors is None:
            cors = self.fake.cors.headers_for(request.headers.get("origin"), self.fake.profile.cors)
        fields = (("date", _date(int(time.time()))), *(request.limits or ()), *cors, *extra)
        if not exchange.reason and "origin" in request.headers and plan.head is not None:
            kept = dict(exchange.headers)  # without secrets
            exchange.reason = unread(
                kept["origin"], f"{wire.scheme}://{kept.get('host', '')}", (*fields, *plan.head.headers)
            )
        shown = replace(answer, script=script).shown() if self.fake.watchers else (plan, script)
        for watcher in self.fake.watchers:
            watcher.answered(exchange, *shown, fields)
        request.headers, request.read = Fields(), b""  # a stream may be open for long
        complete, owner = False, exchange.owner
        self.fake.enter(owner, wire)
        try:
            clock, tempo = self.fake.clock, self.fake.tempo
            clock.catch_up()  # deciding took its time
            played = await play(
                script, wire, clock, extra=fields, speed=tempo, start=start, sent=exchange.sent,
                releases=exchange.releases,
            )  # fmt: skip
            complete = played.ending == "complete"
        finally:
            self.fake.leave(owner, wire)
            if request.on_end is not None:
                request.on_end(complete)
        exchange.boundaries, exchange.before_fault = played.boundaries, played.before_fault
        exchange.ending = played.ending
        exchange.duration = self.fake.clock.now() - request.complete

    # Deciding

    def chat(self, request: Request, auth: Auth, form: Form) -> Decided:
        """ARES's chat endpoints."""
        negotiated = request.negotiated
        identity = self.identify(request, auth)
        if isinstance(identity, HttpError):
            return of_error(identity, negotiated), ()
        limits = self.limited(request, identity)
        if isinstance(limits, HttpError):
            return of_error(limits, negotiated), ()
        return self.parsed(
            request, parse_chat, (request.path,), lambda chat: self._chat(request, chat, identity, form)
        ), limits

    def parsed(
        self,
        request: Request,
        parse: Callable[..., T | HttpError],
        more: tuple[Any, ...],
        then: Callable[[T], Answer | Deferred],
    ) -> Answer | Deferred:
        """What comes of a body, by a function of it, its type, the profile and ``more``.

        A large one is parsed elsewhere. Raises BodyAwaitedError.
        """
        profile, content_type = self.fake.profile, request.headers.first("content-type")

        def done(found: T | HttpError) -> Answer | Deferred:
            return of_error(found, request.negotiated) if isinstance(found, HttpError) else then(found)

        if refused := refused_type(content_type, profile) or self._broken(request):
            return done(refused)
        args = (request.body, content_type, profile, *more)
        if len(request.body) > MOST_BODY:
            return Deferred(partial(self.fake.executor.run, parse, *args), done)
        return done(parse(*args))

    def _broken(self, request: Request) -> HttpError | None:
        if request.wire.refusal is None:
            return None
        request.exchange.reason = request.wire.refusal.reason
        return lookup(self.fake.profile, "broken-body")

    def _chat(self, request: Request, chat: ChatRequest, identity: Identity, form: Form) -> Answer | Deferred:
        self._note(request, chat)
        found = self._turn(request, chat, identity.token_id)
        if isinstance(found, HttpError):
            return of_error(found, request.negotiated)
        if request.exchange.credentials == "api-key" and not self.fake.settings.replica:
            note_use(request, self.fake, identity)
        user = None if self.fake.settings.replica else identity.subject
        if user is not None:
            chat = in_context(chat, self.fake, identity.token_id, user)
        named = self.fake.library.agents.union(_agents_of(found))
        if (instead := unanswerable(chat.agent_type, form, self.fake.profile, named)) is not None:
            request.exchange.reason = f"there is no agent {chat.agent_type!r}, or it does not answer here"
            found = Turn(instead)
        return self._reply(request, found, chat, identity.token_id, form, user)

    def identify(self, request: Request, auth: Auth) -> Identity | HttpError:
        """Whose request it is; what the profile answers to credentials that are none."""
        if auth == "none":
            return Identity("", "", "", "none", None)
        if auth == "admin":
            request.exchange.credentials, request.exchange.reason = "refused", "nobody is an administrator here"
            return lookup(self.fake.profile, "no-admin")
        value = request.headers.first("authorization")
        check = self.fake.keyring.check_bearer if auth == "jwt" else self.fake.keyring.check_api_key
        identity = check(value)
        if isinstance(identity, HttpError):
            request.exchange.credentials = "refused"
            request.exchange.reason = refusal_reasons.credentials(self.fake.keyring, value, auth)
            return identity
        request.exchange.credentials = auth
        request.exchange.owner, request.exchange.subject = identity.token_id, identity.subject
        try:
            owner = request.exchange.owner = self.fake.tenants.owner(identity.token_id)
        except StrangerError as error:
            request.exchange.reason = str(error)
            return HttpError(409, (), _error_body(str(error)), "application/json")
        return identity if owner == identity.token_id else replace(identity, token_id=owner)

    def refuse_method(self, request: Request, auth: Auth, allow: Headers) -> Decided:
        """ARES's server asks for credentials first, where any operation of the path wants them."""
        profile, negotiated = self.fake.profile, request.negotiated
        if profile.outer_layers_first:
            identity = self.identify(request, auth)
            if isinstance(identity, HttpError):
                return of_error(identity, negotiated), allow
        allowed = ", ".join(value for _, value in allow)
        request.exchange.reason = (
            f"expected {allowed}, not {request.method[:40]}{refusal_reasons.offer(request.headers)}"
        )
        return of_error(lookup(profile, "method-not-allowed"), negotiated), allow

    def admit(self, request: Request) -> HttpError | None:
        """Counts a request for its address, once; what it is told where too many have come from there."""
        limit = self.fake.address_limit
        if limit is None or request.limits is not None:
            return None
        taken = limit.take(request.wire.client)
        request.limits = () if isinstance(taken, HttpError) else taken
        return taken if isinstance(taken, HttpError) else None

    def limited(self, request: Request, identity: Identity) -> Headers | HttpError:
        """Counts a request for its token, once: what is left to it, or what it is told."""
        if request.taken is None:
            request.taken = self._taken(identity)
        return request.taken

    def _taken(self, identity: Identity) -> Headers | HttpError:
        fields: dict[str, str] = {}
        for limit in (self.fake.rate_limit, self.fake.quota):
            taken = limit.take(identity.token_id) if limit else ()
            if isinstance(taken, HttpError):
                return taken
            fields.update(taken)  # a quota is what the pages' fields are about
        return tuple(fields.items())

    def _note(self, request: Request, chat: ChatRequest) -> None:
        exchange = request.exchange
        exchange.message = kept_text(chat.message)
        exchange.agent_type = None if chat.agent_type is None else kept_text(chat.agent_type, MOST_NAME)
        self.fake.journal.weigh(exchange)

    def _turn(self, request: Request, chat: ChatRequest, owner: str) -> Turn | HttpError:
        """The scenario that answers.

        The token's own, the one asked for, the one chosen, the first that applies, the default.
        """
        facts = Facts(request.method, request.path, request.headers, chat.message, chat.agent_type)
        if own := self.fake.own(owner, facts):
            return own
        library = self.fake.library
        name = request.headers.get(SCENARIO_HEADER)
        try:
            scenario = library.named(name) if name is not None else None
        except LookupError as error:
            return HttpError(400, (), _error_body(str(error)), "application/json")
        scenario = scenario or library.by_name.get(self.fake.steering.choice(owner) or "")
        return library.turn(owner, scenario or library.find(facts) or library.default)

    def _reply(
        self,
        request: Request,
        turn: Turn,
        chat: ChatRequest,
        owner: str,
        form: Form,
        user: str | None = None,
    ) -> Answer | Deferred:
        """``user``: whose conversation it is; None: nobody's."""
        exchange, negotiated = request.exchange, request.negotiated
        exchange.scenario = turn.scenario.name
        index, reply = self._next(request, turn, owner)
        if negotiated.keep_alive and turn.breaks_next():
            negotiated = replace(negotiated, keep_alive=False)
        exchange.reply, exchange.seed = index, turn.scenario.seed
        if reply is None:
            message = (
                f"scenario {turn.scenario.name!r} has {len(turn.scenario.replies)} replies, all given (then: fail)"
            )
            return of_json({"error": message}, negotiated, status=500)
        exchange.given = reply
        for fault in reply.faults:
            if (reason := fault.unsayable(tls=request.wire.breaks_tls)) is not None:
                raise PlanError(reason)
        if reply.is_held:
            exchange.releases.beyond = turn.releases(index)
        exchange.seed = reply.seed if reply.seed is not None else turn.scenario.seed
        location = ""
        if reply.redirect is not None:
            location = self._location(request, turn, owner, reply.redirect.to)
        context = ChatContext(chat, self._names(chat), form, location, turn.scenario.seed)
        planner = self.planner

        def done(answer: Answer) -> Answer:
            server = self.fake.profile.name == "server"
            # ARES's handlers begin a conversation before they fail, which their errors show by a code.
            if user is not None and (is_text(reply) or (server and b'"code":' in answer.plan.payload)):
                remember(request, chat, answer, self.fake, owner, user)
            return answer

        if planner.is_long(reply, context, negotiated):
            return Deferred(partial(planner.plan_elsewhere, self.fake.executor, reply, context, negotiated), done)
        return done(planner.plan(reply, context, negotiated))

    def _next(self, request: Request, turn: Turn, owner: str) -> tuple[int, Reply | None]:
        """The next reply; one that is broken is not used up, so that the client gets it whole when it asks again."""
        if self.fake.steering.breaks and turn.peek()[1] is not None:
            # On a connection that has served before, browsers take silence for a stale connection.
            again = request.wire.written > 0 and "sec-fetch-mode" in request.headers
            broken = self.fake.steering.take(owner, again=again)
            if broken is not None:
                index, reply = turn.peek()
                assert reply is not None
                request.exchange.broken = broken.name
                try:
                    return index, broken.applied(reply)
                except ValueError as error:
                    raise PlanError(str(error)) from None
        return turn.next()

    def _names(self, chat: ChatRequest) -> Names:
        context = chat.context_id if chat.context_id is not None else self.fake.profile.new_context_id()
        profile, agent = self.fake.profile, chat.agent_type
        if agent is None or (not agent and profile.agents is None):
            agent = profile.default_agent
        return Names(agent=agent, context_id=context)

    def _location(self, request: Request, turn: Turn, owner: str, to: str) -> str:
        if to == "same":
            return request.path
        host = other_host(request.headers.get("host", "127.0.0.1"))
        return f"{request.wire.scheme}://{host}/_mock/away/{self.fake.ticket(owner, turn)}"

    def away(self, request: Request) -> Decided:
        """Where a redirect to another host name leads: the turn goes on, and no credentials are asked for."""
        ticket = self.fake.tickets.get(request.path.rsplit("/", 1)[-1])
        if ticket is None:
            return of_error(lookup(self.fake.profile, "not-found"), request.negotiated), ()
        owner, turn = ticket
        request.exchange.owner = owner
        request.exchange.credentials = "sent" if "authorization" in request.headers else "none"

        def go_on(chat: ChatRequest) -> Answer | Deferred:
            self._note(request, chat)
            return self._reply(request, turn, chat, owner, "stream")

        return self.parsed(request, parse_chat, ("/api/chat/stream",), go_on), ()

    def route(self, request: Request) -> Decided:
        """A path that is no chat's: scripted by a scenario, or one that the fake knows by itself, or unknown."""
        if scripted := self.scripted(request):
            return scripted
        if found := self._built_in(self, request):
            if self.fake.settings.replica:
                return unserved(f"{request.method} {request.path}", request.negotiated), ()
            return found
        facts = Facts(request.method, request.path, request.headers)
        # A chat's path with a slash behind it is none, whatever scenarios say of the chat.
        chats = request.method == "POST" and request.path.rstrip("/") in CHATS
        scenario = None if chats else self.fake.library.find(facts) or self.fake.library.routes(facts)
        if scenario is None and _is_somebody_looking(request) and not self.fake.settings.replica:
            return nothing(307, request.negotiated), (("location", "/_mock/"),)
        if scenario is None:
            reason = refusal_reasons.no_such_path(request.path, self._paths())
            request.exchange.reason = reason + refusal_reasons.offer(request.headers)
            request.is_nowhere = self.fake.profile.name == "server"  # what has no route is not measured
            return of_error(lookup(self.fake.profile, "not-found"), request.negotiated), ()
        return self._on_route(request, facts, scenario)

    def scripted(self, request: Request) -> Decided | None:
        """What a scenario says of this very path and method: a token's own, or one of the library."""
        facts = Facts(request.method, request.path, request.headers)
        own = self._own_on_route(request, facts)
        scenario = own.scenario if own else self.fake.library.scripted(facts)
        return self._on_route(request, facts, scenario, own) if scenario is not None else None

    def _own_on_route(self, request: Request, facts: Facts) -> Turn | None:
        """The token's script for the path. Who shows none, as an ``EventSource``, is the only tenant."""
        if not self.fake.conditional and not self.fake.scripts:
            return None
        owner, shown = request.exchange.owner, request.headers.first("authorization")
        for check in (self.fake.keyring.check_bearer, self.fake.keyring.check_api_key) if shown else ():
            identity = check(shown)
            if not isinstance(identity, HttpError):
                owner = identity.token_id
        turn = self.fake.own(owner, facts)
        return turn if turn and turn.scenario.when and turn.scenario.when.endpoint else None

    def _on_route(self, request: Request, facts: Facts, scenario: Scenario, own: Turn | None = None) -> Decided:
        identity = self.identify(request, scenario.auth)
        if isinstance(identity, HttpError):
            return of_error(identity, request.negotiated), ()
        _ = request.body  # who scripts a route waits for all of the request
        turn = own or self.fake.own(identity.token_id, facts) or self.fake.library.turn(identity.token_id, scenario)
        return self._reply(request, turn, NOTHING_SAID, identity.token_id, "stream"), ()

    def _paths(self) -> Iterator[str]:
        """Those that are answered here."""
        yield from ("/health", "/_mock/", *CHATS, *self._built_in_paths())
        yield from self.fake.library.paths()


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    """A moment of the epoch as heads have it (RFC 9110 5.6.7)."""
    return formatdate(second, usegmt=True)


def _agents_of(turn: Turn) -> set[str]:
    when = turn.scenario.when
    return {when.agent_type} if when is not None and when.agent_type is not None else set()


def _is_somebody_looking(request: Request) -> bool:
    """A browser into which the address was typed that the console is at, nearly. ARES knows no such path."""
    return request.method == "GET" and request.path == "/" and "text/html" in request.headers.get("accept", "").lower()


NOTHING_SAID = ChatRequest(message="", agent_type=None, context_id=None, model=None, messages=None)


def _is_early(turn: Turn) -> bool:
    _, reply = turn.peek()
    return reply is not None and reply.before_body


def _error_body(message: str) -> bytes:
    return dump({"error": message})


async def _body(receive: Receive, wire: Wire) -> bytes:
    """The whole body; of one over the limit, a byte more than the limit. Raises ClientLeftError, BodyTimeoutError."""
    if wire.has_body:  # which nobody needs to wait for
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeftError
        body: bytes = message.get("body", b"")
        return body[: BODY_LIMIT + 1]
    parts, size = list[bytes](), 0
    deadline = asyncio.get_running_loop().time() + BODY_DEADLINE
    while True:
        try:
            async with asyncio.timeout(BODY_TIMEOUT):
                message = await receive()
        except TimeoutError:
            raise BodyTimeoutError from None
        if message.get("more_body") and asyncio.get_running_loop().time() >= deadline:
            raise BodyTimeoutError
        if message["type"] == "http.disconnect":
            raise ClientLeftError
        part: bytes = message.get("body", b"")
        if size <= BODY_LIMIT:
            parts.append(part)
        size += len(part)
        if size > BODY_LIMIT and not wire.manners.waits:
            return b"".join(parts)[: BODY_LIMIT + 1]
        if size > DRAINED:
            raise BodyTimeoutError
        if not message.get("more_body", False):
            return b"".join(parts)[: BODY_LIMIT + 1]
