"""Processes under test, and what they leave behind."""
