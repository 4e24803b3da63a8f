"""Who there is to answer, by the names that ARES's pages and its example configuration use."""

from __future__ import annotations

from dataclasses import dataclass

from mock_ares.ares.routes.operations import OperationCall, Result

VERSATILE = "llama-3.3-70b-versatile"


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent as the pages list it."""

    name: str
    description: str
    model: str = VERSATILE
    tools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Specialist:
    """A field of its own."""

    title: str
    description: str
    words: frozenset[str]
    """What a question says that is for this agent."""


SPECIALISTS: dict[str, Specialist] = {
    "product": Specialist(
        "Product Agent",
        "Knows what is on offer and how the offers differ.",
        frozenset(("product", "products", "feature", "features", "plan", "plans", "catalog", "compare")),
    ),
    "invoice": Specialist(
        "Invoice Agent",
        "Looks up bills and tells which are still to be paid.",
        frozenset(("invoice", "invoices", "bill", "billing", "payment", "payments", "paid")),
    ),
    "sales": Specialist(
        "Sales Agent",
        "Reads sales figures and says where they are going.",
        frozenset(("sales", "revenue", "customer", "customers", "pricing", "price", "deal", "deals")),
    ),
    "finance": Specialist(
        "Finance Agent",
        "Works out budgets, costs and cash flow.",
        frozenset(("finance", "financial", "budget", "budgets", "cost", "costs", "expense", "expenses")),
    ),
    "hr": Specialist(
        "HR Agent",
        "Answers what employees ask about leave, benefits and rules.",
        frozenset(("hr", "employee", "employees", "leave", "vacation", "benefits", "policy", "hiring")),
    ),
}
AGENTS: tuple[Agent, ...] = (
    Agent("router", "Reads a question and hands it to whoever knows most about it."),
    Agent(
        "research",
        "Looks into a question step by step and brings the findings together.",
        "deepseek-r1-distill-llama-70b",
        ("web_search", "calculator"),
    ),
    *(Agent(name, found.description) for name, found in SPECIALISTS.items()),
)
ORCHESTRATED = ("router", "orchestrator", *SPECIALISTS)
"""The agents of ARES's example configuration."""


def list_all(call: OperationCall) -> Result:
    if call.docs:
        return Result(
            [
                {"name": agent.name, "description": agent.description, "model": agent.model, "tools": list(agent.tools)}
                for agent in AGENTS
            ]
        )
    return Result(
        [
            {"agent_type": name, "name": found.title, "description": found.description}
            for name, found in SPECIALISTS.items()
        ]
    )


def specialist_for(question: str, otherwise: str) -> str:
    """Whom a router hands a question to: the first whose words it has."""
    words = {word.strip(".,;:!?\"'()").lower() for word in question[:10_000].split()}
    return next((name for name, found in SPECIALISTS.items() if words & found.words), otherwise)
