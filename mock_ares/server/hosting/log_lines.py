"""What ``serve`` prints while it runs: a line per request, and what became of saved files; or JSON for machines."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO

from mock_ares.plan.model import Headers, Script, StreamPlan
from mock_ares.scenario.diagnostics import counted
from mock_ares.server.hosting.output_queue import LineWriter
from mock_ares.server.record.by_proxy import proxy_of
from mock_ares.server.record.journal import Exchange

if TYPE_CHECKING:
    from mock_ares.server.files.scenario_files import Change, ServedFile

MESSAGE = 40
"""Characters of a message that are shown."""


CUT = ("reset", "close")
"""Ends that some proxies do not pass on."""


class LogLines:
    """A watcher that prints. Whoever reads may be slow, or leave: nobody waits for that."""

    def __init__(self, *, json_logs: bool = False, out: TextIO | None = None, port: int | None = None) -> None:
        """``port``: the fake's own, by which proxies are found out."""
        self._json = json_logs
        self.port = port
        self._lines = LineWriter(out or sys.stdout, self._missed)

    def say(self, text: str, **fields: Any) -> None:
        """A text for people, or its fields for machines."""
        self._lines.say(self._line(text, fields))

    def close(self) -> None:
        """Prints what is left."""
        self._lines.close()

    def _line(self, text: str, fields: dict[str, Any]) -> str:
        return json.dumps({"time": round(time.time(), 3), **fields}) if self._json else text

    def _missed(self, lines: int) -> str:
        return self._line(f"{counted(lines, 'line')} not shown: nobody read them", {"event": "missed", "lines": lines})

    # A watcher's

    def opened(self, exchange: Exchange) -> None: ...

    def answered(self, exchange: Exchange, plan: StreamPlan, script: Script, extra: Headers) -> None: ...

    def ended(self, exchange: Exchange) -> None:
        if self._json:
            from mock_ares.control.serializers import request_json

            told = request_json(exchange, "")
            self.say("", event="request", **{**told, "time": round(time.time(), 3), "opened": told["time"]})
        else:
            self.say(line(exchange, port=self.port))

    def files(self, changes: Iterable[tuple[Change, ServedFile]]) -> None:
        from mock_ares.control.serializers import file_json

        for change, entry in changes:
            self.say(_of_file(change, entry), event="file", change=change, **file_json(entry))


def line(exchange: Exchange, now: float | None = None, port: int | None = None) -> str:
    """Time, what was asked, who answered, and what became of it."""
    moment = time.strftime("%H:%M:%S", time.localtime(time.time() if now is None else now))
    parts = [moment, _asked(exchange)]
    if exchange.status not in (200, None):
        parts.append(str(exchange.status))
    if exchange.scenario:
        parts.append(printable(exchange.scenario))
    if exchange.broken:
        parts.append(f"broken with {exchange.broken}")
    if exchange.chunks:
        parts.append(counted(exchange.chunks, "chunk"))
    parts += [counted(exchange.bytes, "byte"), _lasted(exchange.duration), exchange.ending]
    if exchange.reason:
        parts.append(f"({printable(exchange.reason)})")
    if exchange.before_fault == "best-effort":
        parts.append("(best effort: what it had read is not known)")
    if port is not None and exchange.ending in CUT and (proxy := proxy_of(exchange, port)) is not None:
        where = printable(proxy[:MESSAGE])
        parts.append(f"(by way of a proxy, {where}: the page may see another end, or none; docs/frontends.md)")
    return "  ".join(part for part in parts if part)


def handshake_line(words: str) -> str:
    """Of a client that has not come so far as to ask."""
    return f"{time.strftime('%H:%M:%S')}  (no request)  {printable(words)}"


def bad_tls_line(words: str) -> str:
    """Of a client at a port that it must refuse."""
    return f"{time.strftime('%H:%M:%S')}  (bad TLS)  {words}"


def _asked(exchange: Exchange) -> str:
    if not exchange.method:
        return "(no request)"
    if exchange.message is None:
        return printable(f"{exchange.method} {exchange.path}"[:200])
    message = exchange.message
    return f"“{printable(message if len(message) <= MESSAGE else message[: MESSAGE - 1] + '…')}”"


def printable(text: str) -> str:
    """Without what a terminal would obey: control characters, line ends, and marks that turn text around."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _lasted(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _of_file(change: Change, entry: ServedFile) -> str:
    name = printable(entry.name)
    if change != "broken":
        return f"{time.strftime('%H:%M:%S')}  {change} {name}"
    places = "\n".join(f"  {name}:{m.line}:{m.column}: {printable(m.message)}" for m in entry.mistakes)
    kept = "the last good version is still served" if entry.serving == "last-good" else "nothing is served of it"
    return f"{time.strftime('%H:%M:%S')}  broken {name}; {kept}\n{places}"
