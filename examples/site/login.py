"""Login: who may write here comes in by a form, and goes out by another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anyio import CapacityLimiter, to_thread

import responder
from examples.site.limits import login_rules
from examples.site.passwords import accounts_of
from examples.site.templates import render

if TYPE_CHECKING:
    from examples.site.settings import Settings

# A hash takes 32 MiB, and nobody shall fill the memory by asking for many at once.
_AT_ONCE = 2
_FORM_SIZE = 4096


def make_router(settings: Settings) -> responder.Router:
    """The routes of the login, below ``/admin``."""
    router = responder.Router(
        "/admin", before=require_accounts, after=never_keep, include_in_schema=False
    )
    hashing = CapacityLimiter(_AT_ONCE)

    @router.get("/login", name="login")
    async def show_form(req: responder.Request, resp: responder.Response) -> None:
        if req.session.principal in accounts_of(req):
            resp.redirect(_way_on(req, str(req.params.get("next", ""))), status_code=303)
            return
        _render_form(req, resp, name="", way=str(req.params.get("next", "")))

    @router.post(
        "/login", name="log_in", rate_limit=login_rules(settings), max_request_size=_FORM_SIZE
    )
    async def log_in(req: responder.Request, resp: responder.Response) -> None:
        form = (await req.read_form()).fields
        name, password = form.get("name", ""), form.get("password", "")
        accounts = accounts_of(req)
        found = await to_thread.run_sync(accounts.find, name, password, limiter=hashing)
        if found is None:
            # Not 401, which would have to name a scheme of HTTP's own (RFC 9110 §15.5.2).
            resp.status_code = 422
            _render_form(req, resp, name=name, way=form.get("next", ""), has_failed=True)
            return
        req.session.login(found)  # Under a new id, and with a new CSRF token.
        req.api.log.info("logged in", extra={"author": found})
        resp.redirect(_way_on(req, form.get("next", "")), status_code=303)

    @router.post("/logout", name="log_out", max_request_size=_FORM_SIZE)
    async def log_out(req: responder.Request, resp: responder.Response) -> None:
        req.session.destroy()
        resp.redirect(req.api.url_for("home"), status_code=303)

    return router


def _render_form(
    req: responder.Request,
    resp: responder.Response,
    *,
    name: str,
    way: str,
    has_failed: bool = False,
) -> None:
    render(req, resp, "admin/login.html", name=name, way=way, has_failed=has_failed)


def _way_on(req: responder.Request, wanted: str) -> str:
    """Where a login leads: to the page of the admin that was asked for, and nowhere else."""
    start = req.api.url_for("admin")
    return wanted if wanted == start or wanted.startswith(f"{start}/") else start


async def require_accounts(req: responder.Request, _resp: responder.Response) -> None:
    """There is no admin where nobody has a password."""
    if not accounts_of(req):
        responder.abort(404, detail="The admin is off, as nobody has a password; see the README.")


async def require_author(req: responder.Request, resp: responder.Response) -> None:
    """Send who is not logged in to the login, and back from there."""
    await require_accounts(req, resp)
    if req.session.principal in accounts_of(req):
        return
    if req.method not in {"GET", "HEAD"}:
        responder.abort(403, detail="You are not logged in any more; log in in another tab.")
    resp.redirect(f"{req.api.url_for('login')}?next={req.url.path}", status_code=303)


async def never_keep(_req: responder.Request, resp: responder.Response) -> None:
    """What an author sees is in no cache, and in no history of a browser."""
    resp.headers["Cache-Control"] = "no-store"


def secure_cookie(settings: Settings) -> str:
    """The name of the session's cookie: browsers take ``__Secure-`` by HTTPS alone."""
    return "__Secure-admin" if settings.is_https else "admin"
