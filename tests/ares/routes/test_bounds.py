"""The data behind the endpoints: how much is kept, and what is forgotten first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_ares.ares.memory.accounts import Accounts, id_of
from mock_ares.ares.memory.history import Conversation, History
from mock_ares.ares.memory.keys import MOST_DAYS, AgentRun, Key, Keys, Runs, Usage
from mock_ares.ares.memory.store import Stores


def keep(history: History, id: str, *words: str, owner: str = "ann", now: float = 0.0) -> Conversation:
    """A conversation with a turn for each word, each answered by the same."""
    conversation = history.open(id, owner, now, shared=False)
    for word in words:
        turn = history.begin(conversation, word, word, lambda: False, bumps=False)
        history.end(turn, now, complete=True)
    return conversation


def ids(history: History, owner: str = "ann") -> set[str]:
    return {conversation.id for conversation in history.of(owner, 0.0)}


class TestHistory:
    def test_the_conversation_that_was_silent_longest_is_forgotten(self) -> None:
        history = History(most=2)
        keep(history, "a")
        keep(history, "b")
        keep(history, "a", "hi")
        keep(history, "c")
        assert ids(history) == {"a", "c"}

    def test_old_messages_are_forgotten(self) -> None:
        conversation = keep(History(most_messages=3), "a", "1", "2")
        assert [message.content for message in conversation.messages] == ["1", "2", "2"]

    def test_other_conversations_make_room_first(self) -> None:
        history = History(most_characters=10)
        keep(history, "a", "xx")
        keep(history, "b", "yyy")
        assert ids(history) == {"a", "b"}
        keep(history, "b", "z")
        assert ids(history) == {"b"}
        assert len(keep(history, "b", "zzzz").messages) < 8

    def test_one_that_is_larger_than_all_stays_alone(self) -> None:
        conversation = keep(History(most_characters=10), "a", "x" * 50)
        assert [message.role for message in conversation.messages] == ["assistant"]

    @given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.booleans()), max_size=30))
    def test_the_size_is_that_of_what_is_kept(self, moves: list[tuple[str, int, bool]]) -> None:
        history = History(most=2, most_messages=4, most_characters=30)
        for id, size, deletes in moves:
            conversation = keep(history, id, "x" * size)
            if deletes:
                history.delete(conversation)
            kept = [history.find(each, "ann", 0.0, shared=False) for each in ids(history)]
            total = sum(conversation.size for conversation in kept if conversation)
            assert total == history._size
            assert total <= 30 or sum(len(each.messages) for each in kept if each) == 1
            assert len(kept) <= 2

    def test_a_turn_that_is_out_is_seen_once(self) -> None:
        history, out = History(), [False]
        conversation = history.open("a", "ann", 0.0, shared=False)
        turn = history.begin(conversation, "q", "a", lambda: out[0], bumps=True)
        history.of("ann", 1.0)
        assert not conversation.messages
        out[0] = True
        history.of("ann", 2.0)
        assert (len(conversation.messages), conversation.updated) == (2, 2.0)
        history.end(turn, 3.0, complete=False)
        history.end(turn, 3.0, complete=True)
        assert (len(conversation.messages), conversation.updated) == (2, 2.0)

    def test_a_turn_of_a_conversation_that_was_deleted(self) -> None:
        history = History()
        conversation = history.open("a", "ann", 0.0, shared=False)
        turn = history.begin(conversation, "q", "a", lambda: False, bumps=True)
        history.delete(conversation)
        history.end(turn, 1.0, complete=True)
        assert ids(history) == set()

    def test_an_id_is_one_conversation_or_one_for_each(self) -> None:
        history = History()
        mine = history.open("a", "ann", 0.0, shared=True)
        assert history.open("a", "bob", 0.0, shared=True) is mine
        yours = history.open("a", "bob", 0.0, shared=False)
        assert yours is not mine
        assert history.find("a", "bob", 0.0, shared=True) is yours
        history.delete(mine)
        history.delete(yours)
        assert history.find("a", "bob", 0.0, shared=True) is None


class TestAccounts:
    def test_the_first_are_forgotten_first(self) -> None:
        accounts = Accounts(most_users=2, most_sessions=2)
        emails = ("a", "b", "c")
        for email in emails:
            assert accounts.register(email, "password", "", id_of(email))
            accounts.open(f"token of {email}", email, email, 10.0)
        assert [accounts.verify(email, "password") is not None for email in ("a", "b", "c")] == [False, True, True]
        assert [accounts.session(f"token of {email}", 0.0) is not None for email in ("a", "b", "c")] == [
            False,
            True,
            True,
        ]

    def test_a_session_ends(self) -> None:
        accounts = Accounts()
        accounts.open("t", "id", "e", 10.0)
        assert accounts.session("t", 9.9)
        assert accounts.session("t", 10.0) is None
        accounts.close("t")
        assert accounts.session("t", 0.0) is None
        assert accounts.has_known("t")
        assert not accounts.has_known("u")

    def test_no_password_is_kept(self) -> None:
        user = Accounts().register("a", "correct horse", "", "1")
        assert b"correct" not in repr(user).encode()


class TestTenancy:
    def test_keys(self) -> None:
        keys = Keys(most=2)
        made = [Key(str(n), "ann", "", f"secret {n}", 0.0, None) for n in range(3)]
        assert [keys.add(key) for key in made] == [None, None, made[0]]
        assert [key.id for key in keys.of("ann")] == ["2", "1"]
        assert keys.of("bob") == []
        assert keys.find("1", "bob") is None
        keys.used("secret 1", 5.0)
        keys.used("secret 0", 5.0)
        assert [made[n].last_used for n in range(2)] == [None, 5.0]

    @pytest.mark.parametrize(("most", "most_bytes"), [(2, 1000), (10, 25)])
    def test_runs(self, most: int, most_bytes: int) -> None:
        runs = Runs(most, most_bytes)
        for n in range(4):
            runs.add(AgentRun(str(n), "ann", "a", {}, {}, 0.0, 0.0, 0, 10))
        assert [run.id for run in runs.of("ann", "a")] == ["3", "2"]
        assert runs.of("bob", "a") == runs.of("ann", "b") == []

    def test_usage(self) -> None:
        usage = Usage(most_owners=2)
        for owner in ("a", "b", "a", "c"):
            usage.day(owner, "2026-03-13").runs += 1
        assert [[day.runs for _, day in usage.of(owner, "2026-03")] for owner in ("a", "b", "c")] == [[2], [], [1]]
        for day in range(100):
            usage.day("a", f"2027-{day:03d}")
        assert len(list(usage.of("a", ""))) == MOST_DAYS


def test_stores_are_apart() -> None:
    stores = Stores()
    stores.of("a").accounts.register("ann", "password", "", "1")
    assert stores.of("a") is stores.of("a")
    assert stores.of("b").accounts.verify("ann", "password") is None
    stores.forget("a")
    assert stores.of("a").accounts.verify("ann", "password") is None
