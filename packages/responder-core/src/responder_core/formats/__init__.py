"""Formats: how values become bytes and bytes become values, one module each."""
