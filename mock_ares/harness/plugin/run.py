"""A contract's tests as they run: one client and one fake for the class, a verdict for each test."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from mock_ares.harness.checks import Check, find
from mock_ares.harness.clients.adapter import Adapter
from mock_ares.harness.model import (
    Case,
    CheckInfo,
    CheckResult,
    Failure,
    HarnessError,
    KnownFailure,
    UsageError,
)
from mock_ares.harness.play.example_runner import ExampleRunner
from mock_ares.harness.plugin.clients import ContractClient, client_of, point
from mock_ares.harness.plugin.contract import ClientContract, Terms
from mock_ares.harness.plugin.options import options_of
from mock_ares.harness.plugin.page import NEW_CONTEXT, PageContract
from mock_ares.harness.report.counterexample.failure_text import failure_text
from mock_ares.harness.run.check_runner import judge_case, not_over
from mock_ares.harness.run.checks_in_order import Contract
from mock_ares.harness.run.database import database_of
from mock_ares.harness.run.replay import FOLDER, with_replay
from mock_ares.harness.settings import RunSettings, Transport
from mock_ares.server.state import Settings

RESULT = pytest.StashKey[CheckResult]()
"""Of an item that has run a check."""
ERRED = "The harness has erred, which says nothing about the client: {}"
TERMS = "_ares_terms"
"""The attribute of a collected contract that holds its terms."""


class ContractRun:
    """The checks of one contract, in one process: a client with its loop, a fake, and the verdicts so far.

    Parameters of fixtures make variants of a class, and each is a client of its own.
    """

    def __init__(
        self,
        contract: type[ClientContract],
        node: str,
        config: pytest.Config,
        fake: Settings,
        host: str,
        transport: Transport | None = None,
    ) -> None:
        """``fake``: the contract's own has its profile, and speaks what it does where ``transport`` does not say."""
        self._name = contract.__qualname__
        self._node = node
        self._terms: Terms = getattr(contract, TERMS)
        self._config = config
        self._options = options_of(config)
        self._baseline = self._options.known()
        port = contract.port if issubclass(contract, PageContract) else None
        self._arena = ExampleRunner(fake.profile, host, port, _transport(fake, transport))
        self._profile = fake.profile
        self._variants: dict[str, Contract] = {}
        self._unusable: dict[str, str] = {}
        """The variants of which nothing can be judged, and why."""
        self._started = False

    def close(self) -> None:
        """Ends the clients' threads, and the fake."""
        for variant in self._variants.values():
            variant.stop()
            variant.client.close()
        self._arena.close()

    def check(
        self,
        check: Check,
        instance: ClientContract,
        request: pytest.FixtureRequest,
        beside: Callable[[], list[Check]],
    ) -> None:
        """Runs the check; its verdict is the test's outcome. With the first one ``beside`` is begun."""
        item = request.node
        if self._options.url is not None:
            self._ask_live(self._options.url, check, instance)
            return
        with self._usable(_parameters(item.name)):
            variant = self._variant(instance, request, _parameters(item.name), beside)
            if (reason := variant.hopeless()) is not None and not check.row.opens:
                result = CheckResult(check.info, "skipped", reason=reason, unasked=True)
            else:
                variant.catch_up(check.row.rests_on)
                database = database_of(item.nodeid)
                result = variant.collect(check) if check.row.lasts else variant.check(check, database)
        result = with_replay(result, self._config.rootpath / FOLDER, variant.client.name)
        if result.replay:
            result = replace(result, replay=_relative(Path(result.replay)))
        item.stash[RESULT] = result
        self._tell(result, item, variant.settings.expect.get(check.id))

    def _ask_live(self, url: str, check: Check, instance: ClientContract) -> None:
        from mock_ares.harness.plugin import live

        if not check.row.control or isinstance(instance, PageContract):
            live.only_the_fake()
        client = ContractClient(self._name, self._terms, instance.stream_chat)
        try:
            live.ask(client, url)
        finally:
            client.close()

    def replay(self, info: CheckInfo, case: Case, instance: ClientContract, request: pytest.FixtureRequest) -> None:
        """Plays a saved case; it must pass."""
        if self._options.url is not None:
            from mock_ares.harness.plugin.live import only_the_fake

            only_the_fake()
        try:
            with self._usable(""):
                variant = self._variant(instance, request, "", list)
                if self._terms.transports and (
                    reason := not_over(self._arena.transport, variant.client, find(info.id))
                ):
                    _skip(reason)
                failure = judge_case(variant.client, case, self._arena, info)
        except HarnessError as error:
            pytest.fail(ERRED.format(error), pytrace=False)
        if failure is not None:
            pytest.fail(failure_text(info, failure), pytrace=False)

    # Verdicts

    @contextmanager
    def _usable(self, parameters: str) -> Iterator[None]:
        """Fails the test for a client that cannot be used; where it never could, the others are skipped for that."""
        if parameters in self._unusable:
            _skip(self._unusable[parameters])
        try:
            yield
        except UsageError as error:
            variant = self._variants.get(parameters)
            if variant is None or not variant.results:
                self._unusable[parameters] = str(error)
            raise pytest.fail.Exception(str(error), pytrace=False) from None

    def _variant(
        self,
        instance: ClientContract,
        request: pytest.FixtureRequest,
        parameters: str,
        beside: Callable[[], list[Check]],
    ) -> Contract:
        folder = request.path.parent
        if parameters not in self._variants:
            client = client_of(self._name + parameters, self._terms, instance, folder)
            self._variants[parameters] = Contract(client, self._settings(self._node + parameters), self._arena)
            self._variants[parameters].begin(beside())  # which copies the process, while it has few threads
        if not self._started:
            self._arena.start()
            self._started = True
        variant = self._variants[parameters]
        adapter = variant.client
        assert isinstance(adapter, Adapter)
        in_playwright = isinstance(instance, PageContract) and instance.playwright
        point(adapter, instance, folder, request.getfixturevalue(NEW_CONTEXT) if in_playwright else None)
        if in_playwright:
            request.addfinalizer(adapter.close)  # before what has opened it is gone
        return variant

    def _settings(self, client: str) -> RunSettings:
        terms, options = self._terms, self._options
        return RunSettings(
            dialect=terms.dialect,
            profile=self._profile,
            transport=self._arena.transport,
            seed=options.seed(),
            examples=options.examples(terms.examples),
            strict=terms.strict,
            edition=options.edition,
            expect={**(self._baseline.of(client) if self._baseline else {}), **terms.expected_failures},
        )

    def _tell(self, result: CheckResult, item: pytest.Item, known: KnownFailure | None) -> None:
        """The verdict in pytest's words; an informational one fails nothing, and is told all the same."""
        match result.verdict:
            case "skipped":
                _skip(result.reason)
            case "errored":
                pytest.fail(ERRED.format(result.reason), pytrace=False)
            case "failed":
                pytest.fail(self._text(result, item), pytrace=False)
            case "informational" if result.failure is not None:
                item.add_report_section("call", result.info.id, self._text(result, item))
                pytest.xfail(_why(result.failure, known))
            case "informational":
                _skip(f"informational: {result.reason}")

    def _text(self, result: CheckResult, item: pytest.Item) -> str:
        if result.failure is None:
            return f"{result.info.id}: {result.reason}"
        text = failure_text(result.info, result.failure, command_of(item))
        return f"{text}\n  saved     {result.replay}" if result.replay else text


def _transport(fake: Settings, chosen: Transport | None) -> Transport:
    """What a contract goes over; a certificate of one's own is that of any TLS."""
    if chosen is None:
        return Transport(fake.tls, "2" if fake.http == "2" else "1.1")
    return replace(chosen, tls=fake.tls or True) if chosen.tls else chosen


def _parameters(name: str) -> str:
    return "".join(name.partition("[")[1:])


def _why(failure: Failure, known: KnownFailure | None) -> str:
    if known is not None:
        return f"{failure.word}, as expected: {known.why}"
    return f"informational, {failure.word}: {failure.diagnosis}"


def _skip(reason: str) -> NoReturn:
    """With the place of the client in the summary, as for a test that is marked to be skipped."""
    raise pytest.skip.Exception(reason, _use_item_location=True)


def command_of(item: pytest.Item) -> str:
    """The command line that runs a test again, with the same examples, where this one was typed."""
    file = os.path.relpath(item.path, item.config.invocation_params.dir)
    node = "::".join((file, *item.nodeid.split("::")[1:]))
    return f"pytest {shlex.quote(node)} --ares-seed={options_of(item.config).seed()}"


def _relative(path: Path) -> str:
    return str(path.relative_to(Path().resolve())) if path.is_relative_to(Path().resolve()) else str(path)
