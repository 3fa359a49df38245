"""Sessions for Responder: signed cookies, server-side stores, CSRF."""

__all__: list[str] = []
