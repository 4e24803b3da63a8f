"""The contract for people who test a page: a class that says where it is, and where in it one types and reads.

class TestChat(PageContract):
    url = "http://localhost:5173"
    prompt, send, answer, error = "#message", "button", ".answer", ".error"
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from mock_ares.harness.model import UsageError
from mock_ares.harness.plugin.contract import ClientContract

SELECTORS = ("prompt", "send", "answer", "error", "busy", "new", "stop")
NEEDED = SELECTORS[:3]
EXAMPLES = 4
"""Generated ones for each check: a page takes half a second for each."""
NEW_CONTEXT = "new_context"
"""The fixture of pytest-playwright that gives a browser's contexts, as the user has set them up."""
NOWHERE = "http://localhost"
"""Stands for a page that is only known when a test runs."""


class PageContract(ClientContract):
    """The whole contract of a page, a test per check. Each of these is an option of ``mock-ares check --page``.

    ``url`` and what is typed here may also be set on the instance, by an autouse fixture that starts a server.
    """

    url: str = ""
    """Where the page is: an address, or a file beside the test."""
    prompt: str = ""
    """The selector of what the message is typed into."""
    send: str = ""
    """Of what is clicked to send it, or the word Enter."""
    answer: str = ""
    """Of what shows the answer: one place for all, or an element for each."""
    error: str = ""
    """Of what shows a failure."""
    busy: str = ""
    """Of what is visible as long as the page is at work."""
    new: str = ""
    """Of what is clicked for a new chat."""
    stop: str = ""
    """Of what is clicked to stop an answer."""
    setup: str = ""
    """A file of JavaScript that is run in the page before its own scripts, beside the test."""
    as_: str = "text"
    """How text is compared: text, inner-text or markdown."""
    port: ClassVar[int] = 3000
    """Where the page expects its server: the fake listens there."""
    playwright: ClassVar[bool] = False
    """The browser is that of pytest-playwright, and each example gets a context of its ``new_context``."""
    examples: ClassVar[int | None] = EXAMPLES
    """Generated ones for each check, at most, behind its fixed ones; by default 4."""


def check_page(contract: type[PageContract]) -> None:
    """Raises UsageError for what can be told before a test runs."""
    for name in (*SELECTORS, "url", "setup", "as_"):
        if not isinstance(value := getattr(contract, name), str):
            raise UsageError(f"{name}: expected a text, not {value!r}")
    if missing := [name for name in NEEDED if not getattr(contract, name)]:
        raise UsageError(
            f"it has no {', no '.join(missing)}. A page's contract has the selectors of what the message is typed into "
            "(prompt), what sends it (send), and what shows the answer (answer)"
        )


def address_of(contract: type[PageContract] | PageContract, folder: Path) -> str:
    """Of a class, where a test may still find it, any. Raises UsageError for an instance that has none."""
    if contract.url:
        return str(there) if (there := folder / contract.url).is_file() else contract.url
    if isinstance(contract, type):
        return NOWHERE
    raise UsageError("it has no url: set it in the class, or on self in an autouse fixture of the class")


def words_of(contract: type[PageContract] | PageContract, folder: Path) -> dict[str, str]:
    """The options of the adapter."""
    words = {name: getattr(contract, name) for name in SELECTORS}
    setup = str(folder / contract.setup) if contract.setup else ""
    return {**words, "setup": setup, "as": contract.as_, "port": str(contract.port)}
