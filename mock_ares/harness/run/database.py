"""Hypothesis's example database, a part of it for each test."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from hypothesis import settings
from hypothesis.database import ExampleDatabase


def database_of(owner: str) -> ExampleDatabase | None:
    """The database of the profile in use, with keys of the test's own."""
    database = settings().database
    return None if database is None else Keyed(database, owner)


class Keyed(ExampleDatabase):
    """A part of a database that belongs to one test: every search of the harness looks the same to Hypothesis."""

    def __init__(self, database: ExampleDatabase, owner: str) -> None:
        super().__init__()
        self._database = database
        self._owner = owner.encode()

    def _key(self, key: bytes) -> bytes:
        return hashlib.sha256(self._owner + b"\0" + key).digest()

    def save(self, key: bytes, value: bytes) -> None:
        self._database.save(self._key(key), value)

    def fetch(self, key: bytes) -> Iterable[bytes]:
        return self._database.fetch(self._key(key))

    def delete(self, key: bytes, value: bytes) -> None:
        self._database.delete(self._key(key), value)
