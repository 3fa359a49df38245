"""The forms of bodies; ``responder_core.formats`` documents them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from responder_core.formats.format import Format
from responder_core.formats.registry import Formats
from responder_core.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Format", "Formats", "get_formats"]


def get_formats(
    encoder: Callable[[Any], Any] | None = None,
    *,
    json_ensure_ascii: bool = False,
    json_decimal: Literal["string", "float"] = "string",
) -> Formats:
    """The standard forms, as an API with these keywords has them in ``api.formats``."""
    return Formats(
        Settings(encoder=encoder, json_ensure_ascii=json_ensure_ascii, json_decimal=json_decimal)
    )
