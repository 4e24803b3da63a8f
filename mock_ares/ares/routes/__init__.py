"""What of ARES there is beside the chat: accounts, conversations, agents, workflows, research, keys, usage, health.

``accounts``, ``history`` and ``tenancy`` are the data, pure and bounded: moments are arguments. ``store`` keeps one of
each for everybody, or for each test that shares the fake. ``auth``, ``conversations``, ``assist``, ``clients`` and
``info`` answer; ``routes`` is the table of them, ``dispatch`` the way from a request to an answer.

Nothing of this is imported before a request needs it.
"""
