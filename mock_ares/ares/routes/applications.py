"""What an application does with its key: its agents and their runs, its usage, its further keys.

``docs``: agents run, and all of it is counted. ``server``: a run is a stub that leaves nothing behind, and nothing is
counted, as in ARES's source. Keys work in both, which ARES's own do not.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from mock_ares.ares.credentials import NEVER
from mock_ares.ares.errors import json_error
from mock_ares.ares.memory.keys import AgentRun, Key
from mock_ares.ares.routes.operations import (
    OperationCall,
    OperationRefusedError,
    Result,
    page_of,
    paged,
    precise,
    refuse_unknown,
    stamp,
    value_of,
)
from mock_ares.ares.serde import Field, Struct
from mock_ares.dialects import count_tokens
from mock_ares.scenario.diagnostics import counted
from mock_ares.server.http.turns import date_of

RUN = Struct("AgentRunRequest", (Field("input", "map"),))
CREATE_KEY = Struct("CreateApiKeyRequest", (Field("name", "string"), Field("expires_in_days", "u32", optional=True)))

DAY = 86400.0
"""Seconds."""
MOST_DAYS = 36_500
RUN_TAKES = 0.6
"""Seconds at speed 1."""
CREATED = 1_772_323_200.0
"""2026-03-01: since when there have been agents."""


@dataclass(frozen=True, slots=True)
class ClientAgent:
    name: str
    kind: str
    model: str
    prompt: str
    tools: tuple[str, ...] = ()


AGENTS: dict[str, ClientAgent] = {
    agent.name: agent
    for agent in (
        ClientAgent("assistant", "chat", "llama-3.3-70b", "Answer briefly, and say so when you do not know."),
        ClientAgent("classifier", "classifier", "llama-3.1-8b-instant", "Name the one topic that a text is about."),
        ClientAgent(
            "risk-analyzer", "classifier", "llama-3.3-70b", "Say how risky a payment is, and why.", ("calculator",)
        ),
    )
}


def list_agents(call: OperationCall) -> Result:
    page = page_of(call)
    return paged(call, [_agent(call, agent, short=True) for agent in AGENTS.values()], page, 20, "agents")


def get_agent(call: OperationCall) -> Result:
    return Result(_agent(call, _named(call)))


def run_agent(call: OperationCall) -> Result:
    agent = _named(call)
    body = value_of(call.body)
    if not call.docs:
        return Result(_run(call, _made(call, agent, body, "Agent run queued")))
    run = _executed(call, agent, body["input"])
    call.store.runs.add(run)
    day = call.store.usage.day(call.user, date_of(call.now))
    day.runs, day.tokens = day.runs + 1, day.tokens + run.tokens
    return Result(_run(call, run), wait=RUN_TAKES)


def list_runs(call: OperationCall) -> Result:
    page = page_of(call)
    agent = _named(call).name if call.docs else call.parts["name"]
    runs = call.store.runs.of(call.user, agent)
    return paged(call, [_run(call, run) for run in runs], page, 20 if call.docs else 25, "runs")


def list_logs(call: OperationCall) -> Result:
    page = page_of(call)
    if call.docs:
        logs = [line for run in call.store.runs.of(call.user, _named(call).name) for line in _log(call, run)]
        return paged(call, logs, page, 50, "logs")
    number, size = (1 if page.number is None else page.number), (50 if page.size is None else page.size)
    return Result({"items": [], "total": 0, "page": number, "per_page": size, "total_pages": 0})


def usage(call: OperationCall) -> Result:
    today = datetime.fromtimestamp(int(call.now), UTC)
    start = today.replace(day=1, hour=0, minute=0, second=0)
    end = (start + timedelta(days=31)).replace(day=1) - timedelta(seconds=1)
    days = list(call.store.usage.of(call.user, f"{today:%Y-%m}"))
    return Result(
        {
            "period_start": stamp(start.timestamp()),
            "period_end": stamp(end.timestamp()) if call.docs else precise(call.now),
            "total_runs": sum(day.runs for _, day in days),
            "total_tokens": sum(day.tokens for _, day in days),
            "total_api_calls": sum(day.api_calls for _, day in days),
            "quota_runs": 100_000 if call.docs else 500_000,
            "quota_tokens": 10_000_000 if call.docs else 50_000_000,
            "daily_usage": [
                {"date": date, "runs": day.runs, "tokens": day.tokens, "api_calls": day.api_calls} for date, day in days
            ],
        }
    )


def list_keys(call: OperationCall) -> Result:
    keys = [_key(call, key) for key in call.store.keys.of(call.user)]
    return Result({"keys": keys} if call.docs else keys)


def create_key(call: OperationCall) -> Result:
    """The server ignores the expiry that it is asked for."""
    days = call.fields["expires_in_days"] if call.docs else None
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise OperationRefusedError(json_error(422, "Invalid value for field: expires_in_days"))
    expires = None if days is None else int(call.now) + days * DAY
    secret = call.keyring.issue_api_key(id=call.user, lifetime=(NEVER if expires is None else expires) - call.now)
    key = Key(str(uuid.uuid4()), call.user, call.fields["name"], secret, call.now, expires)
    forgotten = call.store.keys.add(key)
    if forgotten is not None:
        call.keyring.revoke(forgotten.secret)
    if call.docs:
        return Result({"key": key.id, "secret": secret}, status=201)
    return Result({"key": _key(call, key), "secret": secret})


def revoke_key(call: OperationCall) -> Result:
    id = call.parts["id"]
    key = call.store.keys.find(id, call.user)
    if key is None:
        refuse_unknown(call, f"API key not found: {id}", f"API key '{id}' not found for tenant '{call.user}'")
    key.active = False
    call.keyring.revoke(key.secret)
    return Result(status=204)


def _named(call: OperationCall) -> ClientAgent:
    name = call.parts["name"]
    if name not in AGENTS:
        refuse_unknown(call, f"Agent not found: {name}", f"Agent '{name}' not found for tenant '{call.user}'")
    return AGENTS[name]


def _agent(call: OperationCall, agent: ClientAgent, *, short: bool = False) -> dict[str, Any]:
    config: dict[str, Any] = {"model": agent.model, "system_prompt": agent.prompt, "tools": list(agent.tools)}
    if call.docs:
        if short:
            del config["system_prompt"]
        else:
            config["max_tokens"] = 2048
    runs = call.store.runs.of(call.user, agent.name)
    return {
        "id": _id(call, agent.name),
        "name": agent.name,
        "agent_type": agent.kind if call.docs else "custom",
        "status": "active",
        "config": config,
        "created_at": stamp(CREATED),
        "last_run": stamp(runs[0].started) if runs else None,
        "total_runs": len(runs),
        "success_rate": 1.0 if runs else 0.0,
    }


def _id(call: OperationCall, agent: str) -> str:
    """The same each time."""
    return str(uuid.uuid5(uuid.UUID(call.user), agent))


def _executed(call: OperationCall, agent: ClientAgent, given: Any) -> AgentRun:
    text = json.dumps(given, ensure_ascii=False)
    message = f"The agent {agent.name} has read {counted(len(given), 'field')} and found nothing unusual."
    tokens = count_tokens(text) + count_tokens(message)
    return _made(call, agent, given, message, call.lasting(RUN_TAKES) / 1000, tokens)


def _made(
    call: OperationCall, agent: ClientAgent, given: Any, message: str, duration: float = 0.0, tokens: int = 0
) -> AgentRun:
    output, size = {"message": message}, len(call.body)
    return AgentRun(str(uuid.uuid4()), call.user, agent.name, given, output, call.now, duration, tokens, size)


def _run(call: OperationCall, run: AgentRun) -> dict[str, Any]:
    moment = stamp if call.docs else precise
    return {
        "id": run.id,
        "agent_id": _id(call, run.agent) if call.docs else run.agent,
        "status": "completed",
        "input": run.input,
        "output": run.output,
        "error": None,
        "started_at": moment(run.started),
        "finished_at": moment(run.started + run.duration),
        "duration_ms": round(run.duration * 1000),
        "tokens_used": run.tokens,
    }


def _log(call: OperationCall, run: AgentRun) -> list[dict[str, Any]]:
    """The lines of a run, the last first."""
    lines = (
        ("finished", f"The run is complete, after {run.tokens} tokens.", run.started + run.duration),
        ("started", "The run has begun.", run.started),
    )
    return [
        {
            "id": f"{run.id}-{name}",
            "agent_id": _id(call, run.agent),
            "run_id": run.id,
            "level": "info",
            "message": message,
            "metadata": None,
            "timestamp": stamp(at),
        }
        for name, message, at in lines
    ]


def _key(call: OperationCall, key: Key) -> dict[str, Any]:
    used = stamp(key.last_used) if call.docs and key.last_used is not None else None
    expires = None if key.expires is None else stamp(key.expires)
    fields = {"id": key.id, "name": key.name, "prefix": key.secret[: 9 if call.docs else 13]}
    if call.docs:
        return {**fields, "created_at": stamp(key.created), "expires_at": expires, "last_used": used}
    return {**fields, "created_at": stamp(key.created), "last_used": used, "expires_at": expires}
