"""The fake ARES server: everything that touches a socket or a clock."""
