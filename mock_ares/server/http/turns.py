"""What a chat goes on from, and what it leaves behind: a turn of a conversation, once the answer is out in full."""

from __future__ import annotations

import time
from dataclasses import replace

from mock_ares.ares.bodies import ChatRequest
from mock_ares.ares.credentials import Identity
from mock_ares.dialects import count_tokens
from mock_ares.scenario.fault import FAULTS
from mock_ares.server.http.request import Request
from mock_ares.server.replies.responses import Answer
from mock_ares.server.state import FakeState


def in_context(chat: ChatRequest, fake: FakeState, owner: str, user: str) -> ChatRequest:
    """The request with a conversation, a new one where it names none, and the size of what was said in it before."""
    if chat.context_id is None:
        return replace(chat, context_id=fake.profile.new_context_id())
    now, shared = fake.keyring.clock(), fake.profile.name == "server"
    found = fake.store(owner).history.find(chat.context_id, user, now, shared=shared)
    if found is None:
        return chat
    return replace(chat, tokens_before=sum(count_tokens(message.content) for message in found.messages))


def remember(request: Request, chat: ChatRequest, answer: Answer, fake: FakeState, owner: str, user: str) -> None:
    """Opens the conversation, and has the turn kept if the answer is going to be complete, and once it is.

    A client that has seen the end may ask for its conversations before this side has come to the exchange's end: then
    the wire tells that all has been said.
    """
    clock, store, plan, wire = fake.keyring.clock, fake.store(owner), answer.plan, request.wire
    docs = fake.profile.name == "docs"
    if request.exchange.credentials == "api-key" and docs:
        day = store.usage.day(user, date_of(clock()))
        day.runs, day.tokens = day.runs + 1, day.tokens + count_tokens(chat.message) + _size(plan.text)
    if chat.messages is not None or chat.context_id is None:
        return
    conversation = store.history.open(chat.context_id, user, clock(), shared=not docs)
    unsaid = plan.ended or any(FAULTS[name].ends_well for name in plan.marks)
    if plan.head is None or plan.head.status != 200 or unsaid or (not docs and "\0" in plan.text):
        return
    turn = store.history.begin(conversation, chat.message, _whole(plan.text), lambda: wire.has_said_all, bumps=docs)
    request.on_end = lambda complete: store.history.end(turn, clock(), complete=complete)


def note_use(request: Request, fake: FakeState, identity: Identity) -> None:
    """Counts a request that came with a key, and when the key was last used."""
    store, now = fake.store(identity.token_id), fake.keyring.clock()
    store.keys.used((request.headers.first("authorization") or "").removeprefix("Bearer "), now)
    if fake.profile.name == "docs":
        store.usage.day(identity.subject, date_of(now)).api_calls += 1


def date_of(at: float) -> str:
    """The day of a moment in UTC, as in ``2026-03-13``."""
    return time.strftime("%Y-%m-%d", time.gmtime(at))


def _whole(text: str) -> str:
    """A byte that is no UTF-8 stands in a text as a lone surrogate, which no JSON could give back."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _size(text: str) -> int:
    return count_tokens(_whole(text))
