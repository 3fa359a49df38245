"""Resources: what a request holds is let go of when it was answered."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from responder_core import API, Depends

PARTS = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n'


@pytest.mark.parametrize(
    ("method", "path", "kind", "body"),
    [
        pytest.param("GET", "/given", "", b"", id="provider"),
        pytest.param("GET", "/torn-down", "", b"", id="generator"),
        pytest.param("GET", "/later", "", b"", id="background"),
        pytest.param("POST", "/form", "application/x-www-form-urlencoded", b"a=b", id="form"),
        pytest.param("POST", "/form", "multipart/form-data; boundary=x", PARTS, id="multipart"),
    ],
)
def test_nothing_of_a_request_is_left_to_the_collector(
    run, http_scope, watched, method, path, kind, body
):
    """What stands in a cycle costs a service more than the whole rest of the framework."""
    request_class, seen = watched

    async def give(req):
        return req

    async def open_it(req):
        yield req

    api = API(request_class=request_class)

    async def look(*held):
        pass

    @api.get("/given")
    async def given(req, resp, *, it=Depends(give)):
        pass

    @api.get("/torn-down")
    async def torn_down(req, resp, *, it=Depends(open_it)):
        pass

    @api.get("/later")
    async def later(req, resp):
        resp.background(look, req, resp)

    @api.post("/form")
    async def read(req, resp):
        await req.media()

    fields = [(b"content-type", kind.encode()), (b"content-length", b"%d" % len(body))]
    message = {"type": "http.request", "body": body, "more_body": False}

    async def receive():
        return message

    async def send(message):
        pass

    async def main():
        for _ in range(2):
            scope = http_scope(method, path, headers=[(b"host", b"a"), *fields])
            async with anyio.create_task_group() as group:
                group.start_soon(api, scope, receive, send)
            await anyio.lowlevel.checkpoint()
        return [each() for each in seen]

    assert run(main) == [None, None]
