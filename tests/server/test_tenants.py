"""Whose request it is where tests share a fake."""

from __future__ import annotations

import pytest

from mock_ares.server.record.isolation import Isolation, StrangerError


def test_without_tenants_every_token_is_by_itself() -> None:
    tenants = Isolation()
    assert (tenants.owner("x"), tenants.only) == ("x", "")


def test_a_stranger_belongs_to_the_only_tenant() -> None:
    tenants = Isolation()
    tenants.enter("a", "test_a")
    assert (tenants.owner("a"), tenants.owner("x"), tenants.only) == ("a", "a", "a")
    tenants.enter("b", "test_b")
    assert (tenants.owner("a"), tenants.owner("b"), tenants.only) == ("a", "b", "")
    with pytest.raises(StrangerError, match=r"2 tests use this fake \(test_a, test_b\).*unclear"):
        tenants.owner("x")
    tenants.leave("a")
    assert tenants.owner("x") == "b"


def test_a_tenant_that_has_left_owns_its_token_for_good() -> None:
    tenants = Isolation()
    tenants.enter("a", "test_a")
    tenants.leave("a")
    tenants.enter("b", "test_b")
    with pytest.raises(StrangerError, match="belongs to test_a, which has ended"):
        tenants.owner("a")


def test_one_tenant_may_stand_for_another() -> None:
    tenants = Isolation()
    tenants.enter("a", "test_a")
    tenants.enter("example", "an example of test_a")
    tenants.share("a", "example")
    assert (tenants.owner("a"), tenants.owner("x"), tenants.only) == ("example", "example", "example")
    tenants.share("a", None)
    tenants.leave("example")
    assert (tenants.owner("a"), tenants.only) == ("a", "a")


def test_a_test_that_ends_while_a_stranger_is_looked_up() -> None:
    """Tests end in other threads, at any moment; here, between the first look and the next."""
    tenants = Isolation()
    for owner in "abc":
        tenants.enter(owner, f"test {owner}")

    class Ending(dict[str, str]):
        def __contains__(self, owner: object) -> bool:
            if "b" in tenants:
                tenants.leave("b")
            return super().__contains__(owner)

    tenants._shared = Ending()
    with pytest.raises(StrangerError, match="3 tests use this fake"):
        tenants.owner("stranger")
    with pytest.raises(StrangerError, match="test b, which has ended"):
        tenants.owner("b")
    tenants.leave("a")
    assert tenants.owner("stranger") == "c"
