"""Serving: how an app is found, started by a server, watched while it is written, and stopped."""
