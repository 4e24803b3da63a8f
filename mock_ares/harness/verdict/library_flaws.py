"""Flaws of HTTP libraries that no client built on them can mend, so that they are told as the library's.

``contracts/clients/reproduce.py`` shows each without a line of ours; the versions are those that it was seen with. A
library is known by the User-Agent that it sends where its user says nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mock_ares.harness.model import Failure


@dataclass(frozen=True, slots=True)
class Flaw:
    agent: str
    """A pattern of the User-Agent's value."""
    check: str
    said: str


_NODE, _PYTHON = r"node\Z", r"(?i:python-requests/|python-urllib/)"
_CUT = "takes a cut chunked body for a whole one under Connection: close (undici#5273)"
FLAWS = (
    Flaw(_NODE, "chunk-ext-quoted", "fetch of Node (20.20.2) takes quoted pairs in HTTP chunk extensions for mistakes"),
    Flaw(_NODE, "early-100", "fetch of Node (20.20.2) fails at a 100 that it did not ask for"),
    Flaw(_NODE, "drop-fin-close", f"fetch of Node (20.20.2) {_CUT}"),
    Flaw(_NODE, "drop-rst-close", f"fetch of Node (20.20.2) {_CUT}"),
    Flaw(_PYTHON, "early-103", "http.client of CPython (3.11.7) takes 103 for the response"),
    Flaw(r"Java-http-client/", "malformed-chunk", "java.net.http of OpenJDK (17.0.15) takes no digit for a size of 0"),
    Flaw(r".* Chrome/", "drop-gzip", "Chromium (156) takes a gzip body that is cut for a whole one"),
)


def flaw_of(check: str, failure: Failure) -> str | None:
    """What is to be told of a failure that is its library's; None: it is not known to be."""
    headers = dict((failure.request or {}).get("headers") or {})
    agent = str(headers.get("user-agent", ""))
    found = next((flaw for flaw in FLAWS if flaw.check == check and re.match(flaw.agent, agent)), None)
    if found is None:
        return None
    return f"{found.said}; no client on top of it can mend that: expect it, or use another library"
