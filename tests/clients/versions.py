"""What the clients on trial stand on, and its version: JSON, by the name that ``contracts/trial.toml`` has."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from mock_ares.harness.clients.browser.devtools import Browser
from mock_ares.harness.run.clients_file import read_grid
from mock_ares.paths import CONTRACTS

LOCK = CONTRACTS / "clients" / "libraries" / "package-lock.json"
CARGO = CONTRACTS / "clients" / "rust" / "Cargo.lock"


def python(name: str) -> Callable[[], str]:
    """A distribution in this environment."""
    return lambda: f"{name} {version(name)}"


def npm(name: str) -> Callable[[], str]:
    """A package of the lock file."""
    return lambda: (
        f"{name} {json.loads(LOCK.read_text(encoding='utf-8'))['packages'][f'node_modules/{name}']['version']}"
    )


def program(title: str, *words: str, number: str = r"\d+(?:\.\d+)+") -> Callable[[], str]:
    """What a program says of itself, on whichever stream."""

    def said() -> str:
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        found = re.search(number, done.stdout + done.stderr)
        if found is None:
            raise LookupError(f"{' '.join(words)} says no version: {done.stdout}{done.stderr}")
        return f"{title} {found[0]}"

    return said


def chromium() -> str:
    browser = Browser()
    try:
        product = str(browser.call("Browser.getVersion")["product"])
    finally:
        browser.close()
    return f"Chromium {product.rpartition('/')[2]}"


def cargo() -> str:
    (found,) = re.findall(r'name = "reqwest"\nversion = "([^"]+)"', CARGO.read_text(encoding="utf-8"))
    return f"reqwest {found}"


STANDS_ON: dict[str, Callable[[], str]] = {
    "curl": program("curl", "curl", "--version"),
    "requests": python("requests"),
    "httpx": python("httpx"),
    "browser": chromium,
    "Node": program("Node", "node", "--version"),
    "Go": program("Go", "go", "version"),
    "Java": program("OpenJDK", "java", "-version"),
    "Rust": cargo,
    "httpx-sse": python("httpx-sse"),
    "sseclient-py": python("sseclient-py"),
    "aiohttp": python("aiohttp"),
    "openai (Python)": python("openai"),
    "openai (Node)": npm("openai"),
    "eventsource-parser": npm("eventsource-parser"),
    "fetch-event-source": npm("@microsoft/fetch-event-source"),
}
"""By the client's name, up to its comma."""


def base(name: str) -> str:
    """Of ``curl, corrected`` the ``curl``."""
    return name.partition(", ")[0]


def versions(grid: Path) -> dict[str, str]:
    """Raises LookupError, OSError or an error of the program where one is not to be found."""
    names = [entry.title for entry in read_grid(grid)]
    known = {name: STANDS_ON[name]() for name in dict.fromkeys(map(base, names))}
    return {name: known[base(name)] for name in names}


if __name__ == "__main__":
    json.dump(versions(CONTRACTS / "trial.toml"), sys.stdout, indent=2)
