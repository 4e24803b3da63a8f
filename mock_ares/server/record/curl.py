"""Lines for curl that can be pasted into a POSIX shell, whatever stands in them."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path
from urllib.parse import quote

from mock_ares.server.record.journal import Exchange

EXAMPLE = "Explain how neural networks learn"
"""What is asked where nobody says what."""
MOST_ARGUMENT = 100_000
"""Bytes. Linux takes no more than 128 KiB as one argument; a shell's own ``printf`` has no such limit."""
_UNTYPED = re.compile("[\0-\t\x0b-\x1f\x7f\ufffd]")
"""What a terminal takes for a key, and what was no UTF-8."""
_PROXIES = ("http_proxy", "all_proxy", "ALL_PROXY")
_NOT_REPEATED = frozenset(
    {"host", "content-length", "connection", "accept-encoding", "user-agent", "origin", "referer", "transfer-encoding",
     "authorization", "cookie", "expect", "priority", "dnt", "pragma", "cache-control", "accept-language", "upgrade",
     "http2-settings", "te", "keep-alive"}
)  # fmt: skip


def ask_line(url: str, token: str, message: str, path: str = "/api/chat/stream", *, ca: Path | None = None) -> str:
    """Asks, and streams the answer. ``ca``: an authority that curl does not know."""
    fields = (f"Authorization: Bearer {token}", "Content-Type: application/json", "Accept: text/event-stream")
    asked = [*_curl(ca), "-X POST", shlex.quote(url + path), *(f"-H {shlex.quote(field)}" for field in fields)]
    return " ".join([*asked, f"-d {shlex.quote(json.dumps({'message': message}))}"])


def again_line(exchange: Exchange, url: str, ca: Path | None = None) -> str:
    """Asks the same again, with the credentials of ``$ARES_TOKEN``. ``ca``: an authority that curl does not know."""
    before, data = _data(exchange.body)
    method = "--head" if exchange.method == "HEAD" else f"-X {shlex.quote(exchange.method)}"
    # Over TLS curl finds out by itself.
    known = ["--http2-prior-knowledge"] if exchange.version == "2" and url.startswith("http:") else []
    return " ".join([*before, *_curl(ca), *known, method, *_target(exchange, url), *_fields(exchange), *data])


def _curl(ca: Path | None) -> list[str]:
    """A proxy is not for this machine's own addresses."""
    proxied = any(map(os.environ.get, _PROXIES))
    trust = [] if ca is None else [f"--cacert {shlex.quote(str(ca))}"]
    return ["curl -N", *(["--noproxy '*'"] if proxied else []), *trust]


def _target(exchange: Exchange, url: str) -> list[str]:
    """curl would resolve dots in a path, and take brackets for ranges."""
    path = quote(exchange.path, safe="/:@!$&'()*+,;=~")
    target = f"{path}?{_text(exchange.query)}" if exchange.query else path
    if not path.startswith("/"):
        return [f"--request-target {shlex.quote(target)}", shlex.quote(url)]
    dots = ["--path-as-is"] if "/." in path else []
    brackets = ["--globoff"] if any(char in target for char in "[]{}") else []
    return [*dots, *brackets, shlex.quote(url + target)]


def _fields(exchange: Exchange) -> list[str]:
    names = {name for name, _ in exchange.headers}
    found = ['-H "Authorization: Bearer $ARES_TOKEN"'] if "authorization" in names else []
    for name, value in exchange.headers:
        if name not in _NOT_REPEATED and not name.startswith(("sec-", "proxy-")):
            found.append(f"-H {shlex.quote(f'{name}: {_text(value)}' if value else f'{name};')}")
    own = {"accept": True, "content-type": bool(exchange.body)}  # what curl would add
    return found + [f"-H {name}:" for name, adds in own.items() if adds and name not in names]


def _text(value: str) -> str:
    """A field's bytes, which are kept as Latin-1, as the UTF-8 that the shell will make of them again."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _data(body: bytes) -> tuple[list[str], list[str]]:
    """What stands before the command, and the option that gives it the body."""
    if not body:
        return [], []
    word = shlex.quote(body.decode(errors="replace"))
    if not _UNTYPED.search(word) and len(word.encode()) < MOST_ARGUMENT:
        return [], [f"--data-raw {word}"]  # --data-binary would take @ for a file
    octal = "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"\\{byte:03o}" for byte in body)
    return [f"printf '{octal}' |"], ["--data-binary @-"]
