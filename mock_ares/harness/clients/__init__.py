"""Adapters: how clients of every kind are started, driven through an example, given up and cleaned away.

``python`` calls a function in this process, ``remote`` one in a process of its own, ``process`` starts a command for
each example, ``driver`` keeps one that speaks the protocol of ``contracts/driver-protocol.md``, and ``browser`` loads
a file into Chromium. Whatever a client does ends as an observation; only what its user has to put right is raised.
"""
