"""Whose request it is where tests share a fake."""

from __future__ import annotations

import pytest

from mock_ares.server.tenants import StrangerError, Tenants


def test_without_tenants_every_token_is_by_itself() -> None:
    tenants = Tenants()
    assert (tenants.owner("x"), tenants.only) == ("x", "")


def test_a_stranger_belongs_to_the_only_tenant() -> None:
    tenants = Tenants()
    tenants.enter("a", "test_a")
    assert (tenants.owner("a"), tenants.owner("x"), tenants.only) == ("a", "a", "a")
    tenants.enter("b", "test_b")
    assert (tenants.owner("a"), tenants.owner("b"), tenants.only) == ("a", "b", "")
    with pytest.raises(StrangerError, match=r"2 tests use this fake \(test_a, test_b\).*unclear"):
        tenants.owner("x")
    tenants.leave("a")
    assert tenants.owner("x") == "b"


def test_a_tenant_that_has_left_owns_its_token_for_good() -> None:
    tenants = Tenants()
    tenants.enter("a", "test_a")
    tenants.leave("a")
    tenants.enter("b", "test_b")
    with pytest.raises(StrangerError, match="belongs to test_a, which has ended"):
        tenants.owner("a")


def test_one_tenant_may_stand_for_another() -> None:
    tenants = Tenants()
    tenants.enter("a", "test_a")
    tenants.enter("example", "an example of test_a")
    tenants.share("a", "example")
    assert (tenants.owner("a"), tenants.owner("x"), tenants.only) == ("example", "example", "example")
    tenants.share("a", None)
    tenants.leave("example")
    assert (tenants.owner("a"), tenants.only) == ("a", "a")
