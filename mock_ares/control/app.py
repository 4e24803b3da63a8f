"""The control API as an ASGI application: who may ask, what for, and errors as JSON."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from mock_ares.control import event_stream, static_files
from mock_ares.control.context import Control
from mock_ares.control.guard import Guard
from mock_ares.control.messages import Ask, CallerLeftError, ControlAnswer, Receive, RefusedError, Send, ok, send_answer
from mock_ares.control.resources import controls, pending_faults, plans, requests, scenarios, served_files, tokens
from mock_ares.server.replies.executor import BusyError
from mock_ares.server.transport.header_fields import Fields

Handler = Callable[[Ask], Awaitable[ControlAnswer]]
API = "/_mock/api"
_log = logging.getLogger(__name__)

ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/health", controls.health),
    ("GET", "/openapi.yaml", controls.document),
    ("GET", "/status", controls.status),
    ("GET", "/settings", controls.get),
    ("PATCH", "/settings", controls.change),
    ("POST", "/reset", controls.reset),
    ("GET", "/faults", pending_faults.kinds),
    ("GET", "/breaks", pending_faults.listed),
    ("POST", "/breaks", pending_faults.add),
    ("DELETE", "/breaks", pending_faults.cancel_all),
    ("DELETE", "/breaks/{id}", pending_faults.cancel),
    ("GET", "/scenarios", scenarios.listed),
    ("GET", "/scenarios/{name}", scenarios.one),
    ("GET", "/scenarios/{name}/plans", plans.of_scenario),
    ("POST", "/plans", plans.of_text),
    ("GET", "/chosen", scenarios.chosen),
    ("PUT", "/chosen", scenarios.choose),
    ("GET", "/tokens", tokens.listed),
    ("POST", "/tokens", tokens.create),
    ("GET", "/tokens/{id}", tokens.one),
    ("DELETE", "/tokens/{id}", tokens.drop),
    ("POST", "/tokens/{id}/replies", tokens.push),
    ("PUT", "/tokens/{id}/replies", tokens.put),
    ("DELETE", "/tokens/{id}/replies", tokens.take_away),
    ("POST", "/tokens/{id}/replies/{reply}/release", tokens.release),
    ("GET", "/requests", requests.listed),
    ("DELETE", "/requests", requests.clear),
    ("GET", "/requests/wait", requests.wait),
    ("GET", "/requests/{number}", requests.one),
    ("POST", "/requests/{number}/release", requests.release),
    ("GET", "/files", served_files.listed),
    ("GET", "/files/{name:path}", served_files.read),
    ("PUT", "/files/{name:path}", served_files.save),
    ("POST", "/validate", served_files.validate),
    ("GET", "/scenario.schema.json", served_files.schema),
)
"""The order decides; the event stream and the session are the application's own."""


def _pattern(path: str) -> re.Pattern[str]:
    """``{name}`` stands for a part of a path, ``{name:path}`` for the rest of it, whatever the characters."""
    named = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path.replace(".", r"\."))
    return re.compile(re.sub(r"\{(\w+):path\}", r"(?P<\1>.*)", named), re.DOTALL)


_COMPILED = tuple((method, _pattern(API + path), handler) for method, path, handler in ROUTES)


class ControlApp:
    """Answers everything under ``/_mock``."""

    def __init__(self, control: Control) -> None:
        self.control = control
        self._guard = Guard(control.fake)
        self._pages = static_files.Pages()

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        headers = Fields.of(scope["headers"])
        ask = Ask(self.control, scope, receive, headers, {})
        answer: ControlAnswer | None
        try:
            self._guard.host(scope, headers)
            if not self._is_api(scope["path"]):
                answer = self._pages.answer(scope["method"], scope["path"], headers)
            else:
                self._guard.caller(scope, headers)
                answer = await self._api(ask, send)
                if answer is None:
                    return
        except RefusedError as refused:
            answer = ControlAnswer(refused.status, ok(refused.told()).body, "application/json", refused.headers)
        except CallerLeftError:
            return
        except BusyError as busy:
            answer = ControlAnswer(503, ok({"error": str(busy)}).body, "application/json", (("retry-after", "5"),))
        except Exception as error:
            _log.exception("the control API failed")
            answer = ok({"error": f"this is a mistake of mock-ares: {type(error).__name__}"}, 500)
        await send_answer(answer, send, head=scope["method"] == "HEAD")

    async def _api(self, ask: Ask, send: Send) -> ControlAnswer | None:
        """None: it has been answered."""
        scope, headers = ask.scope, ask.headers
        if scope["path"] == f"{API}/session" and scope["method"] == "POST":
            cookie = self._guard.opened(scope, (await ask.body({"token": str})).get("token", ""))
            return ControlAnswer(204, headers=(("set-cookie", cookie),) if cookie else ())
        self._guard.credentials(scope, headers)
        if scope["path"] == f"{API}/events" and scope["method"] == "GET":
            await event_stream.events(ask, send)
            return None
        return await self._handler(ask)(ask)

    def _handler(self, ask: Ask) -> Handler:
        path, method = ask.scope["path"], ask.scope["method"]
        expected_method = "GET" if method == "HEAD" else method
        allowed = {f"{API}/session": ["POST"], f"{API}/events": ["GET"]}.get(path, [])
        for each, pattern, handler in _COMPILED:
            match = pattern.fullmatch(path)
            if match is None:
                continue
            if each == expected_method:
                ask.path = match.groupdict()
                return handler
            allowed.append(each)
        if not allowed:
            raise RefusedError(404, f"there is no {path} in the control API; {API}/openapi.yaml describes it")
        methods = ", ".join(dict.fromkeys(allowed))
        raise RefusedError(405, f"expected {methods} for {path}, not {method}", headers=(("allow", methods),))

    @staticmethod
    def _is_api(path: str) -> bool:
        return path == API or path.startswith(f"{API}/")


def app_of(fake: Any) -> ControlApp:
    """The application for a fake, which gets a control where it has none."""
    return ControlApp(fake.control or Control(fake))
