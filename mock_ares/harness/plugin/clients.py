"""Who is put to a contract: the ``stream_chat`` of a test class, or the page that one names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mock_ares.harness.clients.adapter import Adapter, Shown
from mock_ares.harness.clients.in_process import PythonClient, by_nature
from mock_ares.harness.model import Observation, Target
from mock_ares.harness.plugin.contract import ClientContract, Endpoint, Terms
from mock_ares.harness.plugin.page import PageContract, address_of, words_of


class ContractClient(PythonClient):
    """A contract's client: the ``stream_chat`` of the instance that pytest has made last."""

    def __init__(self, name: str, terms: Terms, chat: Callable[..., Any]) -> None:
        super().__init__(self._chat, name, terms.capabilities)
        self.capabilities |= by_nature(chat)
        self.chat: Callable[..., Any] = chat
        self._endpoint: Endpoint | None = None

    def observe(self, target: Target, shown: Shown | None = None) -> Observation:
        self._endpoint = _endpoint(target)
        return super().observe(target, shown)

    def observe_together(self, targets: Sequence[Target]) -> list[Observation]:
        self._endpoint = _endpoint(targets[0])
        return super().observe_together(targets)

    def _chat(self, url: str, token: str, message: str) -> Any:
        assert self._endpoint is not None
        return self.chat(self._endpoint, message)


def _endpoint(target: Target) -> Endpoint:
    return Endpoint(
        target.url, target.token, target.api_key, target.path, ca=target.ca, http_version=target.http_version
    )


def client_of(name: str, terms: Terms, contract: type[ClientContract] | ClientContract, folder: Path) -> Adapter:
    """The client of a contract's class, of which no more than its capabilities counts, or of an instance of it.

    ``folder`` is where a page's files are. Raises UsageError for a page of which something is missing.
    """
    if isinstance(contract, PageContract) or (isinstance(contract, type) and issubclass(contract, PageContract)):
        from mock_ares.harness.clients.page.client import PageClient

        return PageClient(address_of(contract, folder), name, terms.capabilities, options=words_of(contract, folder))
    return ContractClient(name, terms, contract.stream_chat)


def point(client: Adapter, instance: ClientContract, folder: Path, new_context: Any = None) -> None:
    """At the test that comes next: an instance of the class is made for each. ``new_context``: of pytest-playwright."""
    if isinstance(client, ContractClient):
        client.chat = instance.stream_chat
        return
    from mock_ares.harness.clients.page.client import PageClient

    assert isinstance(client, PageClient) and isinstance(instance, PageContract)
    client.point(address_of(instance, folder), words_of(instance, folder))
    if new_context is not None:
        from mock_ares.harness.clients.page.browsers import PlaywrightBrowser

        client.browse = lambda: PlaywrightBrowser(new_context)
