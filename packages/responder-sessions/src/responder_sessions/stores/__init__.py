"""Stores: where sessions are kept on the server."""
