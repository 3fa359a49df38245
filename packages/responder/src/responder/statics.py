"""Constants of older versions, as far as they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responder.former import refuse_names
from responder_core.settings import Settings

__all__ = [
    "API_THEMES",
    "DEFAULT_CORS_PARAMS",
    "DEFAULT_ENCODING",
    "DEFAULT_MAX_REQUEST_SIZE",
    "DEFAULT_OPENAPI_THEME",
    "DEFAULT_SESSION_COOKIE",
]

API_THEMES = ("elements", "rapidoc", "redoc", "scalar", "swagger_ui")
"""The values of ``openapi_theme=``."""

DEFAULT_CORS_PARAMS: dict[str, Any] = {
    "allow_origins": (),
    "allow_methods": ("GET",),
    "allow_headers": (),
    "allow_credentials": False,
    "allow_origin_regex": None,
    "expose_headers": (),
    "max_age": 600,
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
