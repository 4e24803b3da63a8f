"""Contracts as pytest sees them: classes whose tests are made when they are collected, one for each check."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mock_ares.harness.checks import CHECKS, Check
from mock_ares.harness.model import Case, CheckInfo, UsageError
from mock_ares.harness.plugin.clients import client_of
from mock_ares.harness.plugin.contract import CONTRACT, ClientContract, Terms, check_stream_chat, terms_of
from mock_ares.harness.plugin.options import Options
from mock_ares.harness.plugin.page import NEW_CONTEXT, PageContract, check_page
from mock_ares.harness.plugin.run import TERMS, ContractRun
from mock_ares.harness.report.verdicts import hindrance
from mock_ares.harness.run.check_runner import why_skipped
from mock_ares.harness.run.replay import load
from mock_ares.harness.settings import RunSettings
from mock_ares.server.transport.client_socket import BARRIER

LASTING = "ares_lasting"
"""The mark of checks that take many seconds whatever the client does."""
_CHECK = "ares_check"
"""The attribute of a generated test that holds the check's row."""
_MARKED = pytest.StashKey[bool]()


def collected(collector: Any, name: str, obj: object) -> pytest.Collector | list[pytest.Item] | None:
    """What pytest makes of a name in a module or class; None: this is no contract."""
    if isinstance(obj, type):
        if obj in (ClientContract, PageContract):
            return []
        if issubclass(obj, ClientContract) and collector.istestclass(obj, name):
            return ContractClass.from_parent(collector, name=name)
    elif inspect.isroutine(obj) and hasattr(obj, CONTRACT) and obj.__module__ == collector.obj.__name__:
        return ContractClass.from_parent(collector, name=name)
    return None


class ContractClass(pytest.Class):
    """A subclass of ClientContract, or a decorated function."""

    def _getobj(self) -> Any:
        obj = super()._getobj()  # type: ignore[no-untyped-call]
        return getattr(obj, CONTRACT, obj)

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        contract = self.obj
        _register_marks(self.config)
        try:
            if is_page := issubclass(contract, PageContract):
                check_page(contract)
            else:
                check_stream_chat(contract)
            terms = terms_of(contract, self.path.parent)
            tests = [*_tests(contract, terms, self.path.parent), *_regressions(contract, terms)]
            if is_page and contract.playwright:
                tests = [_in_playwright(test, self.config) for test in tests]
        except UsageError as error:
            raise self.CollectError(f"{self.name}: {error}") from None
        setattr(contract, TERMS, terms)
        for test in tests:
            _put(contract, test)
        return super().collect()


def _put(contract: type, test: Any) -> None:
    """A test of the same name that the user has written takes its place."""
    there = inspect.getattr_static(contract, test.__name__, None)
    if there is None or hasattr(there, _CHECK):
        setattr(contract, test.__name__, test)


def _in_playwright(test: Any, config: pytest.Config) -> Any:
    """Raises UsageError where its plugin is not there."""
    if not config.pluginmanager.hasplugin("playwright"):
        raise UsageError("playwright = True takes the plugin pytest-playwright: pip install pytest-playwright")
    return pytest.mark.usefixtures(NEW_CONTEXT)(test)


def _tests(contract: type[ClientContract], terms: Terms, folder: Path) -> Iterator[Any]:
    """The gate first, since it says whether there is anything to judge; last of all those that last."""
    client = client_of(contract.__name__, terms, contract, folder)
    settings = RunSettings(dialect=terms.dialect)
    for check in sorted(CHECKS.values(), key=_turn):
        test = _marked(contract, terms, _name(check.id), check.info, _runs(check))
        if check.row.lasts:
            test = getattr(pytest.mark, LASTING)(test)
        if reason := why_skipped(client, check, settings, spoken=False):
            test = pytest.mark.skip(reason=reason)(test)
        yield test


def _turn(check: Check) -> tuple[bool, bool, bool, bool]:
    return not check.row.gate, not check.row.opens, check.row.lasts > 0, bool(check.row.draws_from)


def _lasting(item: pytest.Item) -> list[Check]:
    """The checks of the run that last, of the item's contract; none under xdist, which runs tests beside others."""
    if hasattr(item.config, "workerinput"):
        return []

    def variant(item: pytest.Item) -> tuple[object, ...]:
        return getattr(item, "cls", None), *item.name.partition("[")[1:]

    infos = [runs(other) for other in item.session.items if variant(other) == variant(item)]
    return [CHECKS[info.id] for info in infos if info is not None and CHECKS[info.id].row.lasts]


def _regressions(contract: type[ClientContract], terms: Terms) -> Iterator[Any]:
    for path in terms.regressions:
        name, case = load(path)
        if name not in CHECKS:
            raise UsageError(f"regressions: {path} is judged by {name!r}, and there is no such check")

        info = CHECKS[name].info
        yield _marked(contract, terms, _name(f"regression-{path.stem}"), info, _replays(info, case))


def _runs(check: Check) -> Any:
    def test(self: ClientContract, ares_contract: ContractRun, request: pytest.FixtureRequest) -> None:
        ares_contract.check(check, self, request, partial(_lasting, request.node))

    return test


def _replays(info: CheckInfo, case: Case) -> Any:
    def test(self: ClientContract, ares_contract: ContractRun, request: pytest.FixtureRequest) -> None:
        ares_contract.replay(info, case, self, request)

    return test


def _name(words: str) -> str:
    return "test_" + re.sub(r"[^0-9A-Za-z]+", "_", words)


def _marked(contract: type[ClientContract], terms: Terms, name: str, info: CheckInfo, test: Any) -> Any:
    test.__name__ = name
    test.__qualname__ = f"{contract.__qualname__}.{name}"
    test.__module__ = contract.__module__
    test.__doc__ = info.title
    test.__test__ = True  # whatever the project's tests are called
    is_page = issubclass(contract, PageContract)
    test.place_as = contract if is_page else getattr(contract, "place_as", contract.stream_chat)
    setattr(test, _CHECK, info)
    if terms.transports:
        names = [each.name for each in terms.transports]
        test = pytest.mark.parametrize("ares_contract", terms.transports, ids=names, indirect=True)(test)
    for mark in (info.tier, info.id.replace("-", "_")):
        test = getattr(pytest.mark, f"ares_{mark}")(test)
    return test


def _register_marks(config: pytest.Config) -> None:
    if _MARKED not in config.stash:
        config.stash[_MARKED] = True
        for check in CHECKS.values():
            name = f"ares_{check.id.replace('-', '_')}"
            config.addinivalue_line("markers", f"{name}: {check.info.title}")


def check_of(item: pytest.Item) -> CheckInfo | None:
    """The check that an item runs, or whose regression it is."""
    return getattr(getattr(item, "function", None), _CHECK, None)


def runs(item: pytest.Item) -> CheckInfo | None:
    """The check that an item runs."""
    info = check_of(item)
    return info if info is not None and item.name.partition("[")[0] == _name(info.id) else None


def unwanted(item: pytest.Item, options: Options) -> bool:
    """Whether it belongs to another tier than the run, or its contract, is about, or is no part of the edition."""
    info = check_of(item)
    if info is None:
        return False
    if (edition := options.edition) is not None and info.id not in edition.checks:
        return True
    terms: Terms = getattr(item.cls, TERMS)  # type: ignore[attr-defined]
    return any(tier is not None and tier != info.tier for tier in (options.tier, terms.tier))


def notices(items: Iterable[pytest.Item]) -> list[str]:
    """What is to be known before the contracts among the items run."""
    notice = hindrance(BARRIER.reason) if any(map(check_of, items)) else None
    return [f"mock-ares: {notice}"] if notice else []
