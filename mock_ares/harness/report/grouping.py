"""Failures of one client that have one cause: the plainest is told in full, and the others beneath it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mock_ares.harness.model import CheckResult

LARGE = 1000
"""Bytes of a stream that nobody reads to the end."""


@dataclass(frozen=True, slots=True)
class Group:
    """Checks that failed of the same cause, and with the same verdict."""

    told: CheckResult
    """The one whose stream has least that is unusual, and of those the smallest: its advice is about what is wrong."""
    same: tuple[CheckResult, ...] = ()
    """The others, in their order."""

    @property
    def said(self) -> str:
        """``the same in eol-cr, eol-mixed``."""
        return f"the same in {', '.join(check.info.id for check in self.same)}" if self.same else ""


def groups(checks: Sequence[CheckResult]) -> list[Group]:
    """The failures, by cause, in the order of each cause's first check."""
    by_cause: dict[tuple[str, str], list[CheckResult]] = {}
    for check in checks:
        if check.finding is not None:
            cause = check.failure.cause if check.failure else ""
            by_cause.setdefault((check.verdict, cause or check.finding.diagnosis), []).append(check)
    return [_group(each) for each in by_cause.values()]


def _group(checks: Sequence[CheckResult]) -> Group:
    plainest = min(checks, key=_plainness)
    return Group(plainest, tuple(check for check in checks if check is not plainest))


def _plainness(check: CheckResult) -> tuple[bool, bool, int, int, int]:
    finding = check.finding
    assert finding is not None
    withheld = check.failure is not None and check.failure.case.withhold
    return finding.size[0] > LARGE, withheld, len(finding.traits), *finding.size[:2]


def by_check(checks: Sequence[CheckResult]) -> dict[str, Group]:
    """The group that each failed check belongs to, by id."""
    return {check.info.id: group for group in groups(checks) for check in (group.told, *group.same)}


def told_elsewhere(check: CheckResult, group: Group | None) -> str | None:
    """The check under which this one's failure is told in full; None: it is this one."""
    return None if group is None or group.told is check else group.told.info.id


def gathered(names: Sequence[str], groups_by_check: dict[str, Group]) -> Iterator[str]:
    """The names, those of a group one behind the other, its first one first."""
    seen = set[str]()
    for name in names:
        group = groups_by_check.get(name)
        members = [name] if group is None else [check.info.id for check in (group.told, *group.same)]
        yield from (member for member in members if member in names and member not in seen)
        seen.update(members)
