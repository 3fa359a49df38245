"""Clients were generated here; now any generator makes them from the OpenAPI document."""

from typing import TYPE_CHECKING

from responder.former import refuse_names

_DOCUMENT = "`responder openapi` writes the document, from which generators make clients"

if not TYPE_CHECKING:
    __getattr__ = refuse_names(__name__, {"generate_client": _DOCUMENT, "write_client": _DOCUMENT})
