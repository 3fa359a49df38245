"""Limits: how often one address may search, and try to log in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responder_ratelimit import Rule

if TYPE_CHECKING:
    import responder
    from examples.site.settings import Settings


PDF_LIMIT = "60/minute"
"""How often one address may ask for PDFs, the only thing that takes a second to make."""


def search_rule(settings: Settings) -> Rule:
    """One count for all ways to search: the page, the JSON API, GraphQL."""
    return Rule(settings.search_limit, name="search")


def login_rules(settings: Settings) -> list[Rule]:
    """Who guesses is stopped by the address, and by the account where there are many of these.

    While an account is stopped nobody can log in to it, its author neither; sessions that there
    are go on.
    """
    return [
        Rule(settings.login_limit, name="login", when=has_failed),
        Rule(settings.account_limit, name="account", key=_by_account, when=has_failed),
    ]


def has_failed(_req: responder.Request, resp: responder.Response) -> bool:
    """Whether a login was wrong; one that another site forged counts for nobody."""
    return resp.status_code == 422


async def _by_account(req: responder.Request) -> str:
    form = await req.read_form()
    return form.fields.get("name", "").strip().casefold()
