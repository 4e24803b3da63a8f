"""What ARES's JWT library says of a token that it does not take, in its words: the refresh route repeats them."""

from __future__ import annotations

import base64
from collections.abc import Callable

from mock_ares.ares.serde import Field, SerdeError, Struct, deserialize

_ALGORITHMS = (
    "HS256", "HS384", "HS512", "ES256", "ES384", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA",
)  # fmt: skip
_TEXTS = ("cty", "jku", "kid", "x5u", "x5t", "x5t#S256")
_HEADER = Struct(
    "Header",
    (
        Field("typ", "string", optional=True),
        Field("alg", _ALGORITHMS),
        *(Field(name, "string", optional=True) for name in _TEXTS),
    ),
)
_CLAIMS = Struct("Claims", (Field("sub", "string"), Field("email", "string"), Field("exp", "i64"), Field("iat", "i64")))
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_VALUES = {symbol: value for value, symbol in enumerate(_ALPHABET)}
_PAD = ord("=")


class _MistakeError(Exception):
    """Its text is the library's."""


def mistake(token: str, is_signed: Callable[[str], bool]) -> str | None:
    """The first, in the library's order, but for the expiry and what comes behind it; None: there is none.

    ``is_signed``: whether the signature of a token that can be read is the right one.
    """
    header, *rest = token.encode("utf-8", "surrogatepass").rsplit(b".", 2)
    if len(rest) != 2:
        return "InvalidToken"
    claims, signature = rest
    try:
        if _read(_HEADER, header)["alg"] != "HS256":
            return "InvalidAlgorithm"
        _decode(signature)
        if not is_signed(token):
            return "InvalidSignature"
        _read(_CLAIMS, claims)
    except _MistakeError as error:
        return str(error)
    return None


def _read(struct: Struct, part: bytes) -> dict[str, object]:
    try:
        return deserialize(struct, _decode(part))
    except SerdeError as error:
        raise _MistakeError(f"JSON error: {error.message}") from None


def _decode(part: bytes) -> bytes:
    """Base64 of URLs without padding (RFC 4648 5), every mistake in it told as its decoder tells it."""
    size, start = len(part), max(0, len(part) - 1) // 4 * 4
    if size % 4 == 1 and part[-1] != _PAD and part[-1] not in _VALUES:
        raise _symbol(size - 1, part[-1])
    for index, symbol in enumerate(part[:start]):
        if symbol not in _VALUES:
            raise _symbol(index, symbol)
    last = _check_end(part[start:], start)
    if last and _VALUES[last[-1]] & (0, 0, 0b1111, 0b11, 0)[len(last)]:
        raise _MistakeError(f"Base64 error: Invalid last symbol {last[-1]}, offset {start + len(last) - 1}.")
    return base64.urlsafe_b64decode(part + b"=" * (-size % 4))


def _check_end(end: bytes, start: int) -> bytes:
    """The last four symbols or fewer, which begin at ``start``."""
    padding = end.find(b"=")
    for index, symbol in enumerate(end):
        if symbol == _PAD and index < 2:
            raise _symbol(start + index, symbol)
        if symbol != _PAD and 0 <= padding < index:
            raise _symbol(start + padding, _PAD)
        if symbol != _PAD and symbol not in _VALUES:
            raise _symbol(start + index, symbol)
    if len(end) == 1:
        raise _MistakeError(f"Base64 error: Invalid input length: {start + 1}")
    if padding >= 0:
        raise _MistakeError("Base64 error: Invalid padding")
    return end


def _symbol(index: int, symbol: int) -> _MistakeError:
    return _MistakeError(f"Base64 error: Invalid symbol {symbol}, offset {index}.")
