"""An answer beside what it should be, and the difference as a report tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mock_ares.ares.profiles import PROFILES
from mock_ares.harness.model import Difference
from mock_ares.server.record import redaction
from mock_ares.verify.exchange import Fields, HttpAnswer, Probe
from mock_ares.verify.judgements import Described, Seen, UnableError
from mock_ares.verify.questions import Question

BROKEN = 500
"""The status from which on a server says that it cannot."""
MOST_SHOWN = 600
"""Characters of a body."""


def difference(question: Question, profile: str, answer: HttpAnswer, document: Described) -> Difference | None:
    """Raises UndecidedError and UnableError. What it says may hold secrets."""
    ask, wanted = question.ask(profile), question.status(profile)
    correct = f"status {wanted}, and all else as the profile {profile} has it"
    if answer.status >= BROKEN:
        raise UnableError(f"the server says that it cannot: {answer.status} {brief(answer)}")
    if answer.status != wanted:
        to = f" (to {location})" if (location := answer.field("location")) else ""
        return Difference("status", f"{answer.status}{to} in place of {wanted}", correct)
    if answer.endless and not question.timed:
        raise UnableError(f"the answer did not end: {answer.ending}")
    if answer.ending and not answer.endless:
        return Difference("cut", f"the answer is not whole: {answer.ending}", correct)
    if answer.surplus:
        return Difference("surplus", f"{len(answer.surplus):,} bytes come behind the end of the answer", correct)
    if (coding := answer.field("content-encoding")) not in ("", "identity"):
        return Difference("coding", f"the body is coded as {coding}, which nobody asked for", correct)
    seen = Seen(ask, answer, PROFILES[profile], document)
    found = next(filter(None, (judge(seen) for judge in question.judges(profile))), None)
    return Difference("answer", found, correct) if found else None


def lines(sent: Probe, answer: HttpAnswer, hidden: Callable[[str], str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The exchange for a reader, without secrets."""
    asked = (f"{sent.method} {sent.path}", *_fields(sent.fields), *filter(None, (sent.body[:MOST_SHOWN],)))
    came = (f"HTTP {answer.status}", *_fields(answer.fields), *filter(None, (_beginning(answer),)))
    return ("asked", tuple(map(hidden, asked))), ("answered", tuple(map(hidden, came)))


def brief(answer: HttpAnswer) -> str:
    """The beginning of a body, on one line."""
    return " ".join(_beginning(answer, 120).split())


def _beginning(answer: HttpAnswer, most: int = MOST_SHOWN) -> str:
    said = answer.body.decode("utf-8", "backslashreplace")
    return said if len(said) <= most else f"{said[:most]}…"


def _fields(fields: Fields) -> Iterator[str]:
    yield from (f"{name}: {redaction.header(name, value)}" for name, value in fields)
