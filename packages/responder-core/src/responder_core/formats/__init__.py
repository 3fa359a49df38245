"""Formats: how values become bytes."""
