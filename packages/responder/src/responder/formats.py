"""The forms of bodies; ``responder_core.formats`` documents them."""

from typing import TYPE_CHECKING

from responder.former import refuse_names
from responder_core.formats.format import Format
from responder_core.formats.registry import Formats

__all__ = ["Format", "Formats"]

if not TYPE_CHECKING:
    __getattr__ = refuse_names(
        __name__, {"get_formats": "api.formats has those of an app, and takes more"}
    )
