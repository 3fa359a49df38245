"""The packages of Responder, by the names that older programs import.

``import responder`` is enough for ``responder.ext.sessions`` and the others.
"""

from typing import TYPE_CHECKING

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        # Modules are imported when they are asked for, and are attributes of their own then.
        from importlib.util import find_spec

        if not name.startswith("_") and find_spec(f"{__name__}.{name}") is not None:
            from importlib import import_module

            return import_module(f"{__name__}.{name}")
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
