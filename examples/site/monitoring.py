"""Monitoring: who may read the metrics, and what says that the site is well."""

from __future__ import annotations

import os
from functools import partial
from hmac import compare_digest
from ipaddress import ip_address
from typing import TYPE_CHECKING

import responder
from examples.site.settings import settings_of

if TYPE_CHECKING:
    from examples.site.settings import Settings

METRICS = "/metrics"


async def guard_metrics(req: responder.Request, _resp: responder.Response) -> None:
    """Metrics are for who has the token; where there is none, for this machine.

    A request that came through a proxy of this machine is not from here, whatever its address.
    Others are told nothing, not even that there is such a page.
    """
    if req.scope["path"] != METRICS:
        return
    token = settings_of(req).metrics_token
    if token:
        sent = req.headers.get("authorization", "")
        is_let_in = compare_digest(sent.encode(), f"Bearer {token}".encode())
    else:
        is_let_in = _is_from_here(req)
    if not is_let_in:
        responder.abort(404)


def _is_from_here(req: responder.Request) -> bool:
    if any(name in req.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip")):
        return False
    try:
        return req.client is not None and ip_address(req.client.host).is_loopback
    except ValueError:
        return False  # A Unix socket, behind which there is a proxy.


def add_health(api: responder.API, site: Settings) -> None:
    """Serve ``/livez`` and ``/readyz``: without its data folder nobody can log in."""
    api.add_health_check("data", partial(os.access, site.data, os.W_OK))
