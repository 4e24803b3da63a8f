"""A port that one may leave and come back to."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

LASTING = range(20_000, 32_000)
"""Below those that Linux lends to whoever asks for any port, or connects."""


def lasting_port() -> int:
    """A free port of 127.0.0.1 that nobody is given by chance while it is left for a moment."""
    return next(port for port in _from(os.getpid()) if _is_free(port))


def _from(start: int) -> Iterator[int]:
    """All of them once; another process begins elsewhere."""
    return (LASTING[(start + each) % len(LASTING)] for each in range(len(LASTING)))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
