"""Puts the questions to a server, in their order and as its rate limiter allows, and judges the answers."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

from mock_ares._version import __version__
from mock_ares.ares.profiles import PROFILES
from mock_ares.harness.model import CheckResult, ClientReport, Difference, Report, Verdict
from mock_ares.server.record import redaction
from mock_ares.verify.compare import brief, difference, lines
from mock_ares.verify.exchange import HttpAnswer, NoAnswerError, Probe, is_credential
from mock_ares.verify.judgements import UnableError, UndecidedError, json_of
from mock_ares.verify.limiter import REFUSED, LimitedError, Limiter
from mock_ares.verify.openapi import check_installed, document
from mock_ares.verify.questions import TELLING, Question, in_order

UNAUTHORIZED = 401
SECRET = ("jwt", "api-key", "password", "refresh_token")
LACKS = {
    "jwt": "it wants a token: --token; or all questions with --login, or with --write, which makes an account",
    "api-key": "it wants an API key: --api-key",
    "email": "it wants an account: --login, or --write, which makes one",
    "new_email": "--login names an account",
}
STRANGE = "nothing that tells an ARES is answered as an ARES does"


class Asks(Protocol):
    """What carries questions to a server."""

    url: str

    def ask(self, ask: Probe, values: Mapping[str, str]) -> HttpAnswer:
        """Raises NoAnswerError."""


@dataclass(slots=True)
class Verification:
    """One run; ``results`` and ``notes`` are there while it goes on."""

    asker: Asks
    profile: str = ""
    """Empty: found out by the first answers."""
    values: dict[str, str] = field(default_factory=dict)
    """Credentials by their kind, and whatever else questions are filled with."""
    only: frozenset[str] = frozenset()
    """These questions, by id, whatever kind of server it is; empty: all."""
    write: bool = False
    """Questions that leave something are asked."""
    limiter: Limiter = field(default_factory=lambda: Limiter(0.0))
    tell: Callable[[str], None] = lambda line: None
    watch: Callable[[CheckResult], None] = lambda result: None
    sleep: Callable[[float], None] = time.sleep
    results: list[CheckResult] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    """Kinds of credentials that the server does not take."""
    _answers: dict[Probe, HttpAnswer | NoAnswerError] = field(default_factory=dict)
    _accepted: set[str] = field(default_factory=set)
    _given: frozenset[str] = frozenset()
    _strange: bool = False
    _limited: str = ""
    """Why nothing more is asked: the limiter."""

    def run(self) -> None:
        """Raises NoAnswerError where not even the first question is answered; UsageError without Schemathesis."""
        check_installed()
        self._given = frozenset(self.values)
        self.values.setdefault("context", f"verify-{secrets.token_hex(4)}")
        if self.write and "email" not in self.values:
            self.values["email"] = self.values["new_email"] = f"verify-{secrets.token_hex(8)}@example.invalid"
            self.values["password"] = secrets.token_urlsafe(18)
        self.profile = self.profile or self._found()
        table = [each for each in in_order("jwt" in self.values) if not self.only or each.info.id in self.only]
        for number, question in enumerate(table):
            result = self._result(question, table[number:])
            self.results.append(result)
            self.watch(result)
            if question is TELLING[-1] and not self.only and not self._limited and not self._is_ares():
                self._strange = True
                self.notes.append(f"{STRANGE}: {self._looks()}")

    def report(self) -> Report:
        server = ClientReport(self.asker.url, None, tuple(self.results))
        return Report(__version__, None, (server,), subject="servers", notes=tuple(self.notes))

    @property
    def status(self) -> int:
        """The exit status: 1 it differs, 2 it takes no credentials that it was given, 3 nothing can be said of it."""
        verdicts = {result.verdict for result in self.results}
        if "failed" in verdicts:
            return 1
        return 2 if self.refused & self._given else 0 if "passed" in verdicts else 3

    # Whose ARES it is, if it is one

    def _found(self) -> str:
        right = {profile: sum(self._holds(question, profile) for question in TELLING) for profile in PROFILES}
        best = max(right, key=lambda profile: right[profile])
        clear = "" if list(right.values()).count(right[best]) == 1 else ", for want of a better guess"
        told = ", ".join(f"{count} are as {profile} has them" for profile, count in right.items())
        self.notes.append(f"profile {best}{clear}: of the first {len(TELLING)} answers {told}")
        return best

    def _holds(self, question: Question, profile: str) -> bool:
        try:
            answer = self._answer(question.ask(profile), profile, TELLING)
            return difference(question, profile, answer, document(profile)) is None
        except (UndecidedError, UnableError, LimitedError):
            return False
        except NoAnswerError:
            if not self._answers:
                raise
            return False

    def _is_ares(self) -> bool:
        telling = {question.info.id for question in TELLING}
        return any(result.verdict == "passed" for result in self.results if result.info.id in telling)

    def _looks(self) -> str:
        first = next(answer for answer in self._answers.values() if isinstance(answer, HttpAnswer))
        if location := first.field("location"):
            return f"it redirects to {self._hidden(location)}; give that origin, if it is the one that is meant"
        kind = first.media_type or "no content type"
        return f"it answers {first.status} with {kind}; is the URL that of an ARES, without a path?"

    # One question

    def _result(self, question: Question, left: Iterable[Question]) -> CheckResult:
        ask = question.ask(self.profile)
        result = partial(CheckResult, question.info, of_server=True)
        if reason := self._hindrance(question, ask):
            return result(verdict="skipped", reason=reason)
        try:
            answer, found = self._judged(question, ask, left)
            if found is not None and question.timed:
                del self._answers[ask]
                answer, found = self._judged(question, ask, left)
        except UndecidedError as error:
            return result(verdict="skipped", reason=f"the answer does not say: {error}")
        except LimitedError:
            return result(verdict="skipped", reason=self._limited)
        except UnableError as error:
            return result(verdict="informational", reason=self._hidden(str(error)))
        except NoAnswerError as error:
            if not self._answers:
                raise
            return result(verdict="informational", reason=f"the server {error}")
        self._keep(question, answer)
        verdict: Verdict = "passed" if found is None else "failed"
        return result(verdict=verdict, difference=found, duration=answer.seconds)

    def _judged(self, question: Question, ask: Probe, left: Iterable[Question]) -> tuple[HttpAnswer, Difference | None]:
        answer = self._answer(ask, self.profile, left)
        if ask.auth is not None and ask.auth not in self._accepted:
            if answer.status == UNAUTHORIZED:
                self.refused.add(ask.auth)
                raise UnableError(f"the server refuses the {ask.auth} with {UNAUTHORIZED}: {brief(answer)}")
            self._accepted.add(ask.auth)
        found = difference(question, self.profile, answer, document(self.profile))
        if found is None:
            return answer, None
        exchange = lines(ask.filled(self.values), answer, self._hidden)
        return answer, replace(found, diagnosis=self._hidden(found.diagnosis), exchange=exchange)

    def _hindrance(self, question: Question, ask: Probe) -> str:
        """Why it is not asked; empty: nothing stands against it."""
        if self._strange:
            return STRANGE
        if question.trace and not self.write and not (question.opens and "email" in self._given):
            return "it leaves something behind, or costs something: --write asks it"
        if ask.auth in self.refused:
            return f"the server refuses the {ask.auth}"
        if missing := ask.missing(self.values):
            name = missing[0]
            awaited = name not in LACKS or (name == "jwt" and "email" in self.values and not self.only)  # from a login
            return f"no answer before it gave the {name}" if awaited else LACKS[name]
        return self._limited if ask not in self._answers else ""

    def _answer(self, ask: Probe, profile: str, left: Iterable[Question]) -> HttpAnswer:
        """Asked once, whoever looks at it. Raises LimitedError and NoAnswerError."""
        if ask not in self._answers:
            self._answers[ask] = self._asked(ask, profile, left)
        if isinstance(found := self._answers[ask], NoAnswerError):
            raise found
        return found

    def _asked(self, ask: Probe, profile: str, left: Iterable[Question]) -> HttpAnswer | NoAnswerError:
        while True:
            self._wait(profile, left)
            try:
                answer = self.asker.ask(ask, self.values)
            except NoAnswerError as error:
                if not self._answers:
                    raise
                return error
            self.limiter.heard(answer)
            if answer.status != REFUSED:
                return answer

    def _wait(self, profile: str, left: Iterable[Question]) -> None:
        if self.limiter.pause == 0:
            return
        if self._limited:
            raise LimitedError
        asks = {question.ask(profile) for question in left if not self._hindrance(question, question.ask(profile))}
        count = len(asks - set(self._answers))
        needed = self.limiter.needed(count)
        takes = f"about {duration(needed)}" if needed is not None else "a time that it does not tell"
        said = f"the server's rate limiter: {count} more request{'s' * (count != 1)} would take {takes}"
        try:
            pause = self.limiter.due()
        except LimitedError:
            self._limited = said
            self.notes.append(said + (f"; --wait {round(needed)}s waits for it" if needed is not None else ""))
            raise
        self.tell(f"{said}; waiting {duration(pause)}")
        self.sleep(pause)

    def _keep(self, question: Question, answer: HttpAnswer) -> None:
        """Values for the questions behind this one."""
        for name, places in question.keeps.items():
            found = [value for place in places if is_credential(value := _at(answer.body, place))]
            if found and name not in self._given:
                self.values[name] = found[0]

    def _hidden(self, said: str) -> str:
        """Without what is secret in this run, or looks as if it were."""
        for name in SECRET:
            if name in self.values:
                said = said.replace(self.values[name], redaction.REDACTED)
        return redaction.text(said)


def duration(seconds: float) -> str:
    """``45 s``, ``12 min``, ``3 h 20 min``."""
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _at(body: bytes, place: str) -> Any:
    """A member of a JSON body, by the names that lead to it; None where there is none."""
    found = json_of(body)
    for name in place.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found
