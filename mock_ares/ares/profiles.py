"""Whose behaviour the fake has where ARES's pages and its source disagree: one row per disagreement."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from typing import Literal

from mock_ares.ares.serde.structs import AGENT_TYPES
from mock_ares.plan.http.negotiation import HYPER, Manners


@dataclass(frozen=True, slots=True)
class CorsLayer:
    """The CORS fields that stand in every head, asked for by a page or not."""

    origins: tuple[str, ...]
    vary: str
    methods: str
    headers: str


@dataclass(frozen=True, slots=True)
class Profile:
    """``docs``: what the pages say. ``server``: what the source does, without its crashes."""

    name: Literal["docs", "server"]
    default_dialect: str
    messages_dialect: str
    """Of a request that brings its messages with it, as the key route takes them."""
    leeway: float
    """Seconds for which an expired JWT is still accepted."""
    checks_kind: bool
    """A refresh token is refused where an access token is asked for; the server cannot tell them apart."""
    keep_alive: float | None
    """Seconds of silence after which a stream carries a comment."""
    default_agent: str
    """The agent that answers where the request names none."""
    agents: frozenset[str] | None
    """Those that there are; None: whichever is asked for."""
    outer_layers_first: bool
    """CORS answers every OPTIONS, and credentials are asked for before the method is looked at."""
    manners: Manners = Manners()
    """What its server does where HTTP leaves it to servers."""
    cors: CorsLayer | None = None
    """None: the pages know of no CORS, so the fake has its own."""
    access_lifetime: float = 900.0
    refresh_lifetime: float = 604_800.0

    def new_context_id(self) -> str:
        """``ctx_`` and eight hexadecimal digits in the pages, a UUID in the source."""
        return f"ctx_{secrets.token_hex(4)}" if self.name == "docs" else str(uuid.uuid4())

    @property
    def example_context_id(self) -> str:
        """One of that form, always the same: for what is drawn before anybody asks."""
        return "ctx_00000000" if self.name == "docs" else str(uuid.UUID(int=0))


PROFILES: dict[str, Profile] = {
    "docs": Profile(
        "docs",
        "text",
        "delta",
        leeway=0.0,
        checks_kind=True,
        keep_alive=None,
        default_agent="router",
        agents=None,
        outer_layers_first=False,
    ),
    "server": Profile(
        "server",
        "typed",
        "typed",
        leeway=60.0,
        checks_kind=False,
        keep_alive=15.0,
        default_agent="product",
        agents=frozenset(AGENT_TYPES),
        outer_layers_first=True,
        manners=HYPER,
        cors=CorsLayer(
            origins=("https://admin.dirmacs.com", "https://eruka.dirmacs.com"),
            vary="origin, access-control-request-method, access-control-request-headers",
            methods="GET,POST,PUT,DELETE,OPTIONS,PATCH",
            headers="authorization,content-type,accept,origin,x-admin-secret",
        ),
    ),
}
