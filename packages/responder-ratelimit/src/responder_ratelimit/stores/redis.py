"""The Redis store: counts in Redis or Valkey, shared by all machines."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from responder_core.stores.redis import Clients
from responder_ratelimit.algorithms import NEVER, Verdict
from responder_ratelimit.limits import MICROSECONDS
from responder_ratelimit.stores.redis_scripts import CHARGE, HIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responder_core.stores.redis import Script
    from responder_ratelimit.limits import Limit
    from responder_ratelimit.stores.store import Hit

# Below this, numbers of Lua are whole; costs and debts of several bursts are, too.
_WHOLE = 2**49
_MOST_BURSTS = 8
_CODES = {"gcra": 1, "token-bucket": 1, "sliding-window": 2, "fixed-window": 3}


def _tag(hit: Hit) -> str:
    """What the keys of one client have in common, whatever else is counted with them."""
    return sha256(hit.key.partition("\n")[2].encode()).hexdigest()[:16]


def _read(hits: Sequence[Hit], found: Sequence[Any]) -> list[Verdict]:
    """The verdicts of a script: four numbers for each hit."""
    verdicts: list[Verdict] = []
    for index, hit in enumerate(hits):
        wait, left, reset, at = (int(each) for each in found[4 * index : 4 * index + 4])
        retry = float("inf") if wait == NEVER else wait / MICROSECONDS
        verdicts.append(Verdict(hit.limit, wait == 0, left, reset / MICROSECONDS, retry, at))
    return verdicts


def _unit(limit: Limit) -> int:
    """The microseconds of a tick in which a limit can be counted in whole numbers of Lua."""
    whole = limit.burst * limit.ticks
    return next((unit for unit in (1, 1000) if whole // unit < _WHOLE), MICROSECONDS)


class RedisStore:
    """Keeps counts in Redis 6 or newer, or Valkey: one round trip for all limits of a request.

    A script looks at all of them and counts, so that nothing comes between; times are the
    server's. The keys of one client have one hash tag, so that a cluster has them in one place.

    Args:
        url: ``"redis://host:6379/0"``, ``"rediss://"``, ``"unix://"``, ``"valkey://"``.
        client: a client of ``redis.asyncio`` in place of a URL, also of a cluster; who made it
            closes it.
        prefix: what all keys begin with.
        pool_size: how many connections there are at most on each event loop, without *client*.

    Raises:
        ModuleNotFoundError: the client is not installed.
        ValueError: there are neither or both of *url* and *client*, or that gives text.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        client: Any = None,  # noqa: ANN401 - of one of several classes of redis.asyncio
        prefix: str = "responder:ratelimit:",
        pool_size: int = 50,
    ) -> None:
        missing = "Rate limits in Redis need redis: pip install 'responder-ratelimit[redis]'"
        self._clients = Clients(url, client, pool_size=pool_size, missing=missing)
        self._prefix = prefix

    def _keys(self, hits: Sequence[Hit]) -> list[str]:
        """The keys of hits; those of one client are in one place of a cluster."""
        return [
            f"{self._prefix}{{{_tag(hit)}}}:"
            + sha256(f"{hit.limit.identity}\n{hit.key}".encode()).hexdigest()[:32]
            for hit in hits
        ]

    def _places(self, hits: Sequence[Hit]) -> list[list[Hit]]:
        """Those hits together that one script can see: all, or in a cluster those of a client."""
        if not self._clients.is_cluster:
            return [list(hits)]
        places: dict[str, list[Hit]] = {}
        for hit in hits:
            places.setdefault(_tag(hit), []).append(hit)
        return [*places.values()]

    async def _run(self, script: Script, hits: Sequence[Hit]) -> Any:  # noqa: ANN401
        keys = self._keys(hits)
        args: list[int] = []
        for hit in hits:
            limit = hit.limit
            unit = _unit(limit)
            ticks = -(-limit.ticks // unit)
            code = _CODES[limit.algorithm]
            # Beyond this nothing is told apart, and numbers of Lua would not be whole.
            cost = max(-_MOST_BURSTS * limit.burst, min(hit.cost, _MOST_BURSTS * limit.burst))
            at = -1 if hit.at is None else hit.at
            args += [code, limit.requests, ticks, limit.burst, cost, unit, at]
        return await self._clients.run(script, keys, args)

    async def hit(self, hits: Sequence[Hit]) -> list[Verdict]:
        """As ``Store.hit()``: one round trip.

        In a cluster, limits of several clients are in several places: what one of them has
        counted is given back where a later one refuses.
        """
        verdicts: dict[Hit, Verdict] = {}
        counted: list[Hit] = []
        for place in self._places(hits):
            found = _read(place, await self._run(HIT, place))
            verdicts.update(zip(place, found, strict=True))
            if not all(verdict.allowed for verdict in found):
                if counted:
                    await self.charge([hit.back(verdicts[hit].at) for hit in counted])
                break
            counted += place
        else:
            return [verdicts[hit] for hit in hits]
        rest = [hit for hit in hits if hit not in verdicts]
        for place in self._places(rest) if rest else ():
            looked = [hit._replace(cost=0) for hit in place]
            verdicts.update(zip(place, _read(place, await self._run(HIT, looked)), strict=True))
        return [verdicts[hit] for hit in hits]

    async def charge(self, hits: Sequence[Hit]) -> None:
        """As ``Store.charge()``: one round trip."""
        for place in self._places(hits):
            await self._run(CHARGE, place)

    async def reset(self, hits: Sequence[Hit]) -> None:
        """As ``Store.reset()``."""
        for place in self._places(hits):
            await self._clients.connect().unlink(*self._keys(place))

    async def close(self) -> None:
        """Close the connections of this event loop."""
        await self._clients.close()
