import responder

api = responder.API()

@api.route("/events")
async def events(req, resp):
    @resp.sse
    async def stream():
        yield {"event": "greeting", "data": "hello", "id": "1"}
        yield {"data": {"tea": "green"}}
        yield "plain"
        yield {"comment": "still here"}

@api.route("/slow")
async def slow(req, resp):
    @resp.sse(heartbeat=15)
    async def stream():
        yield {"data": "first", "retry": 3000}
