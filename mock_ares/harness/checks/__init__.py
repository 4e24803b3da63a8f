"""The checks: each a hazard of ``contracts/checks.yaml`` with the cases that show it."""

from mock_ares.harness.checks.rows import Check, Row
from mock_ares.harness.checks.table import CHECKS, find

__all__ = ["CHECKS", "Check", "Row", "find"]
