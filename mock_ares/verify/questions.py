"""What a server is asked, the most telling first. A row says all that there is to know of a question.

Never asked, because of what real servers do: ``/api/admin/deploy``, keys shorter than 13 characters, page numbers
without end, U+0000, research, workflows and runs of agents, which cost more than a chat.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mock_ares.ares.routes.table import PREFIXES
from mock_ares.harness.model import CheckInfo, Tier
from mock_ares.verify import judgements as judge
from mock_ares.verify.exchange import Credential, Probe, post


class Pair(NamedTuple):
    """What differs between ARES as its pages have it and as its source has it."""

    docs: Any
    server: Any


@dataclass(frozen=True, slots=True)
class Question:
    info: CheckInfo
    _ask: Probe | Pair
    _status: int | Pair
    _judges: judge.Judge | tuple[judge.Judge, ...] | Pair
    trace: bool = False
    """It leaves something, or costs something."""
    opens: bool = False
    """It gives a token: it comes early where there is none, and is asked for who has an account."""
    tells: bool = False
    """Whether this is ARES, and whose: it leaves nothing, and wants no credentials."""
    timed: bool = False
    """A difference rests on when things came: it must show twice."""
    keeps: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Values for later questions: by name, where in the answer they may stand."""

    def ask(self, profile: str) -> Probe:
        found: Probe = _of(self._ask, profile)
        return found

    def status(self, profile: str) -> int:
        return int(_of(self._status, profile))

    def judges(self, profile: str) -> tuple[judge.Judge, ...]:
        found = _of(self._judges, profile)
        return found if isinstance(found, tuple) else (found,)


def _of(value: Any, profile: str) -> Any:
    return getattr(value, profile) if isinstance(value, Pair) else value


def _row(
    id_: str,
    title: str,
    ask: Any,
    status: Any,
    judges: Any = judge.described,
    *,
    matters: str,
    tier: Tier = "documented",
    clause: str = "",
    **more: Any,
) -> Question:
    first = _of(ask, "docs")
    clause = clause or f"ARES, {first.method} {first.path}"
    return Question(CheckInfo(id_, title, clause, tier, matters), ask, status, judges, **more)


def _keyed(make: Callable[[str], Probe]) -> Pair:
    """A request below the prefix that each profile has for the routes of keys."""
    return Pair(*(make(PREFIXES[profile][0]) for profile in Pair._fields))


def _get(path: str, auth: Credential | None = None, **more: Any) -> Probe:
    return Probe("GET", path, auth=auth, **more)


LOGIN = "/api/auth/login"
MESSAGE = "Name the numbers from one to twenty, in words."
WANTS_EVENTS = (("accept", judge.EVENTS),)
STRANGER = post("/api/chat/stream", {"message": MESSAGE}, fields=WANTS_EVENTS)
STREAM = post("/api/chat/stream", {"message": MESSAGE, "context_id": "{context}"}, "jwt", fields=WANTS_EVENTS)
KEY_STREAM = Pair(
    post("/v1/chat/stream", {"messages": [{"role": "user", "content": MESSAGE}]}, "api-key", fields=WANTS_EVENTS),
    post("/api/v1/chat/stream", {"message": MESSAGE}, "api-key", fields=WANTS_EVENTS),
)
REGISTER = post("/api/auth/register", {"email": "{new_email}", "password": "{password}", "name": "mock-ares verify"})
TOKENS = {"jwt": ("access_token",), "refresh_token": ("refresh_token",)}
BY_STATUS = "Clients decide by the status: by another one they do the wrong thing next."
SHAPE = "Clients read these members by their names and types."
EARLY = "A client that finds a stream where an error belongs shows the error as the answer."
STANDARD = "WHATWG HTML 9.2.6"

TABLE = (
    _row("health", "It is there", _get("/health"), 200, (judge.described, judge.ok), tells=True,
         matters="Deployments wait for it."),
    _row("no-token", "A chat without a token is refused", STRANGER, 401, tells=True, matters=BY_STATUS),
    _row("error-no-stream", "An error before the stream is no stream", STRANGER, 401, judge.no_events, matters=EARLY),
    _row("missing-member", "A body without its members is refused", post(LOGIN, {}), Pair(400, 422), tells=True,
         matters=BY_STATUS),
    _row("no-json", "A body that is no JSON is refused", post(LOGIN, "no json"), 400, tells=True, matters=BY_STATUS),
    _row("agents", "Who there is to ask", _get("/api/agents"), 200, tells=True, matters=SHAPE),
    # A stream is what a client is for
    _row("stream-type", "A stream says that it is one", STREAM, 200, judge.event_stream, trace=True, tier="standard",
         clause="WHATWG HTML 9.2.5", matters="An EventSource, and every careful client, refuses any other type."),
    _row("stream-framing", "Events are framed by the standard", STREAM, 200, judge.framed, trace=True, tier="standard",
         clause=STANDARD, matters="A reader of the standard loses what is framed otherwise."),
    _row("stream-utf8", "The stream is UTF-8", STREAM, 200, judge.utf8, trace=True, tier="standard",
         clause="WHATWG HTML 9.2.5", matters="What is no UTF-8 comes out as U+FFFD."),
    _row("stream-dialect", "Chunks are in events as the profile has it", STREAM, 200, judge.in_dialect, trace=True,
         matters="A client made for one dialect shows nothing, or JSON, with another."),
    _row("stream-events", "Each event has its members", STREAM, 200, trace=True, matters=SHAPE),
    _row("stream-end", "The stream ends as its dialect says", STREAM, 200, judge.ended, trace=True,
         matters="A client cannot tell a whole answer from one that was cut."),
    _row("stream-one-by-one", "Chunks come one by one", STREAM, 200, judge.one_by_one, trace=True, timed=True,
         tier="defensive", clause="ARES, streaming", matters="Look for a proxy that buffers, or compresses."),
    _row("stream-comments", "A comment breaks each long silence", STREAM, 200, judge.commented, trace=True, timed=True,
         clause="ARES, the source", matters="Clients and proxies give up a connection on which nothing comes."),
    _row("chat", "An answer as a whole", post("/api/chat", {"message": MESSAGE, "context_id": "{context}"}, "jwt"), 200,
         trace=True, matters=SHAPE),
    # Whether credentials are taken
    _row("conversations", "What was talked about", _get("/api/conversations", "jwt"), 200, matters=SHAPE),
    _row("stream-refusal", "A chat without a message is refused, and no stream", post("/api/chat/stream", {}, "jwt",
         fields=WANTS_EVENTS), Pair(400, 422), (judge.described, judge.no_events), matters=EARLY),
    _row("key-agents", "The key's agents", _keyed(lambda v1: _get(f"{v1}agents", "api-key")), 200, matters=SHAPE),
    # Without credentials
    _row("unknown-path", "What is not there", _get("/api/no-such-path"), 404, Pair(judge.error_object, judge.empty),
         clause="ARES, unknown paths", matters=BY_STATUS),
    _row("wrong-method", "A method that a path does not have", _get(LOGIN), 405,
         Pair((judge.allows_post, judge.error_object), (judge.allows_post, judge.empty)), tier="standard",
         clause="RFC 9110 15.5.6", matters="Allow says what would do."),
    _row("wrong-type", "A member of the wrong type is refused", post(LOGIN, {"email": 5, "password": "x"}), 422,
         matters=BY_STATUS),
    _row("empty-body", "An empty body is refused", post(LOGIN, ""), 400, matters=BY_STATUS),
    _row("no-content-type", "A body that does not say it is JSON is refused", Probe("POST", LOGIN, "{}"), 415,
         matters=BY_STATUS),
    _row("bad-refresh", "A refresh token that is none", post("/api/auth/refresh", {"refresh_token": "none"}), 401,
         matters="A client asks its user to log in again."),
    _row("bad-token", "A token that is none", post("/api/chat/stream", {"message": MESSAGE},
         fields=(*WANTS_EVENTS, ("authorization", "Bearer none"))), 401, matters=BY_STATUS),
    _row("no-key", "The routes of keys want one", _keyed(lambda v1: _get(f"{v1}agents")), 401, matters=BY_STATUS),
    _row("bad-key", "A key that nobody has", _keyed(lambda v1: _get(f"{v1}agents", fields=(
         ("authorization", f"Bearer ares_{'0' * 80}"),))), 401, matters=BY_STATUS),
    _row("keep-alive", "A connection takes another request", _get("/health", times=2), 200, judge.kept, tier="standard",
         clause="RFC 9112 9.3", matters="Each request costs a connection more; a client that keeps one meets errors."),
    _row("head", "HEAD has no body", Probe("HEAD", "/health"), 200, judge.empty, tier="standard",
         clause="RFC 9110 9.3.2", matters="The body would be read as the next answer."),
    _row("health-detailed", "How it is", _get("/health/detailed"), 200, matters=SHAPE),
    _row("config", "What it is made of", _get("/config/info"), 200, matters=SHAPE),
    # With a token
    _row("memory", "What ARES has noted", _get("/api/memory", "jwt"), 200, matters=SHAPE),
    _row("workflows", "Which workflows there are", _get("/api/workflows", "jwt"), 200, matters=SHAPE),
    _row("unknown-conversation", "A conversation that is not there",
         _get("/api/conversations/00000000-0000-4000-8000-000000000000", "jwt"), 404, matters=BY_STATUS),
    _row("remembered", "The chat is a conversation", _get("/api/conversations/{context}", "jwt"), 200, trace=True,
         matters=SHAPE),
    _row("forgotten", "It can be deleted", Probe("DELETE", "/api/conversations/{context}", auth="jwt"), 204, trace=True,
         matters=BY_STATUS),
    # With a key
    _row("key-stream-dialect", "A stream for a key", KEY_STREAM, 200, (judge.event_stream, judge.framed,
         judge.in_dialect, judge.described), trace=True, matters="A client made for one dialect shows nothing."),
    _row("key-stream-end", "It ends as its dialect says", KEY_STREAM, 200, judge.ended, trace=True,
         matters="A client cannot tell a whole answer from one that was cut."),
    _row("usage", "What was used", _keyed(lambda v1: _get(f"{v1}usage", "api-key")), 200, matters=SHAPE),
    _row("keys", "The keys there are", _keyed(lambda v1: _get(f"{v1}api-keys", "api-key")), 200, matters=SHAPE),
    _row("unknown-agent", "An agent that is not there", _keyed(lambda v1: _get(f"{v1}agents/no-such-agent", "api-key")),
         404, matters=BY_STATUS),
    _row("bad-page", "A page that is no number", _keyed(lambda v1: _get(f"{v1}agents?page=x", "api-key")), 400,
         matters=BY_STATUS),
    _row("key-made", "A key is made", _keyed(lambda v1: post(f"{v1}api-keys", {"name": "mock-ares verify"}, "api-key")),
         Pair(201, 200), trace=True, keeps={"key_id": ("key.id", "key")}, matters=SHAPE),
    _row("key-revoked", "It is revoked", _keyed(lambda v1: Probe("DELETE", f"{v1}api-keys/{{key_id}}", auth="api-key")),
         204, trace=True, matters=BY_STATUS),
    # A session
    _row("register", "An account is made", REGISTER, 200, trace=True, opens=True, keeps=TOKENS, matters=SHAPE),
    _row("login", "Its owner logs in", post(LOGIN, {"email": "{email}", "password": "{password}"}), 200, trace=True,
         opens=True, keeps=TOKENS, matters=SHAPE),
    _row("refresh", "Another access token", post("/api/auth/refresh", {"refresh_token": "{refresh_token}"}), 200,
         trace=True, keeps={"refresh_token": ("refresh_token",)}, matters=SHAPE),
    _row("logout", "The refresh token is given up", post("/api/auth/logout", {"refresh_token": "{refresh_token}"}), 200,
         trace=True, matters=SHAPE),
)  # fmt: skip
TELLING = tuple(question for question in TABLE if question.tells)


def in_order(has_token: bool) -> tuple[Question, ...]:
    """The table; where a token is still wanted, what gives one follows what tells an ARES."""
    if has_token:
        return TABLE
    told = TABLE.index(TELLING[-1]) + 1
    return TABLE[:told] + tuple(sorted(TABLE[told:], key=lambda question: not question.opens))
