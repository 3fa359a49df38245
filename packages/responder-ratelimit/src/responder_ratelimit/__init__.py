"""Rate limits for Responder, from one process to many machines."""

__all__: list[str] = []
