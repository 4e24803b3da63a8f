"""Secrets, and how they are kept out of everything that shows a request.

What is secret is known by its name (``password=``, ``"apiKey":``, ``X-Auth-Token``, whatever the case and the way of
joining words), or by its form (JWTs, keys). Rather a word too many is taken away than one too few. The cost is linear:
names are looked for before each ``=`` and ``:``, at a bounded distance, and what was taken away is not looked at again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import unquote

REDACTED = "[redacted]"
NEAR = 200
"""Characters in front of a separator in which a name is looked for."""
MOST_PART = 2000
"""Characters of the fields of a part of a form."""
SHORT = 256
"""Characters of a text up to which what comes of it is remembered."""
MOST_ROUNDS = 3
"""How often a text is decoded from percent escapes to look for secrets in it."""
SCHEMES = frozenset(
    {"basic", "bearer", "digest", "hoba", "mutual", "negotiate", "ntlm", "token", "apikey", "aws4-hmac-sha256"}
)

_SECRET = re.compile(
    r"passw|kennwort|passphrase|passcode|secret|apikey|accesskey|privatekey|signingkey|token(?!s|iz)|credential|authori[sz]|authentication"
    r"|jwt|cookie|session|bearer|signature|xsrf|csrf|onetime"
    r"|(?:auth|authorization|mfa|otp|verification|recovery|backup|security)code"
)
"""In a name without what joins its words."""
_HARMLESS = re.compile(
    r"(?:types?|counts?|limits?|used|lengths?|sizes?|expires?|expiry|ttl|age|urls?|uris?|endpoints?|lifetime|in|at)\Z"
)
_SHORT = frozenset({"key", "pwd", "pass", "pin", "otp", "totp", "cvv", "cvc", "auth", "sid", "sig", "psk", "pw"})
"""Names that are secret alone or as the last of several words."""
_PUBLIC_KEYS = frozenset({"public", "idempotency", "websocket", "cache", "sort", "primary", "foreign", "partition"})
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_ENTITY = re.compile(r"&(?:quot|#0{0,4}34|#[xX]0{0,4}22);")
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")

_SEPARATOR = re.compile(r"(?<!\s)\s*+[=:]")
_NAME = re.compile(r"[\"'\\\]]{0,16}+([\w.\-\[\]]{1,160}+)")
"""Read backwards."""
_QUOTED_NAME = re.compile(r"\\*+[\"']\\*+([\w.\- \[\]]{1,160}+)\\*+[\"']")
"""The same; there may be spaces in it."""
_NO_NAMES = frozenset({"", "=", ":", "&", ";", ",", "/", "{", "(", "?"})
_MAYBE = re.compile(r"[=:%<]|--|eyJ|(?:ares|rt|gh[opsu])_|(?:sk|pk|xox[abp])-|AKIA|(?i:bearer|basic)")
_LEAD = re.compile(r"[=>]{0,2}(?:[\s+]|%20)*")
_REST = re.compile(r"[^\r\n&]*+")
_PART = re.compile(r"[^&\s]*+")
_BARE = re.compile(r"(?:(?i:bearer|basic|digest|token)(?:\s|\+|%20)+)?[^&\s;,\"'<>()\]}]*+")
_LINE = re.compile(r"[^\r\n]*+")
_BLOCK = re.compile(r"[|>][-+\d]{0,2}[ \t]*\r?\n(?:[ \t][^\n]*\n?|\r?\n)*")
"""A text of YAML's over several lines."""
_BEGINS = re.compile(r"(?:\A|\n)[ \t]{0,80}(?:- |export |set )?[ \t]{0,8}\Z")
"""What stands before a name that begins a line."""
_QUOTED = {
    '"""': re.compile(r'(?>(?:[^"]|"(?!""))*)'),
    "'''": re.compile(r"(?>(?:[^']|'(?!''))*)"),
    '"': re.compile(r'(?>(?:[^"\\]|\\.)*)', re.DOTALL),
    "'": re.compile(r"(?>(?:[^'\\]|\\.)*)", re.DOTALL),
    "`": re.compile(r"(?>(?:[^`\\]|\\.)*)", re.DOTALL),
}
_ESCAPED_QUOTE = re.compile(r'(\\+)"')
_BACKSLASHED = re.compile(r'\\*"')
_EMPTY_LINE = re.compile(r"\r?\n\r?\n")
_BOUNDARY = re.compile(r"\r?\n--")
_BRACKETS = re.compile(r'"(?>(?:[^"\\]|\\.)*)(?:"|\Z)|[\[\]{}]', re.DOTALL)
_NAMES = frozenset({"name", "key", "field"})
"""Members that name what stands in the next one."""
_PAIR = re.compile(r'\s{0,16}"([^"\\]{1,64})"\s{0,16},\s{0,16}"(?:value|val|content|text)"\s{0,16}:')
_LITERAL = re.compile(r"(?:null|true|false)(?![^\s,;&}\])\"'<])")
_TAG = re.compile(r"<([\w.:\-]{1,64})(?:\s[^<>]{0,200})?>(?:<!\[CDATA\[)?([^<]++)")
_USERINFO = re.compile(r"(://[^/\s:@\"']{0,500}:)[^/\s\"']{1,500}@")
FORMS = re.compile(
    r"eyJ[\w\-]{8,}(?:\.[\w\-]*){0,2}"
    r"|(?<![A-Za-z0-9])(?:ares|rt|gh[opsu])_[A-Za-z0-9_\-]{12,}"
    r"|(?<![A-Za-z0-9])(?:sk|pk|xox[abp])-[A-Za-z0-9_\-]{12,}"
    r"|(?<![A-Za-z0-9])AKIA[0-9A-Z]{16}"
    r"|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]*",
    re.ASCII,
)
"""JWTs, whole and cut; keys of ARES and of some others."""
_SCHEMED = re.compile(r"\b((?:[Bb]earer|BEARER|[Bb]asic|BASIC)(?:[\s,+]|%20)+)([\w+/=.~\-]{6,})")
_OPTION = re.compile(r"(?<![\w\-])(--?([A-Za-z][\w\-]{1,60})\s{1,8})([^\s\-][^\s]*)")
"""An option of a command and its value."""
_OWN = re.compile(rb'(?<=":")(?:eyJ[\w.-]+|(?:ares|rt)_[\w-]+)(?=")')
"""JWTs, keys and refresh tokens as values of JSON that the fake has written."""


def is_secret(name: str) -> bool:
    """Whether what goes by this name is nobody's business."""
    return _is_strong(name[:NEAR]) or _is_short(name[:NEAR])


@lru_cache(maxsize=1024)
def _is_strong(name: str) -> bool:
    joined = re.sub(r"[^a-z0-9]", "", name.lower())
    if _SECRET.search(joined) is None or _HARMLESS.search(_last(name)) is not None:
        return False
    return not name.lower().startswith("access-control-")  # fields of CORS name what is asked for, and hold none of it


@lru_cache(maxsize=1024)
def _is_short(name: str) -> bool:
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or words[-1] not in _SHORT:
        return False
    return words[-1] != "key" or len(words) == 1 or words[-2] not in _PUBLIC_KEYS


def _last(name: str) -> str:
    words = _WORDS.findall(name)
    return words[-1].lower() if words else ""


def header(name: str, value: str) -> str:
    """A field's value; of a secret one the scheme is kept, which is none."""
    if not is_secret(name):
        return text(value)
    scheme, space, rest = value.strip(" \t").partition(" ")
    return f"{scheme} {REDACTED}" if space and rest and scheme.lower() in SCHEMES else REDACTED


def path(value: str) -> str:
    """A path: also what stands behind a part that is a secret's name."""
    parts = value.split("/")
    kept = [
        REDACTED if part and before and _is_secret_part(before, part) else part
        for before, part in zip(["", *parts], parts, strict=False)
    ]
    return text("/".join(kept))


def _is_secret_part(before: str, part: str) -> bool:
    """Behind a secret's name; behind one of several words only what is no word."""
    return _is_strong(before) and (_last(before) == before.lower() or (len(part) >= 8 and _is_mixed(part)))


def text(value: str) -> str:
    """Any text: a query, a body, a message. Looked at as it is, and as what its escapes stand for."""
    if not _MAYBE.search(value):
        return value
    return _clean_short(value) if len(value) <= SHORT else _clean(value)


@lru_cache(maxsize=1024)
def _clean_short(value: str) -> str:
    """Requests are alike, and so are their bodies and fields."""
    return _clean(value)


def _clean(value: str) -> str:
    found = plain = _once(value)
    for _ in range(MOST_ROUNDS):
        before, plain = plain, _decoded(plain)
        if plain == before:
            break
        clean = _once(plain)
        if clean != plain:
            found = plain = clean
    return found


def _decoded(value: str) -> str:
    """Without percent escapes, and without quotes written as HTML has them."""
    value = unquote(value)
    return _ENTITY.sub('"', value) if "&" in value else value


def body(data: bytes) -> bytes:
    """A body, whatever it is, byte for byte where it is not secret."""
    coding = json.detect_encoding(data) if b"\0" in data[:8] else "latin-1"
    plain = data.decode(coding, "replace")
    clean = text(plain)
    return data if clean == plain else clean.encode(coding, "replace")


def own(answer: bytes) -> bytes:
    """An answer of the fake's own, or a part of it, with asterisks for secrets."""
    return _OWN.sub(lambda found: b"*" * len(found[0]), answer)


def _once(value: str) -> str:
    found = "".join(_without_values(value))
    found = _TAG.sub(lambda tag: tag[0].replace(tag[2], REDACTED) if is_secret(tag[1]) else tag[0], found)
    found = _USERINFO.sub(rf"\1{REDACTED}@", found)
    found = _SCHEMED.sub(lambda seen: seen[1] + REDACTED if _is_mixed(seen[2]) else seen[0], found)
    found = _OPTION.sub(lambda seen: seen[1] + REDACTED if is_secret(seen[2]) else seen[0], found)
    return FORMS.sub(REDACTED, found)


def _is_mixed(word: str) -> bool:
    """Whether it is no word of prose."""
    return not (word.isalpha() and word[1:].islower())


def _without_values(value: str) -> Iterator[str]:
    """The text in pieces, each value of a secret name in a word."""
    kept = 0
    for separator in _SEPARATOR.finditer(value):
        if separator.start() < kept:
            continue
        span = _secret_value(value, separator)
        if span is not None and span[0] >= kept:
            yield value[kept : span[0]]
            yield REDACTED
            kept = span[1]
    yield value[kept:]


def _secret_value(value: str, separator: re.Match[str]) -> tuple[int, int] | None:
    """Where the value behind a separator stands, if its name is a secret's."""
    begins, name, quoted = _name_before(value, separator.start())
    colon = separator[0].endswith(":")
    if name.lower() in _NAMES and (pair := _value_of_pair(value, separator.end())):
        return pair
    if name.lower() == "name":
        return _part_of_form(value, separator.end())
    if not (_is_strong(name) or ((quoted or not colon) and _is_short(name))):
        return None
    bare = _BARE
    if not quoted:
        bare = _bare(value, begins, name, colon)
    return _value_after(value, separator.end(), bare)


def _bare(value: str, begins: int, name: str, colon: bool) -> re.Pattern[str]:
    """What a value without quotes is, by where its name begins."""
    if colon and name.lower().endswith(("authorization", "cookie")):
        return _LINE
    if _BEGINS.search(value[max(0, begins - 100) : begins]):
        return _REST
    return _PART if value[begins - 1] == "&" and value.find('"') < 0 else _BARE


def _name_before(value: str, end: int) -> tuple[int, str, bool]:
    """Where the name begins that ends there, the name, and whether it stands in quotes."""
    if value[end - 1 : end] in _NO_NAMES:
        return end, "", False
    near = value[max(0, end - NEAR) : end]
    if "\\u" in near:
        near = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), near)
    back = near[::-1]
    quoted = _QUOTED_NAME.match(back)
    found = quoted or _NAME.match(back)
    return (end - found.end(), found[1][::-1], quoted is not None) if found else (end, "", False)


def _value_after(value: str, start: int, bare: re.Pattern[str]) -> tuple[int, int] | None:
    lead = _LEAD.match(value, start)
    assert lead is not None
    start = lead.end()
    if value.startswith(REDACTED, start):  # it has been looked at, or means to look so
        start += len(REDACTED)
        end = _end(bare, value, start)
        return (start, end) if end > start else None
    if escaped := _ESCAPED_QUOTE.match(value, start):
        return escaped.end(), _end_of_escaped(value, escaped.end(), len(escaped[1]))
    for quote, pattern in _QUOTED.items():
        if value.startswith(quote, start):
            start += len(quote)
            return start, _end(pattern, value, start)
    if value.startswith(("{", "["), start) and bare is _BARE:
        return start, _closing(value, start)
    if _LITERAL.match(value, start):
        return None
    return start, _end(_BLOCK if _BLOCK.match(value, start) else bare, value, start)


def _end_of_escaped(value: str, start: int, depth: int) -> int:
    """Where a text ends that stands in texts of JSON: at a quote with no more backslashes than its first had."""
    for found in _BACKSLASHED.finditer(value, start):
        if len(found[0]) - 1 <= depth:
            return found.start()
    return len(value)


def _end(pattern: re.Pattern[str], value: str, start: int) -> int:
    found = pattern.match(value, start)
    return found.end() if found else start


def _closing(value: str, start: int) -> int:
    """The end of a JSON list or object."""
    depth = 0
    for found in _BRACKETS.finditer(value, start):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
        if depth == 0 and found[0] in "]}":
            return found.end()
    return len(value)


def _value_of_pair(value: str, start: int) -> tuple[int, int] | None:
    """The value in a pair of JSON that has its name in a value, too: ``{"name": "password", "value": "..."}``."""
    found = _PAIR.match(value, start)
    return _value_after(value, found.end(), _BARE) if found and is_secret(found[1]) else None


def _part_of_form(value: str, start: int) -> tuple[int, int] | None:
    """The content of a part of multipart/form-data (RFC 7578) that is called as a secret is."""
    called = value[start : start + NEAR].lstrip("\"'")
    found = re.match(r"[\w.\-\[\]]+", called)
    begins = _EMPTY_LINE.search(value, start, start + MOST_PART)
    if found is None or begins is None or not is_secret(found[0]):
        return None
    ends = _BOUNDARY.search(value, begins.end())
    return begins.end(), ends.start() if ends else len(value)
