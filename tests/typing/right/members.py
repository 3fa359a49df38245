"""What views read and write has the types that an editor shows."""

from __future__ import annotations

from typing_extensions import assert_type

from responder_core import QueryDict, Request, Response, abort


async def read(req: Request, resp: Response) -> None:
    assert_type(req.method, str)
    assert_type(req.headers["x"], str)
    assert_type(req.headers.get("x"), str | None)
    assert_type(req.headers.get("x", "y"), str)
    assert_type(req.headers.get_list("x"), list[str])
    assert_type(req.params, QueryDict)
    assert_type(req.params["q"], str)
    assert_type(req.params.get("q"), str | None)
    assert_type(req.params.get("q", ""), str)
    assert_type(req.params.get_list("q"), list[str])
    assert_type(req.cookies, dict[str, str])
    assert_type(req.url.path, str)
    assert_type(req.full_url, str)
    assert_type(req.mimetype, str)
    assert_type(req.is_json, bool)
    assert_type(req.is_secure, bool)
    assert_type(req.accepts("text/html"), bool)
    assert_type(req.preferred_media_type(["text/html"]), str | None)
    assert_type(req.last_event_id, str | None)


async def write(req: Request, resp: Response) -> None:
    resp.text = "text"
    resp.html = "<p>html</p>"
    resp.content = b"bytes"
    resp.content = "or text"
    resp.media = {"any": ["thing"]}
    resp.mimetype = "text/csv"
    resp.status_code = 201
    resp.headers["X-Name"] = "value"
    resp.set_cookie("name", "value", max_age=60, httponly=True, samesite="lax")
    resp.delete_cookie("name")
    resp.redirect("/elsewhere", permanent=True, allow_external=False)
    resp.problem(409, "The seat is taken.", title="Conflict")
    assert_type(resp.ok, bool)


def find(name: str | int) -> str:
    """After abort() nothing runs, so the rest of the union is all there is."""
    if isinstance(name, int):
        abort(404, detail="No number.", headers={"X-Number": "1"}, number=name)
    assert_type(name, str)
    return name
