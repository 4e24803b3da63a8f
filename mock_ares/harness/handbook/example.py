"""A check's smallest example, and what a wrong client makes of it, as a report would have it: nothing is run for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mock_ares.harness.checks.rows import Check, speaking
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.handbook.check_texts import WrongClient
from mock_ares.harness.model import Case, Failure, HarnessError, Observation
from mock_ares.harness.report.counterexample.failure_text import labelled
from mock_ares.harness.report.counterexample.replanned import plan
from mock_ares.harness.report.verdicts import sentence
from mock_ares.harness.result import ExampleResult, RecordedRequest
from mock_ares.harness.verdict import oracle
from mock_ares.harness.verdict.diagnosis import Told, demanded
from mock_ares.plan.http.negotiation import Negotiated
from mock_ares.plan.segmentation import cuts
from mock_ares.scenario.model import Pace
from mock_ares.server.record.journal import Exchange
from mock_ares.server.replies.timeline import timeline

COLUMNS = 84
"""Of a line of a drawing, without its label."""
MOST_WRITES = 4
"""Of a reply that is drawn over time."""
_OF_THE_CASE = ("replies", "case")
_OF_THE_STREAM = ("bytes", "response", "ended")
_OF_THE_CLIENT = ("sent", "received", "shown", "reported")
_NOTHING = Observation(None, None)
_ANYBODY = PythonClient(print, "a client")
"""Who is judged, where nobody is."""


@dataclass(frozen=True, slots=True)
class DrawnExample:
    stream: tuple[str, ...]
    """Lines: what is sent, and how it ends."""
    outcome: tuple[str, ...]
    """Lines: what was sent, and what a wrong client makes of it; empty where its text is not what is wrong."""
    said: str
    """The report's sentence on it; empty where there is no wrong client."""
    correct: str
    """What a correct client does; empty where it is more, or other, than to give a text or report a failure."""


def drawn(check: Check, wrong: WrongClient | None) -> DrawnExample:
    """Raises HarnessError where what is written of the wrong client is not wrong at all."""
    case = example(check, 0 if wrong is None else wrong.example)
    found = _failure(check, case, wrong)
    facts = dict(labelled(found, COLUMNS))
    if wrong is None or (wrong.gives is None and wrong.reports is None):
        outcome: tuple[str, ...] = ()
    else:
        outcome = _lines(facts, _OF_THE_CLIENT)
    said = "" if wrong is None else wrong.said or found.diagnosis
    stream = _lines(facts, _OF_THE_CASE)
    if not (case.refused or case.bad_tls):
        timed = check.row.http == "2" or case.replies[-1].pace != Pace()
        stream += _over_time(case, check.row.http or "1.1", stream) if timed else _lines(facts, _OF_THE_STREAM)
    by_text = bool(outcome or wrong is None or case.refused or case.bad_tls)
    return DrawnExample(stream, outcome, sentence(said), found.expected if by_text else "")


def example(check: Check, number: int) -> Case:
    """A fixed example, in the plainest dialect that can show it."""
    dialects = check.info.dialects
    return speaking(check.examples[number], "text" if "text" in dialects else dialects[-1])


def _lines(facts: dict[str, list[str]], labels: tuple[str, ...]) -> tuple[str, ...]:
    shown = [(label, facts[label]) for label in labels if label in facts]
    return tuple(
        f"{label if not number else '':<10}{line}".rstrip()
        for label, lines in shown
        for number, line in enumerate(lines)
    )


def _over_time(case: Case, version: str, above: tuple[str, ...]) -> tuple[str, ...]:
    """As ``show`` draws it, with moments and the names of frames: what a reply is where these are the point."""
    negotiated = Negotiated(version)
    stream = plan(case.replies[0], case, negotiated)
    assert stream is not None
    lines = list(timeline(stream.plan, negotiated, script=stream.script, most=MOST_WRITES))
    first = lines.index("") + (not above)
    return tuple(line.replace("; --all shows them", "") for line in lines[first:])


def _failure(check: Check, case: Case, wrong: WrongClient | None) -> Failure:
    seen = _NOTHING if wrong is None else Observation(wrong.gives, wrong.reports, (wrong.shows,))
    played = _played(check, case, seen, None if wrong is None else wrong.asks)
    if not played.asked:
        return _unasked(case, seen)
    if seen.text is not None or seen.error:
        if (judged := oracle.judge(played, _ANYBODY)) is None:
            raise HarnessError(f"the text on {check.id} says what a wrong client gives, and it is right")
        return judged
    judged_request = oracle.decisive(played)
    assert judged_request is not None
    said = "" if wrong is None else wrong.said or ""
    found = oracle.failure(played, judged_request, Told("altered", said))
    return replace(found, expected=demanded(judged_request.expectation))


def _unasked(case: Case, seen: Observation) -> Failure:
    """Of a case in which no correct client gets as far as a request."""
    expected = "reports that there is no connection" if case.refused else "sends nothing, and reports an error"
    return Failure(case, expected, "", seen, "error-as-answer", "")


def _played(check: Check, case: Case, seen: Observation, asks: int | None) -> ExampleResult:
    """As if so many replies, or all, had been asked for and played to their ends."""
    asked = list[RecordedRequest]()
    version = check.row.http or "1.1"
    if not (case.refused or case.bad_tls):
        for number, reply in enumerate(case.replies[:asks]):
            if (stream := plan(reply, case, Negotiated(version, gzip=check.row.needs_gzip))) is None:
                raise HarnessError(f"the example of {check.id} cannot be planned without a server")
            exchange = Exchange(
                number + 1,
                "POST",
                case.path,
                (("accept-encoding", "gzip"),) if check.row.needs_gzip else (),
                0.0,
                reply=number,
                boundaries="none" if cuts(stream.plan) is None else "exact",
                ending=stream.script.ending.kind,
                version=version,
            )
            asked.append(RecordedRequest(exchange, stream.plan))
    return ExampleResult(case, seen, tuple(asked))
