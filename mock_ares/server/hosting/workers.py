"""Several processes behind one port, for load tests: uvicorn's own workers, each with a fake that knows of no other.

What every one of them answers alike is served; what would need state in common is refused by name, at the start where
it can be known (replies in turn, limits, the control API's token, ports that fail), else when it is asked for (the
control API, ARES's accounts and conversations). So are replicas behind a balancer: ``Settings(replica=True)``.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from uvicorn.server import ServerState

from mock_ares.ares.credentials import MONTH
from mock_ares.scenario.catalogue import Catalogue, Entry
from mock_ares.scenario.model import Scenario
from mock_ares.server.record.curl import EXAMPLE, ask_line
from mock_ares.server.state import FakeState, Settings

if TYPE_CHECKING:
    import asyncio

    from uvicorn.config import Config
    from uvicorn.supervisors import Multiprocess

    from mock_ares.server.hosting.loop import Tls

MOST_NAMED = 5
LOOK = 0.05
"""Seconds between two looks whether the workers have ended."""


class NeedsStateError(ValueError):
    """What was asked for would need state that the workers do not share; one line that names all of it."""


def refuse(settings: Settings, scenarios: Sequence[Scenario]) -> None:
    """Raises NeedsStateError for what replicas could not answer alike."""
    if found := list(_stateful(settings, scenarios)):
        raise NeedsStateError(f"several workers share no state, and this would need it: {'; '.join(found)}")


def _stateful(settings: Settings, scenarios: Sequence[Scenario]) -> Iterator[str]:
    turns = [scenario.name for scenario in scenarios if len(scenario.replies) > 1 or scenario.then == "fail"]
    if turns:
        yield f"replies in turn (scenarios {_some(turns)})"
    held = [each.name for each in scenarios if any(reply.is_held for reply in each.replies)]
    if held:
        yield f"pauses until released (scenarios {_some(held)}): there is no control API to release them"
    if settings.rate_limit is not None:
        yield "--rate-limit"
    if settings.address_limit is not None:
        yield "--address-limit"
    if settings.quota is not None:
        yield "--quota"
    if settings.control_token is not None:
        yield "the control API (--control-token)"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{', '.join(names[:MOST_NAMED])}{more}"


def run(
    settings: Settings,
    scenarios: Iterable[Scenario | Entry],
    host: str,
    port: int | None,
    workers: int,
    ready: Callable[[str], None],
) -> None:
    """Serves until SIGINT or SIGTERM; ``ready`` is called with what a person wants to know.

    Raises NeedsStateError, CannotListenError, CertificateError, LookupError for a scenario that does not exist.
    """
    from mock_ares.server.hosting.loop import listen_chosen, tls_of, url_of
    from mock_ares.server.transport.uvicorn_config import workers_config

    read = tuple(Catalogue(scenarios).values())  # all of them: they are looked at whole, and pickled
    refuse(settings, read)
    fake = FakeState.make(settings, read)
    tls = tls_of(settings.tls, host)  # the authority is there from now on: workers only read it
    with listen_chosen(host, port) as listener:
        ready(_greeting(fake, url_of(listener, tls), workers, tls))
        over = None if tls is None else f"{__name__}:{over_tls.__name__}"
        _supervisor(workers_config(functools.partial(_app, settings, read, host), workers, over), listener).run()


def _supervisor(config: Config, listener: socket.socket) -> Multiprocess:
    """uvicorn's, which ends when what its workers are sending has ended; a second signal breaks that off."""
    from uvicorn.supervisors import Multiprocess

    class Supervisor(Multiprocess):
        def join_all(self) -> None:
            while any(each.process.is_alive() for each in self.processes):
                if self.signal_queue:
                    for each in self.processes:
                        each.kill()
                time.sleep(LOOK)
            super().join_all()

    return Supervisor(config, [listener])


def _app(settings: Settings, scenarios: tuple[Scenario, ...], host: str) -> Any:
    """What a worker serves, for as long as the process lives that started it."""
    from mock_ares.server.hosting.app import create_app
    from mock_ares.server.hosting.loop import tls_of

    threading.Thread(target=_end_with_parent, name="mock-ares parent", daemon=True).start()
    app = create_app(settings, scenarios)
    app.state.tls = tls_of(settings.tls, host, app.tell)
    return app


def over_tls(config: Config, server_state: ServerState, **more: Any) -> asyncio.Protocol:
    """A worker's connection, in the place of uvicorn's class for one, which is found by its name."""
    return _beneath(config, server_state)()


@functools.lru_cache(maxsize=1)
def _beneath(config: Config, state: ServerState) -> Callable[[], asyncio.Protocol]:
    from mock_ares.server.hosting.loop import Versions
    from mock_ares.server.transport.uvicorn_config import protocol_factory

    app: Any = config.loaded_app
    tls: Tls = app.state.tls
    return tls.beneath(Versions(app, state, protocol_factory(app, state)), state)


def _end_with_parent() -> None:
    """A pipe that the parent holds open tells of its end, whatever ended it; SIGKILL gives it no time to say so."""
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)


def _greeting(fake: FakeState, url: str, workers: int, tls: Tls | None) -> str:
    from mock_ares.server.hosting.foreground import trust_lines

    jwt, ca = fake.keyring.issue_jwt(lifetime=MONTH), None if tls is None else tls.identity.ca
    return (
        f"mock-ares: a fake ARES at {url} in {workers} processes that share no state: no console, no accounts "
        f"(profile {fake.profile.name}; Ctrl-C ends it)\n\n{trust_lines(tls)}"
        f"JWT      {jwt}\nAPI key  {fake.keyring.issue_api_key(lifetime=MONTH)}\n\n{ask_line(url, jwt, EXAMPLE, ca=ca)}"
    )
