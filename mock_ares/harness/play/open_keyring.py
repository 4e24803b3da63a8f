"""Whoever asks may: for clients that bring credentials of their own, or none."""

from __future__ import annotations

from mock_ares.ares.credentials import Identity, Keyring
from mock_ares.ares.errors import HttpError

ANYBODY = Identity("anybody", "", "anybody@example.com", "access", None)


class OpenKeyring(Keyring):
    """Takes good credentials for what they are, and all others for somebody's."""

    __slots__ = ()

    def check_bearer(self, header: str | None) -> Identity | HttpError:
        found = super().check_bearer(header)
        return ANYBODY if isinstance(found, HttpError) else found

    def check_api_key(self, header: str | None) -> Identity | HttpError:
        found = super().check_api_key(header)
        return ANYBODY if isinstance(found, HttpError) else found
