"""Every mutant is failed by the checks named for it and by no other; what they are made of is failed by none."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mock_ares.harness.checks import CHECKS
from tests.mutants.base import Right
from tests.mutants.by_http2 import BY_HTTP2
from tests.mutants.matrix import Row, matrix, surprises
from tests.mutants.over_tls import OVER_TLS
from tests.mutants.parsers import PARSERS
from tests.mutants.table import RIGHT, TABLE, Mutant, name_of
from tests.pages.rig import BUGS


@pytest.fixture(scope="module")
def rows() -> Mapping[str, Row]:
    return dict(matrix([*RIGHT, *(mutant.kind for mutant in TABLE)]))


@pytest.mark.slow
@pytest.mark.parametrize("mutant", TABLE, ids=lambda mutant: mutant.name)
def test_killed_by_its_checks_and_by_no_other(rows: Mapping[str, Row], mutant: Mutant) -> None:
    assert list(surprises(rows[mutant.name], mutant.failed_by)) == [], mutant.because


@pytest.mark.slow
@pytest.mark.parametrize("kind", RIGHT, ids=name_of)
def test_what_they_are_made_of_passes(rows: Mapping[str, Row], kind: type[Right]) -> None:
    assert list(surprises(rows[name_of(kind)], frozenset())) == []


def test_every_check_has_a_mutant() -> None:
    failed_by = frozenset().union(*(mutant.failed_by for mutant in TABLE), *(parser.told_by for parser in PARSERS))
    failed_by |= frozenset().union(*(bugs.values() for bugs in BUGS.values()))
    failed_by |= frozenset().union(*(mutant.failed_by for mutant in (*OVER_TLS, *BY_HTTP2)))
    assert failed_by <= CHECKS.keys()
    without = [name for name, check in CHECKS.items() if name not in failed_by and not check.row.undetectable]
    assert not without, (
        f"tests/mutants/table.py or parsers.py: a client whose bug only these checks find: {', '.join(without)}"
    )


def test_the_table() -> None:
    assert all(mutant.failed_by and mutant.because and mutant.kind.__doc__ for mutant in TABLE)
    assert len({mutant.name for mutant in TABLE}) == len(TABLE) >= 30
