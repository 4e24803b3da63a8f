"""The fake in the foreground, for people."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from contextlib import ExitStack, closing

import click

from mock_ares import __version__
from mock_ares.scenario.model import Scenario
from mock_ares.server.app import create_app
from mock_ares.server.listeners import ResetListener, refused_port
from mock_ares.server.runner import listen, serve_forever
from mock_ares.server.state import Fake, Settings

MONTH = 30 * 86400.0
EXAMPLE = "Explain how neural networks learn"


def run(
    settings: Settings,
    scenarios: Iterable[Scenario],
    host: str,
    port: int,
    *,
    refuse: int | None = None,
    reset: int | None = None,
) -> None:
    """Serves until Ctrl-C. Raises CannotListenError, or LookupError for a scenario that does not exist."""
    fake = Fake.make(settings, scenarios)
    opening = set[asyncio.Task[ResetListener]]()
    with ExitStack() as stack:
        refused = None if refuse is None else stack.enter_context(closing(refused_port(host, refuse)))
        resetting = None if reset is None else stack.enter_context(closing(listen(host, reset)))

        def ready(url: str) -> None:
            if resetting is not None:
                opening.add(asyncio.get_running_loop().create_task(ResetListener.on(resetting)))
            _greet(fake, url)
            for port, what in ((refused, "refuses"), (resetting, "accepts and resets")):
                if port is not None:
                    click.echo(f"http://{host}:{port.getsockname()[1]} {what} every connection.")

        serve_forever(create_app(fake=fake), host, port, ready)


def _greet(fake: Fake, url: str) -> None:
    jwt = fake.keyring.issue_jwt(lifetime=MONTH)
    key = fake.keyring.issue_api_key(lifetime=MONTH)
    count = len(fake.library.by_name)
    click.echo(
        f"mock-ares {__version__}: a fake ARES at {url} (profile {fake.profile.name}; Ctrl-C ends it)\n"
        f"\n"
        f"JWT      {jwt}\n"
        f"API key  {key}\n"
        f"\n"
        f"{curl(url, jwt, EXAMPLE)}\n"
        f"\n"
        f"{count} scenarios; one is picked with -H 'X-Mock-Ares-Scenario: NAME'. `mock-ares list scenarios` names them."
    )


def curl(url: str, token: str, message: str, path: str = "/api/chat/stream") -> str:
    """A line that streams when it is pasted into a POSIX shell."""
    body = json.dumps({"message": message})
    return (
        f"curl -N -X POST {url}{path} -H 'Authorization: Bearer {token}' "
        f"-H 'Content-Type: application/json' -H 'Accept: text/event-stream' -d '{body}'"
    )
