"""The fake as an ASGI application: Starlette's routes, each answered by a plan."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_ares.ares.chats import CHATS, Auth, Form
from mock_ares.plan.http.negotiation import Manners
from mock_ares.plan.model import Headers
from mock_ares.scenario.model import Scenario
from mock_ares.server.http.handler import RequestHandler
from mock_ares.server.http.request import Decided, Request
from mock_ares.server.replies.responses import Answer, nothing, of_error, of_text, unserved
from mock_ares.server.state import FakeState, Settings
from mock_ares.server.transport.wire import EXTENSION


class RouteEndpoint:
    """An ASGI endpoint that lets one function decide what to answer."""

    def __init__(
        self,
        respond: RequestHandler,
        decide: Callable[[Request], Decided],
        *methods: str,
        auth: Auth = "none",
        allowed: Callable[[str, str], tuple[str, ...]] = lambda profile, path: (),
    ) -> None:
        """``methods``: that are decided about, the others being refused; none: all are, and ``allowed`` gives those
        that a path has, by profile."""
        self._respond = respond
        self._decide = decide
        self._methods = methods
        self._auth = auth
        self._allowed = allowed

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self._respond(scope, receive, self._for_method)

    def _for_method(self, request: Request) -> Decided:
        fake = self._respond.fake
        if request.method != "OPTIONS" and (refused := self._respond.admit(request)) is not None:
            return of_error(refused, request.negotiated), ()
        if self._methods != ("POST",) or request.method != "POST":  # chats choose among all scenarios, by what is said
            scripted = self._respond.scripted(request)
            if scripted is not None:
                return scripted
        layer = fake.profile.cors
        if request.method == "OPTIONS" and (layer is not None or "access-control-request-method" in request.headers):
            wanted = request.headers.get("access-control-request-headers", "")
            request.cors = fake.cors.preflight(request.headers.get("origin"), wanted, layer)
            return nothing(204 if layer is None else 200, request.negotiated), self._allow(request) if layer else ()
        if self._methods and request.method not in self._methods:
            return self._respond.refuse_method(request, self._auth, self._allow(request))
        return self._decide(request)

    def _allow(self, request: Request) -> Headers:
        methods = self._methods or self._allowed(self._respond.fake.profile.name, request.raw_path)
        return (("allow", ",".join(methods)),) if methods else ()


class PathRoute(BaseRoute):
    """A path as it is; with ``below``, all that begin so.

    Starlette's own routes are patterns, which see the end of a path in a line end: such a path would be none of them.
    """

    def __init__(self, path: str, app: ASGIApp, *, below: bool = False) -> None:
        self.path = path
        self.app = app
        self._below = below

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        path, wire = scope["path"], scope.get("extensions", {}).get(EXTENSION)
        if wire is not None and wire.is_no_request:  # whatever it asks for, it is told why it is none
            path = ""
        match = scope["type"] == "http" and (path == self.path or (self._below and path.startswith(self.path)))
        return Match.FULL if match else Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class App(Starlette):
    """Starlette without the layers that turn failures into responses, through which each open stream would have to go.

    uvicorn answers a failure as they do, and no endpoint here raises an ``HTTPException``.
    """

    @property
    def manners(self) -> Manners:
        """What the profile of the moment does where HTTP leaves it to servers."""
        manners: Manners = self.state.fake.profile.manners
        return manners

    @property
    def http(self) -> str:
        """Which versions of HTTP are spoken."""
        fake: FakeState = self.state.fake
        return fake.settings.http

    @property
    def http2_streams(self) -> int:
        """How many streams a connection may have at once."""
        fake: FakeState = self.state.fake
        return fake.settings.http2_streams

    @property
    def http2_window(self) -> int:
        """Bytes of a request's body that may come before they are asked for."""
        fake: FakeState = self.state.fake
        return fake.settings.http2_window

    def tell(self, words: str) -> None:
        """Hears why a client was sent away that has not asked for anything."""
        fake: FakeState = self.state.fake
        (fake.on_stranger or fake.handshakes.append)(words)

    def build_middleware_stack(self) -> ASGIApp:
        app: ASGIApp = self.router.app
        for layer, args, options in reversed(self.user_middleware):
            app = layer(app, *args, **options)
        return app


class LazyControl:
    """The control API and the console, made when somebody asks for them."""

    def __init__(self, fake: FakeState) -> None:
        self._fake = fake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._fake.control_app is None:
            from mock_ares.control.app import app_of

            self._fake.control_app = app_of(self._fake)
        await self._fake.control_app(scope, receive, send)


# Accounts, conversations and the like: 16 ms of a start, and most fakes are never asked for them.


def _built_in(respond: RequestHandler, request: Request) -> Decided | None:
    from mock_ares.ares.routes.dispatch import dispatch

    return dispatch(respond, request)


def _built_in_methods(profile: str, path: str) -> tuple[str, ...]:
    from mock_ares.ares.routes.table import methods

    return methods(profile, path)


def _built_in_paths() -> Iterator[str]:
    from mock_ares.ares.routes.table import TABLE

    return (operation.path for operation in TABLE)


def create_app(
    settings: Settings = Settings(), scenarios: Iterable[Scenario] = (), *, fake: FakeState | None = None
) -> App:
    """The application; ``app.state.fake`` is the fake it serves.

    Raises LookupError for a default scenario that does not exist, KeyError for an unknown profile.
    """
    fake = fake or FakeState.make(settings, scenarios)
    respond = RequestHandler(fake, _built_in, _built_in_paths)

    def chat(auth: Auth, form: Form) -> RouteEndpoint:
        return RouteEndpoint(respond, lambda request: respond.chat(request, auth, form), "POST", auth=auth)

    def health(request: Request) -> tuple[Answer, Headers]:
        return of_text("OK", request.negotiated), ()

    def control(request: Request) -> tuple[Answer, Headers]:
        return unserved("the control API", request.negotiated), ()

    later = RouteEndpoint(respond, control) if fake.settings.replica else LazyControl(fake)
    app = App(
        routes=[
            *(PathRoute(path, chat(auth, form)) for path, (auth, form) in CHATS.items()),
            PathRoute("/health", RouteEndpoint(respond, health, "GET", "HEAD")),
            PathRoute("/_mock/away/", RouteEndpoint(respond, respond.away, "POST"), below=True),
            PathRoute("/_mock", later),
            PathRoute("/_mock/", later, below=True),
            PathRoute("", RouteEndpoint(respond, respond.route, allowed=_built_in_methods), below=True),
        ]
    )
    app.state.fake = fake
    return app
