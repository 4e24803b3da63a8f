"""The fake in the foreground, for people."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, suppress
from typing import TYPE_CHECKING, Any

from mock_ares._version import __version__
from mock_ares.ares.credentials import MONTH
from mock_ares.paths import program
from mock_ares.scenario.catalogue import Entry
from mock_ares.scenario.diagnostics import counted
from mock_ares.scenario.model import BadTls, Scenario
from mock_ares.server.hosting.app import App, create_app
from mock_ares.server.hosting.failing_ports import BadTlsListener, ResetListener, refused_port
from mock_ares.server.hosting.loop import (
    USUAL_PORT,
    Tls,
    address_in_network,
    listen,
    listen_chosen,
    origin,
    serve_forever,
    tls_of,
)
from mock_ares.server.record.curl import EXAMPLE, ask_line
from mock_ares.server.state import FakeState, Settings

if TYPE_CHECKING:
    from mock_ares.control.context import Control
    from mock_ares.server.files.reload import Changes, Reloader
    from mock_ares.server.files.scenario_files import Folder
    from mock_ares.server.hosting.log_lines import LogLines

MOST_NAMES = 12


def run(
    settings: Settings,
    scenarios: Iterable[Scenario | Entry],
    host: str,
    port: int | None,
    *,
    refuse: int | None = None,
    reset: int | None = None,
    bad_tls: Mapping[BadTls, int] = {},
    folder: Folder | None = None,
    json_logs: bool = False,
) -> None:
    """Serves until Ctrl-C. ``folder``: where the scenarios come from, and are looked for again when they change.
    ``port``: None for the usual one, or the next that is free. ``bad_tls``: ports that clients must refuse, by kind.

    Raises CannotListenError, CertificateError, or LookupError for a scenario that does not exist.
    """
    from mock_ares.control.context import Control
    from mock_ares.server.hosting.log_lines import LogLines, handshake_line

    fake = FakeState.make(settings, scenarios)
    control, terminal = Control(fake, folder), LogLines(json_logs=json_logs)
    fake.watchers.append(terminal)
    tasks = set[asyncio.Task[Any]]()
    with ExitStack() as stack:
        stack.enter_context(closing(terminal))
        stack.enter_context(closing(fake))
        tell = fake.on_stranger = lambda words: terminal.say(handshake_line(words), event="handshake", why=words)
        tls = tls_of(settings.tls, host, tell)
        fake.ca = None if tls is None else tls.identity.ca
        listener = stack.enter_context(listen_chosen(host, port))
        terminal.port = listener.getsockname()[1]
        refused = None if refuse is None else stack.enter_context(closing(refused_port(host, refuse)))
        resetting = None if reset is None else stack.enter_context(closing(listen(host, reset)))
        bad = [
            stack.enter_context(closing(BadTlsListener(kind, settings.tls, host, port, _teller(terminal, kind))))
            for kind, port in bad_tls.items()
        ]
        app = create_app(fake=fake)

        scheme = "http" if tls is None else "https"

        def ready(url: str) -> None:
            loop = asyncio.get_running_loop()
            if resetting is not None:
                tasks.add(loop.create_task(ResetListener.on(resetting)))
            tasks.update(loop.create_task(_serve_bad(each, app)) for each in bad)
            if control.reloader is not None:
                tasks.add(loop.create_task(_reload(control, control.reloader, terminal)))
            others = [
                f"{origin(host, port.getsockname()[1], scheme)} {what} every connection."
                for port, what in ((refused, "refuses"), (resetting, "accepts and resets"))
                if port is not None
            ]
            told: dict[str, Any] = {
                "event": "listening",
                "url": url,
                "profile": fake.profile.name,
                "console": f"{url}/_mock/",
            }
            greeting = _greeting(fake, folder, url, address_in_network(listener, scheme), tls)
            said = [*_instead(listener, port), greeting, *others, *_bad_lines(bad)]
            if bad:
                told["bad_tls"] = {each.kind: each.url for each in bad}
            if tls is not None:
                told["ca"] = None if tls.identity.ca is None else str(tls.identity.ca)
            terminal.say("\n".join(said), **told, scenarios=[*fake.library.by_name])
            if folder is not None and folder.broken:
                terminal.files([("broken", entry) for entry in folder.broken])
            if fake.settings.awaited:
                wanted = fake.library.wanted
                instead = f"scenario {wanted!r} answers once its file is mended; until then the built-in one does"
                terminal.say(instead, event="awaited", scenario=wanted)

        def stopping(count: int) -> None:
            said = f"{counted(count, 'answer')} still to end; once more breaks them off"
            terminal.say(said, event="stopping", open=count)

        serve_forever(app, listener, ready, stopping, tls)


def end_with_stdin() -> None:
    """Ends this process, as SIGTERM does, when standard input does.

    A pipe closes with the program that holds its other end, though that be killed and can tell nobody.
    """

    def wait() -> None:
        with suppress(OSError):  # it was closed from the start
            while os.read(0, 65536):
                pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="mock-ares stdin", daemon=True).start()


def _teller(terminal: LogLines, kind: BadTls) -> Callable[[str], None]:
    """Tells what a listener of the kind came to with a client."""
    from mock_ares.server.hosting.log_lines import bad_tls_line

    return lambda words: terminal.say(bad_tls_line(words), event="bad-tls", kind=kind, what=words)


async def _serve_bad(listener: BadTlsListener, app: App) -> None:
    async with listener.serve(app):
        await asyncio.Event().wait()  # to the end of the loop


def _bad_lines(listeners: Iterable[BadTlsListener]) -> Iterator[str]:
    """What a client must refuse that trusts the authority, a line each."""
    lines = [f"  {each.url}  {each.kind:<18} {each.what}" for each in listeners]
    if lines:
        yield "\n".join(("\nA client must refuse these, though it trusts the authority:", *lines))


async def _reload(control: Control, reloader: Reloader, terminal: LogLines) -> None:
    def changed(changes: Changes) -> None:
        control.files_changed(changes)
        terminal.files(changes)

    reloader.changed = changed
    reloader.unreadable = lambda error: terminal.say(f"the files cannot be read: {error}", event="unreadable")
    await reloader.run()


def _instead(listener: socket.socket, wanted: int | None) -> Iterator[str]:
    """That it is another port than people are used to."""
    port = listener.getsockname()[1]
    if wanted is None and port != USUAL_PORT:
        yield f"Port {USUAL_PORT} is taken by another program: this is port {port}. --port chooses one.\n"


def trust_lines(tls: Tls | None) -> str:
    """How clients come to trust it, a line each."""
    if tls is None or tls.identity.ca is None:
        return ""
    from mock_ares.server.certificates.trust import lines

    told = "\n".join(f"  {who:<8} {how}" for who, how in lines(tls.identity))
    return f"Its authority is {tls.identity.ca}. To trust it:\n{told}\n\n"


def _greeting(fake: FakeState, folder: Folder | None, url: str, outside: str | None, tls: Tls | None) -> str:
    """``outside``: the origin for other machines of the network."""
    jwt = fake.keyring.issue_jwt(lifetime=MONTH)
    key = fake.keyring.issue_api_key(lifetime=MONTH)
    network = "" if outside is None else f"network  {_network(fake.settings, outside)}\n"
    return (
        f"mock-ares {__version__}: a fake ARES at {url} (profile {fake.profile.name}; Ctrl-C ends it)\n"
        f"\n"
        f"console  {_console(fake.settings, url)}\n{network}"
        f"JWT      {jwt}\n"
        f"API key  {key}\n"
        f"\n"
        f"{trust_lines(tls)}"
        f"{ask_line(url, jwt, EXAMPLE, ca=fake.ca)}\n"
        f"\n"
        f"{_scenarios(fake, folder)}; one is picked in the console, or with -H 'X-Mock-Ares-Scenario: NAME'. "
        f"`{program()} list scenarios` names {'them' if folder is None else 'those of the library'}."
    )


def _console(settings: Settings, url: str) -> str:
    if settings.control_token is not None:
        return f"{url}/_mock/ (asks for the control token)"
    return f"{url}/_mock/" if not settings.exposed else "none: beyond loopback it needs --control-token"


def _network(settings: Settings, outside: str) -> str:
    """What a phone's page takes: an address that is not the phone itself, and to be allowed (CORS)."""
    if settings.origins is not None:
        return outside
    page = f"{outside.rpartition(':')[0]}:5173"
    return f"{outside} for a phone's page; allow the page's own origin, such as --cors {page}"


def _scenarios(fake: FakeState, folder: Folder | None) -> str:
    names = list(fake.library.by_name)
    count = counted(len(names), "scenario")
    if folder is None:
        return count
    shown = ", ".join(names[:MOST_NAMES]) + (", ..." if len(names) > MOST_NAMES else "")
    return f"{count} ({shown}), read again when a file of {folder.title} is saved"
