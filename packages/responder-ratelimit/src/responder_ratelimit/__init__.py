"""Rate limits for Responder, from one process to many machines.

::

    from responder_core import API
    from responder_ratelimit import RateLimits

    api = API(extensions=[RateLimits("100/minute")])


    @api.get("/search", rate_limit="5/second; 100/hour")
    async def search(req, resp): ...
"""

from typing import TYPE_CHECKING

from responder_ratelimit.extension import RateLimits
from responder_ratelimit.options import RateLimitOptions

__all__ = [
    "Ban",
    "Concurrency",
    "Limit",
    "LimitError",
    "MemoryStore",
    "RateLimitOptions",
    "RateLimiter",
    "RateLimits",
    "RedisStore",
    "Rule",
    "SQLiteStore",
    "StoreUnavailableError",
    "__version__",
    "by_address",
    "by_all",
    "by_header",
]

if TYPE_CHECKING:
    from responder_ratelimit.bans import Ban
    from responder_ratelimit.concurrency import Concurrency
    from responder_ratelimit.errors import LimitError, StoreUnavailableError
    from responder_ratelimit.keys import by_address, by_all, by_header
    from responder_ratelimit.limiter import RateLimiter
    from responder_ratelimit.limits import Limit
    from responder_ratelimit.rules import Rule
    from responder_ratelimit.stores.memory import MemoryStore
    from responder_ratelimit.stores.redis import RedisStore
    from responder_ratelimit.stores.sqlite import SQLiteStore

    __version__: str
else:
    # An app without limits imports none of it.
    _MODULES = {
        "Ban": "bans",
        "Concurrency": "concurrency",
        "Limit": "limits",
        "LimitError": "errors",
        "MemoryStore": "stores.memory",
        "RateLimiter": "limiter",
        "RedisStore": "stores.redis",
        "Rule": "rules",
        "SQLiteStore": "stores.sqlite",
        "StoreUnavailableError": "errors",
        "by_address": "keys",
        "by_all": "keys",
        "by_header": "keys",
    }

    def __getattr__(name: str) -> object:
        if name in _MODULES:
            from importlib import import_module

            return getattr(import_module(f"responder_ratelimit.{_MODULES[name]}"), name)
        if name == "__version__":
            from importlib.metadata import version

            return version("responder-ratelimit")
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
