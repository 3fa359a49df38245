"""Admin: write, change, publish and take away posts; for authors who are logged in.

Every form is answered by a redirect (Post/Redirect/Get), so that nothing is sent twice. CSRF
protection and the login stand around all of it: see ``app`` and ``login``.
"""

from __future__ import annotations

from datetime import datetime, timezone

from anyio import to_thread
from markupsafe import Markup

import responder
from examples.site.content import content_of, shelf_of
from examples.site.formats import write_html
from examples.site.login import never_keep, require_author
from examples.site.markup import to_html
from examples.site.posts import Post, PostError
from examples.site.settings import settings_of
from examples.site.templates import render
from examples.site.writing import ConflictError, Entry, delete_post, save_entry, version_of

# A post of a hundred thousand words; nothing is uploaded here.
_FORM_SIZE = 1024 * 1024

router = responder.Router(
    "/admin",
    before=require_author,
    after=never_keep,
    include_in_schema=False,
)


@router.get("", name="admin")
async def overview(req: responder.Request, resp: responder.Response) -> None:
    """All posts and drafts, and what became of what was done last."""
    content = content_of(req)
    drafts = sorted(content.drafts.values(), key=lambda post: (post.date, post.slug), reverse=True)
    messages = req.session.flashes()
    author = req.session.principal
    posts = content.library.posts
    render(
        req, resp, "admin/list.html", posts=posts, drafts=drafts, messages=messages, author=author
    )


@router.get("/new", name="new_post")
async def new_post(req: responder.Request, resp: responder.Response) -> None:
    """An empty form. What is new is a draft, until somebody says otherwise."""
    today = datetime.now(timezone.utc).date().isoformat()
    _show_form(req, resp, Entry(date=today, draft="on"))


@router.post("/new", name="create_post", max_request_size=_FORM_SIZE)
async def create_post(req: responder.Request, resp: responder.Response) -> None:
    """Make the post that the form tells of."""
    form = (await req.read_form()).fields
    entry = Entry.of_form({**form, "version": ""})
    await _save(req, resp, entry)


@router.get("/posts/{slug}", name="edit_post")
async def edit_post(req: responder.Request, resp: responder.Response, *, slug: str) -> None:
    """The form with a post in it."""
    _show_form(req, resp, Entry.of_post(_find(req, slug)))


@router.post("/posts/{slug}", name="save_post", max_request_size=_FORM_SIZE)
async def save_post(req: responder.Request, resp: responder.Response, *, slug: str) -> None:
    """Change a post; its address stays."""
    _find(req, slug)
    form = (await req.read_form()).fields
    await _save(req, resp, Entry.of_form(form, slug))


async def _save(req: responder.Request, resp: responder.Response, entry: Entry) -> None:
    shelf = shelf_of(req)
    try:
        post = await to_thread.run_sync(save_entry, shelf.folder, entry, shelf.content.pictures)
    except PostError as error:
        resp.status_code = 422
        _show_form(req, resp, entry, str(error))
        return
    except ConflictError:
        resp.status_code = 409
        _show_form(req, resp, entry, _CONFLICT if entry.version else _TAKEN)
        return
    state = "a draft" if post.draft else "published"
    req.session.flash(f"“{post.title}” is saved, and {state}.", "success")
    await _refresh(req)
    req.api.log.info("saved", extra={"post": post.slug, "author": req.session.principal})
    resp.redirect(req.api.url_for("admin"), status_code=303)


async def _refresh(req: responder.Request) -> None:
    """Show what was written at once. Another file on disk may keep the site from that."""
    try:
        await shelf_of(req).refresh()
    except (OSError, ValueError) as error:
        req.session.flash(f"The site does not show it yet, as a file cannot be read: {error}")


_CONFLICT = (
    "Somebody else has changed this post since you opened it. Copy what you wrote, open the post "
    "anew, and put it in there."
)
_TAKEN = "There is a post of this address already. Choose another address."


@router.get("/posts/{slug}/delete", name="confirm_delete")
async def confirm_delete(req: responder.Request, resp: responder.Response, *, slug: str) -> None:
    """Ask before a post is taken away."""
    post = _find(req, slug)
    render(req, resp, "admin/delete.html", post=post, version=version_of(post.source))


@router.post("/posts/{slug}/delete", name="delete_post", max_request_size=_FORM_SIZE)
async def remove_post(req: responder.Request, resp: responder.Response, *, slug: str) -> None:
    """Take a post away; its file is kept in the data folder."""
    post, shelf = _find(req, slug), shelf_of(req)
    version = (await req.read_form()).fields.get("version", "")
    trash = settings_of(req).data / "trash"
    try:
        await to_thread.run_sync(delete_post, shelf.folder, slug, version, trash)
    except ConflictError:
        responder.abort(409, detail="Somebody has changed this post meanwhile. Look at it again.")
    req.session.flash(f"“{post.title}” is gone. Its file is in {trash.name}/.", "success")
    await _refresh(req)
    req.api.log.info("deleted", extra={"post": slug, "author": req.session.principal})
    resp.redirect(req.api.url_for("admin"), status_code=303)


@router.get("/posts/{slug}/look", name="look_at_post")
async def look_at_post(req: responder.Request, resp: responder.Response, *, slug: str) -> None:
    """A post as readers see it, or will see it."""
    write_html(req, resp, _find(req, slug))


@router.post("/preview", name="preview", max_request_size=_FORM_SIZE)
def preview(req: responder.Request, resp: responder.Response) -> None:
    """The HTML of Markdown, for the script of the form. It runs in a thread, as it may be long."""
    resp.html = to_html(req.text_sync)


def _find(req: responder.Request, slug: str) -> Post:
    post = content_of(req).find(slug)
    if post is None:
        responder.abort(404, detail=f"There is no post {slug!r}.")
    return post


def _show_form(
    req: responder.Request, resp: responder.Response, entry: Entry, mistake: str = ""
) -> None:
    pictures = list(content_of(req).pictures.values())
    # HTML in Markdown is shown as text, so what to_html() makes is safe.
    shown = Markup(to_html(entry.body))  # noqa: S704 - as said above
    render(
        req,
        resp,
        "admin/edit.html",
        entry=entry,
        mistake=mistake,
        pictures=pictures,
        preview=shown,
    )
