"""Stores: where what was counted is kept."""
