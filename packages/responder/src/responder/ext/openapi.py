"""OpenAPI; ``responder_openapi`` documents it."""

from responder_openapi import OpenAPI, OpenAPIOptions, find_openapi

__all__ = ["OpenAPI", "OpenAPIOptions", "find_openapi"]
