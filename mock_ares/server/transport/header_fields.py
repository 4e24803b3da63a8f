"""The header fields of a request (RFC 9110 5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

SHORT = 128
"""Bytes of a value up to which equal ones share one string; what is remembered of a client is bounded so."""


class Fields(Mapping[str, str]):
    """The lines of a head by their names, which are in lower case.

    Lines of one name are one list (RFC 9110 5.3); pieces of a cookie are joined as RFC 6265 has them.
    """

    __slots__ = ("_combined", "lines")

    def __init__(self, lines: Iterable[tuple[str, str]] = ()) -> None:
        self.lines = tuple(lines)
        self._combined = dict[str, str]()
        for name, value in self.lines:
            before = self._combined.get(name)
            glue = "; " if name == "cookie" else ", "
            self._combined[name] = value if before is None else f"{before}{glue}{value}"

    @classmethod
    def of(cls, raw: Iterable[tuple[bytes, bytes]]) -> Fields:
        """Those of an ASGI scope."""
        return cls((_text(name), _text(value)) for name, value in raw)

    def __getitem__(self, name: str) -> str:
        return self._combined[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._combined)

    def __len__(self) -> int:
        return len(self._combined)

    def first(self, name: str) -> str | None:
        """The first line's value, by which ARES goes where a field should stand only once."""
        return next((value for each, value in self.lines if each == name), None)


def _text(raw: bytes) -> str:
    return _shared(raw) if len(raw) <= SHORT else raw.decode("latin-1")


@lru_cache(maxsize=1024)
def _shared(raw: bytes) -> str:
    """Requests are alike, and many are kept: what they have in common they share."""
    return raw.decode("latin-1")
