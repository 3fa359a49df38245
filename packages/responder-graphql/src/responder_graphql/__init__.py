"""GraphQL over HTTP, WebSocket and event streams for Responder."""

__all__: list[str] = []
