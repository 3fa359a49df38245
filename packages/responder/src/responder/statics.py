"""Constants of older versions, as far as they hold."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any

from starlette.middleware.cors import CORSMiddleware

from responder.former import refuse_names
from responder_core.settings import Settings
from responder_openapi.themes import DRAWINGS

if TYPE_CHECKING:
    from responder_openapi.themes import Theme

__all__ = [
    "API_THEMES",
    "DEFAULT_CORS_PARAMS",
    "DEFAULT_ENCODING",
    "DEFAULT_MAX_REQUEST_SIZE",
    "DEFAULT_OPENAPI_THEME",
    "DEFAULT_SESSION_COOKIE",
]

API_THEMES: tuple[Theme, ...] = tuple(sorted(DRAWINGS))
"""The values of ``openapi_theme=``."""

DEFAULT_CORS_PARAMS: dict[str, Any] = {
    name: parameter.default
    for name, parameter in signature(CORSMiddleware).parameters.items()
    if parameter.default is not Parameter.empty
}
"""What ``cors_params=`` is laid over."""

DEFAULT_ENCODING = "utf-8"
DEFAULT_MAX_REQUEST_SIZE = Settings().max_request_size
DEFAULT_OPENAPI_THEME = "swagger_ui"
DEFAULT_SESSION_COOKIE = "session"

if not TYPE_CHECKING:
    __getattr__ = refuse_names(
        __name__,
        {"DEFAULT_SECRET_KEY": "a key that everyone knows signs nothing; pass secret_key="},
    )
