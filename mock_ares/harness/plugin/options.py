"""The plugin's options, on the command line and in the configuration file. Imports nothing heavy."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mock_ares.harness.model import Edition
    from mock_ares.harness.run.baseline import Baseline

TIERS = ("documented", "standard", "defensive")
MOST_SEED = 2**32
EXAMPLES = 100
"""Hypothesis's own default."""
_OPTIONS = pytest.StashKey["Options"]()


class Options:
    """What a run was asked for. No data class: those take a millisecond to make."""

    def __init__(
        self,
        tier: str | None,
        reports: tuple[Path, ...],
        examples: tuple[int | None, int | None],
        seed: int | None,
        chance: int,
        edition: str | None = None,
        baseline: Path | None = None,
        write_baseline: bool = False,
        url: str | None = None,
    ) -> None:
        self.tier = tier
        self.reports = reports
        self._examples = examples
        self._seed = seed
        self.chance = chance
        """The seed where nobody has given one."""
        self._edition = edition
        self.baseline = baseline
        self.write_baseline = write_baseline
        self.url = url
        """The origin of a server that is asked in the fake's place."""

    @property
    def results_wanted(self) -> bool:
        """Whether what comes of each check is written down somewhere."""
        return bool(self.reports) or self.write_baseline

    @cached_property
    def edition(self) -> Edition | None:
        """Read once for all tests. Raises pytest.UsageError for one that there is not."""
        if self._edition is None:
            return None
        from mock_ares.harness.checks.editions import read
        from mock_ares.harness.model import UsageError

        try:
            return read(self._edition)
        except UsageError as error:
            raise pytest.UsageError(f"ares_edition: {error}") from None

    def known(self) -> Baseline | None:
        """Raises UsageError for a file that is no baseline."""
        from mock_ares.harness.run.baseline import read

        return (
            None
            if self.baseline is None
            else read(self.baseline, new_ok=self.write_baseline, option="--ares-write-baseline")
        )

    def examples(self, declared: int | None) -> int | None:
        """For each check: of the command line, the contract, the configuration file, or a Hypothesis profile."""
        asked, by_default = self._examples
        return next((given for given in (asked, declared, by_default) if given is not None), _of_profile())

    def seed(self) -> int:
        """The one given here or to Hypothesis; 0 where its profile asks for the same examples each time."""
        if self._seed is not None:
            return self._seed
        forced = _hypothesis_seed()
        return self.chance if forced is None else forced


def add(parser: pytest.Parser) -> None:
    group = parser.getgroup("mock-ares", "mock-ares: the contract of streaming clients")
    group.addoption("--ares-tier", metavar="TIER", help="Only documented, standard or defensive checks.")
    group.addoption("--ares-examples", metavar="N", help="Generated ones for each check, behind its fixed ones.")
    group.addoption("--ares-seed", metavar="N", help="Other generated examples: those of this seed.")
    group.addoption("--ares-edition", metavar="EDITION", help="The contract as it was then, such as 2026.1.")
    group.addoption("--ares-explore", action="store_true", help="Other generated examples in each run.")
    group.addoption("--ares-baseline", metavar="FILE.toml", help="The contracts' known failures: only others fail.")
    group.addoption("--ares-write-baseline", action="store_true", help="Write what fails now into the baseline.")
    group.addoption(
        "--ares-report",
        metavar="PATH",
        action="append",
        help="Write the contract's report, as its name ends: .html, .json, .xml, .md.",
    )
    group.addoption("--ares-url", metavar="URL", help="Ask this server in the fake's place; ARES_TOKEN opens it.")
    group.addoption(
        "--ares-record",
        metavar="URL",
        help="Run tests that play a recording against this server, and record them anew.",
    )
    parser.addini("ares_tier", "As --ares-tier.")
    parser.addini("ares_examples", "As --ares-examples; a contract's own number counts more.")
    parser.addini("ares_edition", "As --ares-edition.")
    parser.addini("ares_seed", "As --ares-seed.")
    parser.addini("ares_baseline", "As --ares-baseline.", type="paths")
    parser.addini("ares_report", "As --ares-report; one path or more.", type="paths")


def read(config: pytest.Config) -> None:
    """Raises pytest.UsageError for what is wrong in them."""
    explores = config.getoption("ares_explore")
    chance = getattr(config, "workerinput", {}).get("ares_seed", int.from_bytes(os.urandom(4)) if explores else 0)
    config.stash[_OPTIONS] = Options(
        _tier(config),
        tuple(_reports(config)),
        (
            _number("--ares-examples", config.getoption("ares_examples")),
            _number("ares_examples", config.getini("ares_examples") or None),
        ),
        _seed(config),
        chance,
        config.getoption("ares_edition") or config.getini("ares_edition") or None,
        _baseline(config),
        config.getoption("ares_write_baseline"),
        _url(config),
    )


def _url(config: pytest.Config) -> str | None:
    url = config.getoption("ares_url")
    if url is not None and not re.fullmatch(r"https?://[^/?#@]+/?", url):
        raise pytest.UsageError("--ares-url: an origin is wanted, such as http://127.0.0.1:3000")
    return url and str(url).rstrip("/")


def options_of(config: pytest.Config) -> Options:
    return config.stash[_OPTIONS]


def _tier(config: pytest.Config) -> str | None:
    for word, tier in (("--ares-tier", config.getoption("ares_tier")), ("ares_tier", config.getini("ares_tier"))):
        if tier and tier not in TIERS:
            from mock_ares.scenario.diagnostics import nearest

            raise pytest.UsageError(f"{word}: there is no tier {tier!r}{nearest(tier, TIERS)}")
        if tier:
            return str(tier)
    return None


def _seed(config: pytest.Config) -> int | None:
    given = _number("--ares-seed", config.getoption("ares_seed"), MOST_SEED)
    return _number("ares_seed", config.getini("ares_seed") or None, MOST_SEED) if given is None else given


def _baseline(config: pytest.Config) -> Path | None:
    asked = config.getoption("ares_baseline")
    paths = [config.invocation_params.dir / asked] if asked else config.getini("ares_baseline")
    if len(paths) > 1:
        raise pytest.UsageError(f"ares_baseline: one file is wanted, there are {len(paths)}")
    if not paths and config.getoption("ares_write_baseline"):
        raise pytest.UsageError("--ares-write-baseline needs the file to write: --ares-baseline FILE.toml")
    return paths[0] if paths else None


def _number(word: str, value: Any, most: int = 1_000_000) -> int | None:
    if value is None:
        return None
    try:
        number = int(value)
    except ValueError:
        number = -1
    if not 0 <= number <= most:
        raise pytest.UsageError(f"{word}: expected a whole number from 0 to {most}, not {value!r}")
    return number


def _reports(config: pytest.Config) -> Iterator[Path]:
    asked = config.getoption("ares_report")
    paths = [config.invocation_params.dir / path for path in asked] if asked else config.getini("ares_report")
    for path in paths:
        if is_worker(config):  # of xdist; the one that writes has looked at them
            yield path
            continue
        from mock_ares.harness.report import ENDINGS, ending

        if ending(path.name) is None:
            raise pytest.UsageError(f"--ares-report: a report ends in {', '.join(ENDINGS)}, not as {path.name!r} does")
        if not path.parent.is_dir():
            raise pytest.UsageError(f"--ares-report: there is no folder {str(path.parent)!r} to write {path.name!r} to")
        yield path


def is_worker(config: pytest.Config) -> bool:
    """Whether this is a process of xdist's that runs tests for another."""
    return hasattr(config, "workerinput")


# What Hypothesis was told. It is imported by now where it matters: whoever asks is about to run a check.


def _of_profile() -> int | None:
    """The profile's number of examples, where a profile asks for another than Hypothesis does by itself."""
    from hypothesis import settings

    chosen: int = settings().max_examples
    return None if chosen == EXAMPLES else chosen


def _hypothesis_seed() -> int | None:
    from hypothesis import core, settings

    forced = core.global_force_seed
    if forced is not None:
        return forced % MOST_SEED if isinstance(forced, int) else zlib.crc32(str(forced).encode())
    return 0 if settings().derandomize else None
