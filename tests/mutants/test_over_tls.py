"""Clients that are wrong only over TLS: failed there by the checks named for them and by no other; right without."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_ares.harness.checks import CHECKS
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.run.checks_in_order import run_contract
from mock_ares.harness.settings import RunSettings, Transport
from tests.mutants.base import Right
from tests.mutants.over_tls import OVER_TLS, OverTls
from tests.mutants.table import Mutant, name_of

NEAR = (
    "plain",
    "close-delimited",
    "drop-fin",
    "drop-rst",
    "drop-length",
    "drop-fin-close",
    "drop-rst-close",
    "refused",
    "empty-reply",
)
"""Checks that a wrong handshake, or a wrong end, could be taken for."""
OF_TLS = tuple(name for name, check in CHECKS.items() if check.row.over_tls)
WORKING = tuple(name for name in OF_TLS if not CHECKS[name].row.lasts)


@pytest.fixture(autouse=True, scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        yield Path(os.environ["XDG_DATA_HOME"])


def failed_by(kind: type[Right], *only: str, tls: bool = True) -> set[str]:
    """Errors of the harness among them."""
    client = PythonClient(kind().stream_chat, name_of(kind), ("timeout=1",))
    settings = RunSettings(transport=Transport(tls), only=only, strict=True, examples=0, quick=not only)
    report = run_contract(client, settings)
    return {check.info.id for check in report.checks if check.verdict in ("failed", "errored")}


def lasts(mutant: Mutant) -> bool:
    """Whether a check that lasts is to fail it."""
    return bool(mutant.failed_by - {*WORKING})


EACH = [pytest.param(m, id=m.name, marks=[pytest.mark.slow] if lasts(m) else []) for m in OVER_TLS]


@pytest.mark.parametrize("mutant", EACH)
def test_failed_over_tls_alone(mutant: Mutant) -> None:
    asked = NEAR + (OF_TLS if lasts(mutant) else WORKING)
    assert failed_by(mutant.kind, *asked) == mutant.failed_by, mutant.because
    assert failed_by(mutant.kind, *asked, tls=False) == set()


def test_what_they_are_made_of_passes() -> None:
    class Hasty(OverTls):
        """It does not wait for long."""

        timeout = 1.0

    assert failed_by(Hasty, *NEAR, *OF_TLS) == set()


@pytest.mark.slow
@pytest.mark.parametrize("mutant", OVER_TLS, ids=lambda mutant: mutant.name)
def test_failed_by_no_other_check(mutant: Mutant) -> None:
    assert failed_by(mutant.kind) == mutant.failed_by & {*WORKING}
