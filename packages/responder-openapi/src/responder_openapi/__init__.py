"""OpenAPI documents and documentation pages for Responder.

::

    from responder_core import API
    from responder_openapi import OpenAPI

    api = API(extensions=[OpenAPI(title="Tea", version="1.0", docs_route="/docs")])
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from responder_openapi.errors import (
    ContractError,
    DocstringError,
    DocumentError,
    DuplicateOperationError,
    SchemaError,
)
from responder_openapi.extension import OpenAPI, find_openapi
from responder_openapi.options import OpenAPIOptions

__all__ = [
    "ContractError",
    "DocstringError",
    "DocumentError",
    "DuplicateOperationError",
    "OpenAPI",
    "OpenAPIOptions",
    "SchemaError",
    "__version__",
    "find_openapi",
]

if TYPE_CHECKING:
    __version__: str
else:

    def __getattr__(name: str) -> str:
        """The version, read when asked for: importlib.metadata costs more than this package."""
        if name == "__version__":
            from importlib.metadata import version

            return version("responder-openapi")
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
