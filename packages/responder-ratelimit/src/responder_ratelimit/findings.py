"""Findings: what a deployment with rate limits should know (``responder check``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responder_core.deployment import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responder_core.deployment import Deployment
    from responder_ratelimit.limiter import RateLimiter


def find_faults(limiter: RateLimiter, deployment: Deployment) -> Iterator[Finding]:
    """What is not as it should be where others use it."""
    if deployment.workers > 1 and limiter.memory is not None:
        message = f"{deployment.workers} workers count requests each for itself, in memory"
        remedy = 'Choose a store that they share: backend="sqlite", or redis://.'
        yield Finding("error", "ratelimit-memory", message, remedy)
