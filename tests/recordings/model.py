"""The scripted model of the recordings, as scenarios: a message names what the model says to it."""

from __future__ import annotations

from mock_ares.faults.error_event import ErrorEvent
from mock_ares.faults.provider_hang import ProviderHang
from mock_ares.scenario.model import Content, Match, Pace, Pause, Reply, Scenario, When

UNI = (
    "héllo ", "日本", "😀", "a\nb", "c\r\nd", "\r", "\n\n", "\t\b\f\0\x1f\x7f", 'q"b\\s/', "</script>\u2028\u2029\x85",
    "\ufeff", " lead", "trail ", "data: x", "\u200d",
)  # fmt: skip
HELLO = Reply(chunks=("Hel", "lo", " wor", "ld"))
SAID: dict[str, Reply] = {
    "hello": HELLO,
    "uni": Reply(chunks=UNI),
    "emptyollama": Reply(chunks=("a", "b")),
    "empty": Reply(chunks=("a", "", "b")),
    "pair": Reply(chunks=("x", "y", "z")),
    "nothing": Reply(text=""),
    "product": Reply(chunks=("product",)),
    "fast": Reply(chunks=tuple(f"t{number} " for number in range(50))),
    "mideof": Reply(chunks=("one", "two")),
    "midgarbage": Reply(chunks=("one", "two")),
    "miderror": Reply(chunks=("one", "two")),
    "slow": Reply(chunks=("one", "two", "three", "four"), pace=Pace(every=2.0)),
    "latehead": Reply(chunks=("one",), pace=Pace(first=17.0)),
    "keep": Reply(chunks=("one", "two", "three"), pace=Pace(pauses=(Pause(at=1, lasts=17.0), Pause(at=2, lasts=31.0)))),
    "hang": Reply(chunks=("one",), faults=(ProviderHang(after=1),)),
    "hanghead": Reply(chunks=("one",), faults=(ProviderHang(after=0),)),
}
EXPLODED = '{"error":"model exploded"}'
OLLAMA = "Failed to start stream: LLM error: Ollama stream error: "
OPENAI = "Stream error: LLM error: Stream error: "
URL = "http://127.0.0.1:21434/v1/chat/completions"


def _fails(message: str, *chunks: str) -> Reply:
    return Reply(chunks=chunks or ("",), faults=(ErrorEvent(len(chunks), message, opening=True),))


FAILS: dict[tuple[str, str], Reply] = {
    ("fail500", "product"): _fails(f"{OLLAMA}{EXPLODED}"),
    ("fail500", "sales"): _fails(f"{OPENAI}{EXPLODED}"),
    ("hangup", "product"): _fails(f"{OLLAMA}Reqwest error"),
    ("hangup", "sales"): _fails(f"{OPENAI}stream failed: error sending request for url ({URL})"),
    ("midcut", "product"): _fails("Stream error: LLM error: Stream chunk error", "one", "two"),
    ("midcut", "sales"): _fails(f"{OPENAI}stream failed: error decoding response body", "one", "two"),
}
"""By script and agent: each agent has a provider of its own, with words of its own."""


def _unsaid(message: str) -> Reply:
    return Reply(status=500, content=Content(json={"error": message, "code": "LLM_ERROR"}))


UNSAID: dict[str, Reply] = {
    "fail500": _unsaid(f"Ollama error: {EXPLODED}"),
    "hangup": _unsaid("Ollama error: Reqwest error"),
}
"""As whole answers."""
ROUTER_FAILS = f"Router failed: LLM error: Ollama error: {EXPLODED}"


def scenarios() -> list[Scenario]:
    """Those that demand more stand first; the last answers what names no script."""
    routed = When(message=Match(contains="@route:fail"))
    found = [
        Scenario((UNSAID["fail500"],), name="unrouted", when=When("/api/chat", message=Match(contains="@route:fail"))),
        Scenario((Reply(text="", faults=(ErrorEvent(0, ROUTER_FAILS),)),), name="misrouted", when=routed),
    ]
    for script, reply in UNSAID.items():
        found.append(Scenario((reply,), name=f"{script}-whole", when=When("/api/chat", message=_names(script))))
    for (script, agent), reply in FAILS.items():
        found.append(Scenario((reply,), name=f"{script}-{agent}", when=When(None, agent, _names(script))))
    for script, reply in SAID.items():
        found.append(Scenario((reply,), name=script, when=When(message=_names(script))))
    found.append(Scenario((HELLO,), name="my-agent", when=When(agent_type="my-agent")))
    return found


def _names(script: str) -> Match:
    return Match(pattern=rf"@script:{script}\b")
