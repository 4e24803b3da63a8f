"""What went through and must not be kept: known by its value wherever it turns up, or by its form.

What is taken out is replaced by as many ``x``, so that every byte behind it stays where it was.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote

from mock_ares.server.record import redaction

LEAST = 4
"""Characters of a value that is looked for."""
MOST = 1000
"""Values that are remembered."""
EMAIL = re.compile(r"(?<![\\\w.%+-])[\w.+-]{1,64}(?:@|%40|\\u0040|&#64;)[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,15}://[^\s\"'<>\\)]+"
    r"|(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?(?![\w.])"
    r"|\[?(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{1,4}\]?(?::\d{1,5})?"
    r"|(?<![\w.-])(?:localhost|(?:[a-z0-9-]+\.)+[a-z]{2,})(?::\d{1,5})?(?![\w-])",
    re.IGNORECASE,
)
"""Where something is to be reached; looked for in error texts only."""
_CHARACTER = re.compile(r"[^\s@.:/]")


class Secrets:
    """Those of one session. ``found`` counts what was taken out, by kind."""

    def __init__(self) -> None:
        self._values = dict[str, None]()
        self._pattern: re.Pattern[str] | None = None
        self.found = Counter[str]()

    def learn(self, values: Iterable[str]) -> None:
        """Values that are looked for from now on, in every usual spelling."""
        for value in values:
            if len(value) >= LEAST and value not in self._values and len(self._values) < MOST:
                self._values[value] = None
                self._pattern = None

    def learn_request(self, fields: Iterable[tuple[str, str]], query: str, body: bytes) -> None:
        for name, value in fields:
            if redaction.is_secret(name):
                self.learn(_of_field(name, value))
        self.learn(value for name, value in parse_qsl(query) if redaction.is_secret(name))
        self.learn_body(body)

    def learn_body(self, body: bytes) -> None:
        """The values of secret names."""
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            text = body[:65536].decode(errors="replace")
            pairs = parse_qsl(text) if "=" in text and "\n" not in text else []
            self.learn(value for name, value in pairs if redaction.is_secret(name))
        else:
            self.learn(_secret_texts(value, False))

    def spans(self, text: str, *, addresses: bool = False) -> list[tuple[int, int]]:
        """Where they stand in a text, in order."""
        patterns = [("secret", self._known()), ("secret", redaction.FORMS), ("e-mail", EMAIL)]
        if addresses:
            patterns.append(("address", ADDRESS))
        spans = list[tuple[int, int]]()
        for kind, pattern in patterns:
            for found in pattern.finditer(text) if pattern is not None else ():
                if not spans or all(found.end() <= start or end <= found.start() for start, end in spans):
                    self.found[kind] += 1
                spans.append(found.span())
        return sorted(spans)

    def masked(self, text: str, *, addresses: bool = False) -> str:
        """The text with as many characters as it had."""
        for start, end in self.spans(text, addresses=addresses):
            text = text[:start] + _CHARACTER.sub("x", text[start:end]) + text[end:]
        return text

    def pattern(self, text: str) -> str | None:
        """What matches such a text without saying its secrets; None: there are none in it."""
        for start, end in reversed(self.spans(text)):
            text = f"{text[:start]}{redaction.REDACTED}{text[end:]}"
        parts = redaction.text(text).split(redaction.REDACTED)
        return f"^{'(?s:.*)'.join(map(re.escape, parts))}$" if len(parts) > 1 else None

    def _known(self) -> re.Pattern[str] | None:
        if self._pattern is None and self._values:
            spellings = {each for value in self._values for each in spellings_of(value) if len(each) >= LEAST}
            alternatives = sorted(spellings, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, alternatives)))
        return self._pattern


def spellings_of(value: str) -> Iterator[str]:
    """A value as it is, and in the usual encodings: percent, JSON, HTML, hexadecimal, Base64 wherever it begins."""
    raw = value.encode()
    yield from (value, quote(value), quote(value, safe=""), quote_plus(value), html.escape(value), unquote(value))
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        yield text[1:-1]
    yield from (raw.hex(), raw.hex().upper(), "".join(f"\\u{ord(char):04x}" for char in value))
    for before in range(3):
        for coded in (base64.b64encode(bytes(before) + raw), base64.urlsafe_b64encode(bytes(before) + raw)):
            whole = coded.rstrip(b"=").decode()
            inner = whole[(0, 2, 3)[before] : len(whole) - (1 if (before + len(raw)) % 3 else 0)]
            if len(inner) > LEAST:
                yield inner


def _of_field(name: str, value: str) -> Iterator[str]:
    if "cookie" in name.lower():
        yield from (part.partition("=")[2].strip() for part in value.split(";"))
        return
    scheme, _, rest = value.strip().partition(" ")
    yield rest.strip() or scheme
    if scheme.lower() == "basic":
        try:
            yield from base64.b64decode(rest).decode().split(":", 1)
        except ValueError:
            return


def _secret_texts(value: Any, everything: bool) -> Iterator[str]:
    if isinstance(value, str):
        if everything:
            yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _secret_texts(inner, everything or redaction.is_secret(str(name)))
    elif isinstance(value, list):
        for inner in value:
            yield from _secret_texts(inner, everything)
