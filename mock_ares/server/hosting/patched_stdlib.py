"""What a test's tools may have put in the place of the standard library, under which no server can run here."""

from __future__ import annotations

import socket
import sys

_GREEN = (("gevent.monkey", "is_module_patched", "threading"), ("eventlet.patcher", "is_monkey_patched", "thread"))


def hindrance() -> str | None:
    """Why no server can run in a thread of this process, and what to do; None: it can."""
    for module, function, name in _GREEN:
        asked = getattr(sys.modules.get(module), function, None)
        if asked is not None and asked(name):
            library = module.partition(".")[0]
            return (
                f"{library} has made threads of this process its own, and a server in one of them would stand still; "
                "leave threads alone (patch_all(thread=False) in gevent, monkey_patch(thread=False) in eventlet), or "
                "run the fake in a process of its own (mock-ares serve)"
            )
    if "pytest_socket" in (socket.socket.__module__, getattr(socket.getaddrinfo, "__module__", "")):
        return (
            "pytest-socket forbids sockets; allow the fake's host (--allow-hosts=127.0.0.1), or mark the tests that "
            "use it with enable_socket"
        )
    return None
