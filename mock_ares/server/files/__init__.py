"""Scenario files that are served, watched and saved."""
