"""Templates: Jinja2, everything escaped, and what each page knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from examples.site import settings

if TYPE_CHECKING:
    from datetime import date

    import responder


def _long_date(day: date) -> str:
    """A date for readers: ``date(2026, 2, 1)`` → ``"1 February 2026"``."""
    return f"{day.day} {day:%B %Y}"


_environment = Environment(
    loader=FileSystemLoader(settings.TEMPLATES),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)
_environment.filters["long_date"] = _long_date


def base_url(req: responder.Request) -> str:
    """Scheme and host for links that leave the site: ``"https://example.org"``."""
    return settings.settings_of(req).base_url or f"{req.url.scheme}://{req.url.netloc}"


def render(
    req: responder.Request, resp: responder.Response, template: str, **values: object
) -> None:
    """Answer with a page.

    Besides *values* a template has ``site``, ``req``, ``url_for``, ``base`` and ``canonical``.
    """
    resp.html = _environment.get_template(template).render(
        site=settings,
        req=req,
        url_for=req.api.url_for,
        base=base_url(req),
        # What is not there has no address to be known by.
        canonical=base_url(req) + req.url.path if resp.ok else None,
        **values,
    )
