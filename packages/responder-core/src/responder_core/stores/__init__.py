"""Stores: what packages share that keep state in a file or on a server; no app needs it itself."""
