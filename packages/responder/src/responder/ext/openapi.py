"""OpenAPI; ``responder_openapi`` documents it."""

from typing import TYPE_CHECKING

from responder.former import refuse_names
from responder_openapi import OpenAPI, OpenAPIOptions, find_openapi

__all__ = ["OpenAPI", "OpenAPIOptions", "find_openapi"]

if not TYPE_CHECKING:
    __getattr__ = refuse_names(
        __name__,
        {
            "OpenAPISchema": "api.openapi is an OpenAPI(), and extensions=[OpenAPI(...)] another",
            "PydanticPlugin": "models of pydantic are told as they are",
        },
    )
