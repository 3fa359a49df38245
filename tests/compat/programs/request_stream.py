import responder

api = responder.API()

@api.route("/count", methods=["POST"])
async def count(req, resp):
    size = 0
    async for chunk in req.stream():
        size += len(chunk)
    resp.media = {"size": size}
