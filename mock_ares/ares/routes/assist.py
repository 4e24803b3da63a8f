"""Memory, research and workflows: what ARES has its agents do together. Here the same question has the same answer."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from mock_ares.ares.routes.agents import answers, specialist_for, static
from mock_ares.ares.routes.operations import OperationCall, Result, refuse_unknown
from mock_ares.ares.serde import Field, Struct

RESEARCH = Struct(
    "ResearchRequest",
    (Field("query", "string"), Field("depth", "u8", optional=True), Field("max_iterations", "u8", optional=True)),
)
WORKFLOW = Struct("WorkflowRequest", (Field("query", "string"), Field("context", "map", default=dict)))

SHOWN = 200
"""Characters of a question that an answer repeats."""
RESEARCH_TAKES = 0.8
"""Seconds at speed 1, as below."""
STEP_TAKES = 0.3
"""Seconds at speed 1."""
TITLES = (
    "Learning from Examples: A Survey",
    "How Networks Generalize",
    "Notes on Gradient Descent",
    "Benchmarks for Small Models",
    "What Regularization Does",
)


def stub(call: OperationCall) -> Result:
    return Result()


def memory(call: OperationCall) -> Result:
    """Nothing ARES serves writes any memory, so there is none to show."""
    return Result({"user_id": call.user, "preferences": [], "facts": []})


def research(call: OperationCall) -> Result:
    query, depth, rounds = (call.fields[name] for name in ("query", "depth", "max_iterations"))
    depth = 3 if depth is None else depth
    rounds = (5 if call.docs else 10) if rounds is None else rounds
    count = depth * min(3, rounds)  # so many findings a round, until there are three times as many
    sources = [
        {"title": f"Research Finding {number}", "url": None, "relevance_score": 0.8} for number in range(1, count + 1)
    ]
    titles = list(TITLES[: max(1, min(count, len(TITLES)))])
    answer = {"findings": _findings(query, titles), "sources": titles if call.docs else sources}
    return Result({**answer, "duration_ms": call.lasting(RESEARCH_TAKES)}, wait=RESEARCH_TAKES)


def _findings(query: str, titles: list[str]) -> str:
    listed = "\n".join(f"- {title}" for title in titles)
    return (
        f"## {query[:SHOWN]}\n\n"
        "Neural networks learn by **example**: each mistake moves the weights a little.\n\n"
        "### What was found\n\n"
        "1. More examples help more than more layers.\n"
        "2. Small steps arrive where large ones do not.\n"
        "3. What was seen often is remembered well; what was seen once, hardly.\n\n"
        f"### Read\n\n{listed}\n"
    )


def workflows(call: OperationCall) -> Result:
    return Result(static(call, "workflows"))


def run_workflow(call: OperationCall) -> Result:
    name = call.parts["name"]
    if call.docs and name in answers()["steps"]:
        return _in_docs(call, answers()["steps"][name])
    workflow = next((each for each in static(call, "workflows") if not call.docs and each["name"] == name), None)
    if workflow is None:
        refuse_unknown(call, f"Workflow not found: {name}", f"Workflow '{name}' not found")
    return _by_server(call, workflow)


def _in_docs(call: OperationCall, before: list[str]) -> Result:
    """``before``: the agents who have their say before the one who answers."""
    query, context = call.fields["query"], call.fields["context"]
    chosen = specialist_for(query, "product")
    agents = list(dict.fromkeys((*before, chosen)))
    known = f" Taken into account: {', '.join(list(context)[:10])[:SHOWN]}." if context else ""
    path = [
        {"agent": agent, "action": f"Read the question and passed it on to {after}."}
        for agent, after in pairwise(agents)
    ]
    path.append({"agent": agents[-1], "action": f"Answered the question.{known}"})
    return _output(f"{_answer(query, agents[-1])}{known}", agents, path)


def _by_server(call: OperationCall, workflow: dict[str, Any]) -> Result:
    """A router's output is the name of the agent that comes next; every step is given the question as it was asked."""
    query = call.fields["query"]
    agents = [workflow["entry_agent"]]
    if agents == ["router"]:
        agents.append(specialist_for(query, workflow["fallback_agent"] or "orchestrator"))
    path = [
        {
            "agent_name": agent,
            "input": query,
            "output": agents[1] if agent == "router" else _answer(query, agent),
            "timestamp": int(call.now),
            "duration_ms": call.lasting(STEP_TAKES),
        }
        for agent in agents
    ]
    return _output(path[-1]["output"], agents, path)


def _answer(query: str, agent: str) -> str:
    return f"The {agent} agent has looked into it: {query[:SHOWN]}"


def _output(response: Any, agents: list[str], path: list[dict[str, Any]]) -> Result:
    answer = {"final_response": response, "steps_executed": len(path), "agents_used": agents, "reasoning_path": path}
    return Result(answer, wait=STEP_TAKES * len(path))
