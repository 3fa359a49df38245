import responder

api = responder.API()

@api.route("/stream")
async def stream(req, resp):
    @resp.stream
    async def body():
        for number in range(3):
            yield f"{number}\n".encode()

@api.route("/arguments")
async def arguments(req, resp):
    async def body(text, times=1):
        for _ in range(times):
            yield text

    resp.stream(body, "tea ", times=2)
    resp.mimetype = "text/plain"
