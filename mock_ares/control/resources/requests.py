"""The journal: pages of it, one request in full, waiting for more, forgetting."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any

from mock_ares.authoring.dump import dump
from mock_ares.control.messages import Ask, ControlAnswer, RefusedError, ok
from mock_ares.control.resources.plans import MOST_TEXT, Window, plan_json
from mock_ares.control.resources.tokens import every_of, held_or_refused
from mock_ares.control.send_records import Record
from mock_ares.control.serializers import shown
from mock_ares.dialects import DIALECTS
from mock_ares.expectation import expect
from mock_ares.plan.http.negotiation import Negotiated, accepts_gzip
from mock_ares.scenario.model import Scenario
from mock_ares.server.record.curl import again_line
from mock_ares.server.record.journal import Exchange
from mock_ares.server.transport.header_fields import Fields

ENDINGS = ("open", "complete", "close", "reset", "reset-stream", "hang", "client-left", "ended")
MOST_PAGE = 1000
MOST_WAIT = 300.0
"""Seconds."""
MOST_WAITING = 64
"""Who may wait at a time: each looks through the journal when it has changed."""
MOST_SCENARIO = 500_000
"""Characters of a text that still goes into a scenario file."""


def _passes(ask: Ask) -> Callable[[Exchange], bool]:
    token, scenario, path = (ask.parameter(name) for name in ("token", "scenario", "path"))
    ending = ask.word("ending", None, *ENDINGS)
    after, before = ask.integer("after", 0, 0) or 0, ask.integer("before", None, 0)

    def passes(exchange: Exchange) -> bool:
        return (
            exchange.number > after
            and (before is None or exchange.number < before)
            and token in (None, exchange.owner)
            and scenario in (None, exchange.scenario)
            and path in (None, exchange.path)
            and ending in (None, exchange.ending)
        )

    return passes


async def listed(ask: Ask) -> ControlAnswer:
    control, passes = ask.control, _passes(ask)
    limit = ask.integer("limit", 100, 1, MOST_PAGE) or 100
    await control.fake.settled(ask.parameter("token"))  # what the caller has seen the end of has ended
    matching = [exchange for exchange in control.fake.journal if passes(exchange)]
    page = matching[:limit] if "after" in ask.query else matching[: -limit - 1 : -1]
    requests = [control.told(exchange) for exchange in page]
    return ok({"requests": requests, "total": len(matching), "more": len(matching) > len(page)})


async def clear(ask: Ask) -> ControlAnswer:
    return ok({"requests": ask.control.clear(ask.parameter("token"))})


async def wait(ask: Ask) -> ControlAnswer:
    control, passes = ask.control, _passes(ask)
    count = ask.integer("count", 1, 1, 100_000) or 1
    timeout = ask.number("timeout", 10.0, MOST_WAIT)
    opened = ask.word("state", "ended", "ended", "opened") == "opened"

    def found() -> list[Exchange]:
        return [each for each in control.fake.journal if (opened or each.ending != "open") and passes(each)]

    if control.waiting >= MOST_WAITING:
        reason = f"{MOST_WAITING} requests wait for the journal, which is the most; ask again"
        raise RefusedError(503, reason, headers=(("retry-after", "1"),))
    await ask.read()
    reached = await ask.unless_left(control.until(lambda: len(found()) >= count, timeout))
    return ok({"reached": reached, "requests": [control.told(each) for each in islice(found(), MOST_PAGE)]})


def _asked(ask: Ask) -> Exchange:
    """The request that the path names. Raises RefusedError."""
    journal, number = ask.control.fake.journal, ask.integer("number", 0, 0)
    exchange = next((each for each in journal if each.number == number), None)
    if exchange is None:
        raise RefusedError(404, f"request {number} is not in the journal, which keeps the latest {journal.most}")
    return exchange


async def release(ask: Ask) -> ControlAnswer:
    exchange, every = _asked(ask), await every_of(ask)
    if exchange.given is not None:
        held_or_refused(exchange.given, f"the reply to request {exchange.number}")
    if exchange.ending != "open":
        raise RefusedError(409, f"request {exchange.number} is over ({exchange.ending}): nothing of it waits")
    exchange.releases.release(every=every)
    return ok(ask.control.told(exchange))


async def one(ask: Ask) -> ControlAnswer:
    control, exchange = ask.control, _asked(ask)
    record, negotiated = control.recorder.get(exchange.number), _negotiated(exchange)
    left = exchange.ending in ("client-left", "hang")
    plan = None
    if record is not None:
        index = exchange.reply or 0
        plan = plan_json(record.plan, record.script, index, negotiated, Window.of(ask), record, record.extra)
    return ok(
        {
            **control.told(exchange),
            "headers": [list(field) for field in exchange.headers],
            "body": shown(exchange.body.decode(errors="replace")),
            "body_size": exchange.body_size,
            "seed": exchange.seed,
            "curl": again_line(exchange, ask.url, control.fake.ca) if exchange.method else "",
            "scenario_text": scenario_text(exchange),
            "client_left_at": exchange.duration if left else None,
            "read": None if record is None else _read(exchange, record, negotiated),
            "plan": plan,
        }
    )


def _negotiated(exchange: Exchange) -> Negotiated:
    return Negotiated(exchange.version, accepts_gzip(Fields(exchange.headers).get("accept-encoding", "")))


def _read(exchange: Exchange, record: Record, negotiated: Negotiated) -> dict[str, Any]:
    """What a correct client has read of what was sent. Half a character at the end is nothing that was said."""
    plan, sent = record.plan, record.plan.payload[: record.upto]
    if record.upto < plan.size:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        decoder.decode(sent)
        sent = sent[: len(sent) - len(decoder.getstate()[0])]
    whole = (
        exchange.ending == "complete"
        and expect(plan, gzip=negotiated.gzip, version=negotiated.version).outcome == "exact"
    )
    if plan.dialect not in DIALECTS:
        return {
            "text": sent[:MOST_TEXT].decode(errors="replace"),
            "complete": exchange.ending == "complete",
            "error": None,
        }
    decoded = DIALECTS[plan.dialect].decode(sent)
    return {"text": shown(decoded.text[:MOST_TEXT]), "complete": whole, "error": decoded.error}


def scenario_text(exchange: Exchange) -> str | None:
    """A scenario file that gives the answer again; None where there is none, or it would be too long."""
    reply = exchange.given
    if reply is None or (isinstance(reply.text, str) and len(reply.text) > MOST_SCENARIO):
        return None
    if isinstance(reply.chunks, tuple) and sum(map(len, reply.chunks)) > MOST_SCENARIO:
        return None
    reply = replace(reply, seed=None)
    summary = f"As request {exchange.number} was answered" + (
        f", by {exchange.scenario}." if exchange.scenario else "."
    )
    try:
        return dump(Scenario((reply,), summary=summary, seed=exchange.seed or 0))
    except ValueError:
        return None
