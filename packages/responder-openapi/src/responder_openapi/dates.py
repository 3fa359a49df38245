"""Dates: the fields that tell clients when an operation was deprecated, and when it ends."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import TYPE_CHECKING

from responder_core.http.dates import format_date
from responder_openapi.options import words_of

if TYPE_CHECKING:
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.route import Route
    from responder_core.types import Exchange


def tell_dates(route: Route | None, exchange: Exchange) -> Exchange:
    """An exchange whose answers say ``Deprecation`` (RFC 9745) and ``Sunset`` (RFC 8594)."""
    if route is None:
        return exchange
    options = words_of(route.facts).options
    fields: dict[str, str] = {}
    deprecated = options.get("deprecated", False)
    if not isinstance(deprecated, bool):
        fields["Deprecation"] = f"@{int(_moment(deprecated).timestamp())}"
    if "sunset" in options:
        fields["Sunset"] = format_date(_moment(options["sunset"]))
    if not fields:
        return exchange

    async def dated(req: Request, resp: Response) -> None:
        await exchange(req, resp)
        for name, value in fields.items():
            resp.headers.setdefault(name, value)

    return dated


def _moment(day: date) -> datetime:
    """A day as its first moment in UTC; a datetime as it is."""
    if isinstance(day, datetime):
        return day
    return datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
