"""Results made by hand: what a run would have left."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

from mock_ares import faults
from mock_ares.harness.model import (
    Case,
    CheckInfo,
    CheckResult,
    ClientReport,
    Failure,
    FailureKind,
    LibraryFlaw,
    Observation,
    Report,
    Verdict,
)
from mock_ares.harness.report.counterexample.replanned import plan
from mock_ares.plan.segmentation import cuts
from mock_ares.scenario.model import Reply, Segments

INFO = CheckInfo(
    "read-line",
    "A read that ends inside a line loses nothing",
    "WHATWG HTML 9.2.5; ARES, streaming",
    "documented",
    "Keep what follows the last line end, and put the next read behind it.",
)
HOSTILE = "</pre><script>alert(1)</script>\x1b[31m\0\u202e]]>&\"'\ud800"
"""What a client may say, and no report may pass on as it is."""


def reads_of(case: Case, which: int = -1) -> tuple[bytes, ...]:
    stream = plan(case.replies[which], case)
    ends = (cuts(stream.plan) if stream else None) or ()
    payload = stream.payload if stream else b""
    return tuple(filter(None, (payload[start:end] for start, end in pairwise((0, *ends)))))


def failure(
    reply: Reply, text: str | None, error: str | None = None, word: FailureKind = "lost", **words: Any
) -> Failure:
    """A failure of a case of one reply; ``words`` go to the observation, or replace a part of the failure."""
    case = words.pop("case", Case((reply,)))
    stream = plan(reply, case)
    parts = {name: words.pop(name) for name in tuple(words) if name in Failure.__slots__}
    made = Failure(
        case=case,
        expected="returns exactly the text that was sent (the body is complete)",
        expected_text=stream.plan.text if stream else "",
        observation=Observation(text, error, **words),
        word=word,
        diagnosis="text is lost from the first read that ends inside a line: no line buffer",
        reads=reads_of(case),
        ending="the body ended well after the payload",
    )
    return replace(made, **parts)


SMALLEST = failure(Reply(chunks=("0",), segments=Segments(at=(1,))), "")


FLAWS = {"early-100": (LibraryFlaw("node", "fetch of Node does not wait"),)}


def result(verdict: Verdict = "passed", id: str = "read-line", **words: Any) -> CheckResult:
    return CheckResult(
        replace(INFO, id=id, flaws=FLAWS.get(id, ())), verdict, **{"examples": 12, "duration": 0.5, **words}
    )


CUT = failure(
    Reply(text="Neural networks learn.", faults=(faults.reset_peer(after="Neural ne"),)),
    "Neural ne",
    word="silent-truncation",
    expected="reports failure: the connection is reset",
    diagnosis="a reset connection passes for a complete answer",
    ending="the connection was reset (RST) after 23 of 54 payload bytes",
)
CHECKS = (
    result("passed", "chunk-split"),
    result("failed", "read-line", failure=SMALLEST, replay=".mock-ares/failures/node-read-line.yaml"),
    result("failed", "drop-rst", failure=CUT),
    result("failed", "bom", reason="it passes, and was expected to fail: take it off the list (no reason)"),
    result("errored", "eol-cr", reason="flaky: a case failed and passed when it was played again"),
    result("informational", "drop-silent", reason="nothing on the wire tells this cut from an end"),
    result("skipped", "cancel", reason="the client does not declare cancel", examples=0),
    result("informational", "early-103", reason="expected to fail: requests", failure=SMALLEST),
)
HOSTILE_CHECK = result(
    "failed",
    "text-nul",
    failure=failure(Reply(text="a"), None, HOSTILE, shown=(HOSTILE,), diagnosis=HOSTILE, ending=HOSTILE),
    reason=HOSTILE,
    replay=f"/tmp/{HOSTILE}",
)
REPORT = Report(
    "1.2.3",
    77,
    (
        ClientReport("node client.mjs", "exact", CHECKS),
        ClientReport(HOSTILE, "best-effort", (*CHECKS[:2], HOSTILE_CHECK)),
    ),
)
ONE = replace(REPORT, clients=REPORT.clients[:1])
