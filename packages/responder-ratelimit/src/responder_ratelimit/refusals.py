"""Refusals: the problems that requests are refused with (§6 of the draft of the header fields)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responder_core.errors import Problem
from responder_ratelimit.headers import ABNORMAL_USAGE, QUOTA_EXCEEDED, name_limit, retry_after

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responder_ratelimit.algorithms import Verdict
    from responder_ratelimit.concurrency import Concurrency

_EXCEEDED = "Request cannot be satisfied as assigned quota has been exceeded"


def refuse(verdicts: Sequence[Verdict], fields: dict[str, str], jitter: float) -> Problem:
    """The problem of a request that limits refuse.

    Args:
        verdicts: what all of its limits say.
        fields: the header fields that tell of them.
        jitter: the seconds that are added to those after which to come back.
    """
    refused = [verdict for verdict in verdicts if not verdict.allowed]
    after = retry_after(refused, jitter)
    words = " and ".join(str(verdict.limit) for verdict in refused)
    return _problem(
        f"The limit of {words} is reached.",
        [name_limit(verdict.limit) for verdict in refused],
        fields if after is None else {**fields, "Retry-After": str(after)},
    )


def refuse_crowded(places: Concurrency, fields: dict[str, str]) -> Problem:
    """The problem of a request that finds no place among those that are answered."""
    fields = {**fields, "Retry-After": "1"}
    return _problem(f"There are {places} already.", [str(places)], fields)


def refuse_banned(bans: Sequence[Verdict], fields: dict[str, str]) -> Problem:
    """The problem of a request of who is banned."""
    violated: dict[str, Any] = {"violated-policies": ["ban"]}
    return Problem(
        429,
        "Too many requests were refused; none is answered for a while.",
        title="Abnormal usage detected",
        type=ABNORMAL_USAGE,
        headers={**fields, "Retry-After": str(retry_after(bans))},
        **violated,
    )


def _problem(detail: str, violated: list[str], fields: dict[str, str]) -> Problem:
    members: dict[str, Any] = {"violated-policies": violated}
    return Problem(429, detail, title=_EXCEEDED, type=QUOTA_EXCEEDED, headers=fields, **members)
