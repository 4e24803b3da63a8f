"""The control API and the console's files, under ``/_mock/``: what a running fake can be told and asked.

Nothing here passes the exchange: it is not in the journal, is not limited, and takes no reply. ``records`` and
``events`` watch the fake; the other modules are imported when somebody asks. ``contracts/control.openapi.yaml``
describes it.
"""
