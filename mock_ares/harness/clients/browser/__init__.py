"""Clients that run in a page."""
