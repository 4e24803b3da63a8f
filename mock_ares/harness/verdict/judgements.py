"""What a client does beside the text: the judgements of the rows that are about it.

Each is asked before the oracle. ``PASSED``: there is nothing more to judge. None: the oracle is to judge.
"""

from __future__ import annotations

import enum
import json
import math
import re
from dataclasses import replace

from mock_ares.ares.bodies import is_json
from mock_ares.ares.errors import JSON
from mock_ares.harness.model import KEY_PATH, NO_EXCHANGE, REFUSED, UNDUE, Client, Failure, FailureKind
from mock_ares.harness.result import ExampleResult
from mock_ares.harness.verdict import diagnosis, oracle
from mock_ares.scenario.model import RetryAfter
from mock_ares.server.certificates.bad_tls import BAD_TLS
from mock_ares.server.record.journal import Exchange, kept_text
from mock_ares.server.transport.header_fields import Fields

STREAM_TYPE = "text/event-stream"
EARLY = 0.05
"""Seconds by which a wait may be too short: timers of some platforms are that coarse."""
DATE_EARLY = 2.0
"""The same for a date: it has no fractions of a second, and a second more is tolerated."""


_NOT_WANTED = re.compile(r";[ \t]*[qQ]=0(?:\.0{0,3})?[ \t]*(?:;|$)")
"""A weight that says that it is not acceptable (RFC 9110 12.4.2)."""
SAID = "It did not work"
"""What the bodies of the contract's errors say."""


class Done(enum.Enum):
    PASSED = "passed"


PASSED = Done.PASSED
Found = Failure | Done | None


def asks_as_documented(played: ExampleResult, client: Client) -> Found:
    """POST to the documented path with a bearer token, the message in JSON, and an Accept field."""
    if not played.asked:
        refused = [f"{e.method} {e.path} was answered with {e.status}" for e in played.strays[:3]]
        return _unasked(played, played.strays[0], f"no request was accepted: {'; '.join(refused)}") if refused else None
    exchange = played.exchanges[0]
    wrong = list(_wrong(exchange, played.case.path, played.case.message))
    if oracle.is_unacceptable(played.case, exchange):
        wrong.append(f"it was refused with {oracle.refusal(played.asked[0])}")
        return replace(_unasked(played, exchange, "; ".join(wrong)), ending=REFUSED)
    if wrong:
        return _failure(played, 0, "bad-request", "; ".join(wrong), _DOCUMENTED)
    return None if played.observation.timed_out else PASSED  # what is not done in time is asked again


_DOCUMENTED = (
    "sends one POST to the documented path, with Authorization: Bearer, Accept: text/event-stream, "
    "Content-Type: application/json and a body of JSON that holds the message"
)


def _wrong(exchange: Exchange, path: str, message: str) -> list[str]:
    fields = Fields(exchange.headers)
    accepted = [
        item.split(";")[0].strip().lower()
        for item in fields.get("accept", "").split(",")
        if not _NOT_WANTED.search(item)
    ]
    kind = "api-key" if path == KEY_PATH else "jwt"
    mistakes = [
        (exchange.method != "POST", f"the method is {exchange.method}, not POST"),
        (exchange.path != path, f"the path is {exchange.path}, not {path}"),
        (exchange.query != "", f"behind the path it asks for {diagnosis.quoted(exchange.query)}"),
        (exchange.credentials != kind, f"the credentials are {exchange.credentials}, not {kind}"),
        ("host" not in fields, "there is no Host field (RFC 9112 3.2)"),
        (STREAM_TYPE not in accepted, f"Accept is {fields.get('accept', 'missing')!r}, not {STREAM_TYPE}"),
        (not is_json(content := fields.get("content-type", "missing")), f"Content-Type is {content!r}, not {JSON}"),
        (_message_of(exchange) != kept_text(message), _without_message(exchange, message)),
    ]
    return [mistake for holds, mistake in mistakes if holds]


def _message_of(exchange: Exchange) -> str | None:
    """What the body asks, though it be called something else than JSON."""
    if exchange.message is not None:
        return exchange.message
    try:
        members = json.loads(exchange.body)
    except (ValueError, RecursionError):
        return None
    message = members.get("message") if isinstance(members, dict) else None
    return kept_text(message) if isinstance(message, str) else None


def _without_message(exchange: Exchange, message: str) -> str:
    body = exchange.body.decode(errors="replace")
    try:
        json.loads(body)
        no = "does not hold the message"
    except ValueError as error:
        no = f"is no JSON ({error}); it should hold the message"
    except RecursionError:
        no = "is nested too deeply to hold the message"
    return f"the body {diagnosis.quoted(body)} {no} {diagnosis.quoted(message)}"


def shows_each_piece(played: ExampleResult, client: Client) -> Found:
    """It shows each piece before it is sent the next."""
    if played.stalled is None or not played.asked:
        return None
    text, expectation = played.observation.text, played.asked[-1].expectation
    if text is not None and not expectation.accepts(text):
        return None  # what it had not shown is lost
    shown = diagnosis.quoted(played.observation.shown_text)
    reason = (
        f"it had read {played.stalled} of the reply's {len(played.asked[-1].plan.chunks)} chunks and kept the last to "
        f"itself until more was sent; in the end it had shown {shown}"
    )
    return _failure(played, -1, "buffered", reason, "shows each chunk when it has been read")


def asks_once(played: ExampleResult, client: Client) -> Found:
    """One request, and no other behind a clean end. What got no byte of a response is the transport's to send again."""
    posts = [e for e in played.exchanges if e.method == "POST" and e.status is not None]
    if not posts:
        return None
    if len(posts) == 1:
        return PASSED
    reason = f"the reply ended well, and it asked again: {len(posts)} requests in all"
    return _failure(played, 0, "reposted", reason, "sends exactly one request")


def closes(played: ExampleResult, client: Client) -> Found:
    """The connection is closed soon after the caller has stopped."""
    if not played.asked:
        return None
    if any(e.ending in ("open", "ended") for e in played.exchanges):
        reason = "the caller had stopped, and the connection stayed open"
        return _failure(played, -1, "kept-open", reason, "closes the connection when its caller stops")
    if not played.observation.cancelled:
        return None
    judged, shown = oracle.Judged.of(played.asked[-1], played.case), played.observation.shown_text
    if judged.expectation.allows_shown(shown):
        return PASSED
    difference = diagnosis.difference(judged.plan, judged.expectation, shown)
    return oracle.failure(played, judged, difference, "shows a beginning of the text")


def lets_go(played: ExampleResult, client: Client) -> Found:
    """The connection is closed when the caller stops, before there is a response."""
    if not played.asked:
        return PASSED  # it was stopped before it had asked
    if all(e.ending == "client-left" for e in played.exchanges):
        return PASSED
    reason = "the caller had stopped before the response began, and the connection stayed open"
    return _failure(played, -1, "kept-open", reason, "closes the connection when its caller stops")


def keeps_apart(played: ExampleResult, client: Client) -> Found:
    """The question that was asked first has been given no text of the other's, though a client may break it off."""
    for other in played.earlier:
        if not other.asked:
            continue
        judged, seen = oracle.Judged.of(other.asked[-1], played.case), other.observation
        shown = seen.shown_text or seen.text or ""
        if not judged.expectation.allows_shown(shown):
            told = diagnosis.difference(judged.plan, judged.expectation, shown)
            return oracle.failure(replace(played, observation=seen), judged, told)
    return None


def asks_beside(played: ExampleResult, client: Client) -> Found:
    """The second question is sent while the first is being answered; and their answers do not mix."""
    exchanges = [e for each in (*played.earlier, played) for e in each.exchanges]
    if not all(each.asked for each in (*played.earlier, played)):
        return None
    first, *others = sorted(exchanges, key=lambda exchange: exchange.started)
    lasted = math.inf if first.duration is None else first.duration
    overlap = any(each.started < first.started + lasted for each in others)
    if overlap or not client.in_process:  # two processes know nothing of each other, or one is asked in turn
        return keeps_apart(played, client)
    reason = f"the second question was sent when the first answer was over, which lasted for {lasted:.1f} s"
    return _failure(played, -1, "queued", reason, "sends a question though another is being answered")


def follows(played: ExampleResult, client: Client) -> Found:
    """Followed or reported; followed by a client that declares that it does."""
    followed = any(e.reply == 1 for e in played.exchanges) or played.case.replies[0].redirect is None
    if "redirects" not in client.capabilities or followed or not played.asked or played.observation.error is None:
        return None
    status, error = played.exchanges[-1].status, diagnosis.quoted(played.observation.error)
    reason = f"it declares that it follows redirects, and failed at the status {status} with {error}"
    return _failure(played, -1, "raised-on-good-stream", reason, "follows the redirect")


def keeps_credentials(played: ExampleResult, client: Client) -> Found:
    """The other host gets no credentials; what came of its answer is for others to judge."""
    if any(e.credentials == "sent" for e in played.exchanges):
        reason = "the redirect led to another host name, and the Authorization field went along"
        return _failure(played, -1, "leaked-credentials", reason, "follows without credentials, or reports the status")
    return PASSED if played.asked else None


def waits(played: ExampleResult, client: Client) -> Found:
    """The second request comes no sooner than the first answer said."""
    if len(played.asked) < 2:
        return None
    announced = played.case.replies[0].retry_after
    least = announced.date - DATE_EARLY if isinstance(announced, RetryAfter) else (announced or 0.0) - EARLY
    first, second = played.exchanges[:2]
    waited = second.started - first.started
    if waited >= least:
        return None
    form = "a date" if isinstance(announced, RetryAfter) else f"{announced:g} s"
    reason = f"Retry-After was {form}, and it asked again after {waited:.1f} s"
    return _failure(played, 0, "early-retry", reason, "waits as long as Retry-After says before it asks again")


def refuses_bad_tls(played: ExampleResult, client: Client) -> Found:
    """Nothing was asked, least of all with a token, and the client reports an error and no answer."""
    seen, kind = played.observation, played.case.bad_tls
    if kind is None:
        return None
    asked, what = (*played.exchanges, *played.strays), BAD_TLS[kind]
    if asked:
        with_token = any(exchange.credentials != "none" for exchange in asked)
        word: FailureKind = "leaked-credentials" if with_token else "error-as-answer"
        said = f"it met {what}, and sent its request all the same{', with the token' if with_token else ''}"
    elif seen.timed_out:
        word, said = "hung", f"it met {what}, and came to no end"
    elif seen.error is None or seen.shown_text:
        word, said = "error-as-answer", f"it met {what}, and gave {diagnosis.quoted(seen.text or seen.shown_text)}"
    else:
        return PASSED
    return Failure(
        case=played.case,
        expected="sends nothing, and reports an error",
        expected_text="",
        observation=seen,
        word=word,
        diagnosis=said,
        ending=UNDUE if asked else NO_EXCHANGE,
        request=asked[0].as_dict() if asked else None,
    )


def explains(played: ExampleResult, client: Client) -> Found:
    """The report says which status it was, or which type where the status is good, or what the body said."""
    error = played.observation.error
    if error is None or not played.exchanges:
        return PASSED  # whether there is a report is another check's
    asked = played.asked[-1]
    status, head = asked.exchange.status, asked.plan.head
    kind = "" if head is None or status != 200 else head.field("content-type") or ""
    telling = [SAID] if kind == STREAM_TYPE else [SAID, str(status), *filter(None, [kind.split(";")[0]])]
    if any(said.lower() in error.lower() for said in telling):
        return PASSED
    said = f", and its body said {SAID!r}" if SAID.encode() in asked.plan.payload else ""
    was = f"the type was {kind}" if kind else f"the status was {status}"
    reason = f"{was}{said}; the report was {diagnosis.quoted(error)}"
    return _failure(played, -1, "unexplained", reason, "reports the status or the type, or what the body says")


def _failure(played: ExampleResult, which: int, word: FailureKind, reason: str, expected: str) -> Failure:
    judged = oracle.Judged.of(played.asked[which], played.case)
    return oracle.failure(played, judged, diagnosis.Told(word, reason), expected)


def _unasked(played: ExampleResult, exchange: Exchange, reason: str) -> Failure:
    """It was given nothing of the example."""
    return Failure(
        case=played.case,
        expected=_DOCUMENTED,
        expected_text="",
        observation=played.observation,
        word="bad-request",
        diagnosis=reason,
        ending=NO_EXCHANGE,
        request=exchange.as_dict(),
    )
