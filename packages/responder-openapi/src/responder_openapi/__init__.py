"""OpenAPI documents and documentation pages for Responder."""

__all__: list[str] = []
