import time

import responder

api = responder.API(max_request_size=10, request_timeout=0.05)
release = None

@api.route("/echo", methods=["POST"])
async def echo(req, resp):
    resp.content = await req.content

@api.route("/slow")
async def slow(req, resp):
    import asyncio

    await asyncio.sleep(30)
