"""What went through and must not be kept: known by its value wherever it turns up, or by its form.

What is taken out is replaced by as many ``x``, so that every byte behind it stays where it was.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote

from mock_ares.recorder.exchange.json_values import parsed
from mock_ares.server.record import redaction

LEAST = 4
"""Characters of a value that is looked for."""
MOST = 1000
"""Values that are remembered."""
FEW = 20
"""Values that are looked for one by one."""
EMAIL = re.compile(
    r"(?:(?<![\\\w.%+-])|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4}))"  # JSON's escapes are no part of it
    r"[\w.+-]{1,64}(?:@|%40|\\u0040|&#64;)[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
)
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
        self.known: Mapping[str, tuple[str, ...]] = {}
        """Each with its spellings, which are looked for one by one: a pattern of thousands takes seconds to compile.
        Replaced and never changed, since threads look through it.
        """
        self.found = Counter[str]()
        self._heads: tuple[object, dict[str, list[tuple[int, str]]]] = ({}, {})
        """All spellings by how they begin, and of which ``known`` they are."""
        self.full = False
        """There were more than can be looked for."""

    def learn(self, values: Iterable[str]) -> None:
        """Values that are looked for from now on, in every usual spelling."""
        known = dict(self.known)
        for value in values:
            self.full = self.full or len(known) >= MOST
            if len(value) >= LEAST and value not in known and not self.full:
                known[value] = tuple({each for each in spellings_of(value) if len(each) >= LEAST})
        self.known = known

    def learn_request(self, fields: Iterable[tuple[str, str]], query: str, body: bytes) -> None:
        for name, value in fields:
            if redaction.is_secret(name):
                self.learn(_of_field(name, value))
        self.learn(value for name, value in parse_qsl(query) if redaction.is_secret(name))
        self.learn_body(body)

    def learn_body(self, body: bytes) -> None:
        """The values of secret names."""
        try:
            value = parsed(body)
        except ValueError:
            text = body[:65536].decode(errors="replace")
            pairs = parse_qsl(text) if "=" in text and "\n" not in text else []
            self.learn(value for name, value in pairs if redaction.is_secret(name))
        else:
            self.learn(_secret_texts(value))

    def spans(self, text: str, *, addresses: bool = False) -> list[tuple[int, int]]:
        """Where they stand in a text, in order; those that overlap are one."""
        spans, last = list[tuple[int, int]](), 0
        for (start, end), kind in sorted((found, kind) for kind, found in self._found(text, addresses)):
            if start < last:
                spans[-1] = spans[-1][0], max(last, end)
            else:
                self.found[kind] += 1
                spans.append((start, end))
            last = spans[-1][1]
        return spans

    def _possible(self, text: str) -> list[str]:
        """The spellings that may stand in a text. Of many, most do not even begin in it, which is found at once."""
        known = self.known
        if len(known) <= FEW:
            return [each for spellings in known.values() for each in spellings]
        of, heads = self._heads
        if of is not known:
            heads = {}
            for number, each in enumerate(each for spellings in known.values() for each in spellings):
                heads.setdefault(each[:LEAST], []).append((number, each))
            self._heads = known, heads
        there = heads.keys() & {text[at : at + LEAST] for at in range(len(text) - LEAST + 1)}
        return [each for _, each in sorted(found for head in there for found in heads[head])]

    def _found(self, text: str, addresses: bool) -> Iterator[tuple[str, tuple[int, int]]]:
        for spelling in self._possible(text):
            at = text.find(spelling)
            while at >= 0:
                yield "secret", (at, at + len(spelling))
                at = text.find(spelling, at + 1)
        patterns = {"secret": redaction.FORMS, "e-mail": EMAIL, **({"address": ADDRESS} if addresses else {})}
        for kind, pattern in patterns.items():
            yield from ((kind, found.span()) for found in pattern.finditer(text))

    def masked(self, text: str, *, addresses: bool = False) -> str:
        """The text with as many characters as it had."""
        parts, at = list[str](), 0
        for start, end in self.spans(text, addresses=addresses):
            parts += text[at:start], _CHARACTER.sub("x", text[start:end])
            at = end
        return "".join([*parts, text[at:]])

    def pattern(self, text: str) -> str | None:
        """What matches such a text without saying its secrets; None: there are none in it."""
        open_, at = list[str](), 0
        for start, end in self.spans(text):
            open_.append(text[at:start])
            at = end
        parts = redaction.text(redaction.REDACTED.join([*open_, text[at:]])).split(redaction.REDACTED)
        escaped = (re.escape(part).replace("\\ ", " ") for part in parts)
        return f"^{'(?s:.*)'.join(escaped)}$" if len(parts) > 1 else None


def spellings_of(value: str) -> Iterator[str]:
    """A value as it is, and in the usual encodings: percent, JSON, HTML, hexadecimal, Base64 wherever it begins."""
    raw = value.encode("utf-8", "surrogatepass")  # JSON can say halves of a pair
    yield from (value, quote(raw), quote(raw, safe=""), quote_plus(raw), html.escape(value), unquote(value))
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


def _secret_texts(document: Any) -> Iterator[str]:
    """Those under secret names, at any depth, in their order."""
    waiting = [(document, False)]
    while waiting:
        value, secret = waiting.pop()
        if isinstance(value, str):
            if secret:
                yield value
        elif isinstance(value, dict):
            found = [(inner, secret or redaction.is_secret(str(name))) for name, inner in value.items()]
            waiting += reversed(found)
        elif isinstance(value, list):
            waiting += ((inner, secret) for inner in reversed(value))
