"""Exchanges to scenarios: when each answers, what it is called, and nothing secret in any of it. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

from mock_ares import sse
from mock_ares._version import __version__
from mock_ares.ares.bodies import ChatRequest, parse_chat
from mock_ares.ares.chats import CHATS
from mock_ares.ares.profiles import PROFILES
from mock_ares.authoring.dump import dump
from mock_ares.authoring.load import MOST_BYTES, loads
from mock_ares.dialects import DIALECTS
from mock_ares.faults import garbage
from mock_ares.plan.model import EndingKind
from mock_ares.plan.recorded import events, payload_of
from mock_ares.recorder.exchange.payload import AnsweredByFakeError, Asked, UnrecordableError
from mock_ares.recorder.exchange.recording import reply_of
from mock_ares.recorder.exchange.response import ResponseReader
from mock_ares.recorder.exchange.secrets import Secrets
from mock_ares.recorder.exchange.streams import runs_of
from mock_ares.recorder.exchange.versions import LINE
from mock_ares.scenario.model import METHODS, Body, Content, Match, Reply, Scenario, Text, When
from mock_ares.server.record import redaction

MOST_REPLIES = 100
"""Of one scenario."""
LONG_TEXT = 100_000
"""Characters of a text that get a file of their own."""
_SECRET_ROUTE = re.compile(
    r"/(?:o?auth\w*|log-?in|log-?out|register|sign-?(?:in|up)|sessions?|tokens?|api-?keys?)(?:/|$)"
)
_PLAIN_PATH = re.compile(r"/[^\s?#{}]*")


class Recorded(NamedTuple):
    """A scenario with the exchange in it, and its file."""

    scenario: Scenario
    text: str
    long_text: str | None
    """What its ``text: {file: ...}`` says."""
    taken_out: Counter[str]
    known: int
    """How many secrets were looked for; in those that were there before, too, where they were swept."""
    order: tuple[int, ...] = ()
    """The numbers of its replies' exchanges: they stand as they were asked for, not as they ended."""

    @property
    def long_name(self) -> str:
        """The file of the long text."""
        return _long_name(self.long_text or "")


def _long_name(text: str) -> str:
    return f"text-{hashlib.sha256(text.encode()).hexdigest()[:12]}.txt"


def asked_of(method: str, path: str, content_type: str | None, body: bytes, *, credentials: bool) -> Asked:
    """What was asked. Raises UnrecordableError for what no scenario can answer, or none may keep."""
    if method not in METHODS or not _PLAIN_PATH.fullmatch(path):
        raise UnrecordableError("no scenario can say such a method or path")
    if _SECRET_ROUTE.search(path.lower()):
        raise AnsweredByFakeError("its bodies are secrets; the fake answers such routes by itself")
    if path not in CHATS or method != "POST":
        return Asked(method, path, credentials=credentials)
    chat = parse_chat(body, content_type, PROFILES["docs"], path)
    if not isinstance(chat, ChatRequest):
        raise AnsweredByFakeError("the request is no chat; the fake refuses it by itself")
    return Asked(method, path, chat.message, chat.agent_type, chat.context_id, credentials=credentials)


def when_of(asked: Asked, secrets: Secrets) -> When:
    """What a request must be like to be answered so."""
    path = secrets.masked(asked.path)
    endpoint = path if asked.method == "POST" else f"{asked.method} {path}"
    if asked.message is None:
        return When(endpoint=endpoint)
    pattern = secrets.pattern(asked.message)
    message = asked.message if pattern is None else Match(pattern=pattern)
    return When(endpoint=endpoint, agent_type=asked.agent_type, message=message)


def name_of(when: When) -> str:
    """A file's name that tells people what is in it; that of a request that demands more comes first."""
    said = when.message if isinstance(when.message, str) else ""
    agent = f"agent-{when.agent_type}" if when.agent_type is not None else "any" if when.message is not None else ""
    words = re.sub(r"[^a-z0-9]+", "-", f"{when.method} {when.path} {agent} {said}".lower()).strip("-")[:60].strip("-")
    return f"{words}-{hashlib.sha256(repr(when).encode()).hexdigest()[:6]}"


def recorded(
    before: Recorded | None,
    number: int,
    when: When,
    asked: Asked,
    reader: ResponseReader,
    ending: EndingKind,
    at: float,
    secrets: Secrets,
) -> Recorded:
    """The scenario of an exchange, among the replies that it had before. Raises UnrecordableError."""
    if reader.status == 401 and not asked.credentials and asked.path in CHATS:
        raise AnsweredByFakeError("there were no credentials; the fake refuses it by itself")
    secrets.found.clear()
    known = len(secrets.known)
    with _sayable():
        reply = _without_secrets(reply_of(asked, reader, ending, at), secrets)
        if before is None:
            said = reply.text if isinstance(reply.text, str) and len(reply.text) > LONG_TEXT else None
            return _in_words((_with_long(reply, said),), (number,), when, said, secrets, known)
        replies, order = [*before.scenario.replies], [*before.order]
        if len(replies) >= MOST_REPLIES:
            raise UnrecordableError(f"there are {MOST_REPLIES} answers to this request already")
        place = bisect(order, number)
        replies.insert(place, reply)
        order.insert(place, number)
        # what was answered before has not been looked through again
        known = min(known, before.known)
        return _in_words(tuple(replies), tuple(order), when, before.long_text, secrets, known)


def cleaned(before: Recorded, secrets: Secrets) -> Recorded:
    """The same without what turned out to be secret since: in its words, its long text, and so in its name.

    Raises UnrecordableError where it cannot be taken out.
    """
    known, when, long_text = len(secrets.known), before.scenario.when or When(), before.long_text
    endpoint = None if when.endpoint is None else secrets.masked(when.endpoint)
    pattern = secrets.pattern(when.message) if isinstance(when.message, str) else None
    message = when.message if pattern is None else Match(pattern=pattern)
    agent = None if when.agent_type is None else secrets.masked(when.agent_type)
    when = replace(when, endpoint=endpoint, message=message, agent_type=agent)
    said = None if long_text is None else secrets.masked(long_text)
    with _sayable():
        replies = tuple(
            _without_secrets(_with_long(reply, said if _is_long(reply) else None), secrets)
            for reply in before.scenario.replies
        )
        found = _in_words(replies, before.order, when, said, secrets, known)
    return found._replace(text=secrets.masked(found.text))


@contextmanager
def _sayable() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise UnrecordableError(f"no scenario can say it: {str(error).splitlines()[0]}") from None


def _is_long(reply: Reply) -> bool:
    return isinstance(reply.text, Text) and reply.text.file is not None


def _with_long(reply: Reply, text: str | None) -> Reply:
    return reply if text is None else replace(reply, text=Text(file=_long_name(text)))


def _in_words(
    replies: tuple[Reply, ...],
    order: tuple[int, ...],
    when: When,
    long_text: str | None,
    secrets: Secrets,
    known: int,
) -> Recorded:
    """The scenario of replies, and its file. Raises UnrecordableError, and ValueError for what no words can say."""
    scenario = Scenario(replies, when=when, name=name_of(when))
    text = dump(replace(scenario, name=""), comment=f"{LINE}{__version__}; what was secret is x or missing.")
    if len(text.encode()) > MOST_BYTES:
        raise UnrecordableError(
            f"a scenario file has {MOST_BYTES:,} bytes at most, and this had {len(text.encode()):,}"
        )
    if long_text is None:
        loads(text)
    return Recorded(scenario, text, long_text, +secrets.found, known, order)


# --- secrets --------------------------------------------------------------------------------------------------------


def _without_secrets(reply: Reply, secrets: Secrets) -> Reply:
    error = (reply.status or 200) >= 400
    if isinstance(reply.content, Content):
        secrets.learn_body(json.dumps(reply.content.json, default=str).encode())
    for event in sse.decode(payload_of(reply, "")) if reply.recorded is not None else ():
        secrets.learn_body(event.data.encode())
    open_ = {name: value for name, value in reply.headers.items() if not redaction.is_secret(name)}
    secrets.found["field"] += len(reply.headers) - len(open_)
    words: dict[str, Any] = {
        "headers": {name: value and secrets.masked(value, addresses=error) for name, value in open_.items()},
        "faults": tuple(
            garbage(secrets.masked(fault.bytes, addresses=True)) if isinstance(fault, garbage) else fault
            for fault in reply.faults
        ),
    }
    if isinstance(reply.body, Body) and reply.body.trailers:
        trailers = {name: secrets.masked(value) for name, value in reply.body.trailers.items()}
        words["body"] = replace(reply.body, trailers=trailers)
    if isinstance(reply.content, Content):
        words["content"] = _content(reply.content, secrets, error=error)
    elif isinstance(reply.chunks, tuple):
        words["chunks"] = _cut(secrets.masked("".join(reply.chunks)), reply.chunks)
    elif isinstance(reply.text, str):
        words["text"] = secrets.masked(reply.text)
    elif reply.recorded is not None:
        words["text"] = Text(recorded=_events(reply, secrets))
    return replace(reply, **words)


def _cut(text: str, like: tuple[str, ...]) -> tuple[str, ...]:
    chunks, at = list[str](), 0
    for chunk in like:
        chunks.append(text[at : at + len(chunk)])
        at += len(chunk)
    return tuple(chunks)


def _content(content: Content, secrets: Secrets, *, error: bool) -> Content:
    if content.html is not None:
        return Content(html=redaction.text(secrets.masked(content.html, addresses=error)))
    if content.plain is not None:
        return Content(plain=redaction.text(secrets.masked(content.plain, addresses=error)))
    return Content(json=_json(content.json, secrets, error))


def _json(value: Any, secrets: Secrets, error: bool) -> Any:
    if isinstance(value, str):
        return secrets.masked(value, addresses=error)
    if isinstance(value, list):
        return [_json(inner, secrets, error) for inner in value]
    if isinstance(value, dict):
        return {secrets.masked(name): _json(inner, secrets, error) for name, inner in value.items()}
    return value


def _events(reply: Reply, secrets: Secrets) -> tuple[Any, ...]:
    """The runs of a recorded stream. A secret may lie in one event, or in the texts of several."""
    spoken = DIALECTS[reply.dialect or ""]
    found = list(events(payload_of(reply, "{context_id}"), reply.dialect or ""))
    chunks = tuple(event.chunk for event in found if event.chunk is not None)
    clean = iter(_cut(secrets.masked("".join(chunks)), chunks))
    runs = list[Any]()
    for event in found:
        data = event.data.decode("utf-8", "surrogateescape")
        if event.chunk is not None and (chunk := next(clean)) != event.chunk:
            data = _respelled(data, event.chunk, chunk)
            if spoken.carried(data.encode("utf-8", "surrogateescape")) != chunk:
                raise UnrecordableError("a secret lies in it that cannot be taken out")
        error = spoken.reports_errors and spoken.decode(event.data).error is not None
        data = secrets.masked(data, addresses=error)
        runs += runs_of(data.encode("utf-8", "surrogateescape"))
    return tuple(runs) or ("",)


def _respelled(data: str, old: str, new: str) -> str:
    for ascii_only in (True, False):
        data = data.replace(json.dumps(old, ensure_ascii=ascii_only)[1:-1], json.dumps(new)[1:-1])
    for before, after in zip(old.split("\n"), new.split("\n"), strict=True):
        data = data.replace(f":{before}", f":{after}").replace(f": {before}", f": {after}")
    return data
