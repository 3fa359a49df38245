import responder

api = responder.API()

@api.route("/teas/{name}")
class Tea:
    def on_request(self, req, resp, *, name):
        resp.headers["X-Tea"] = name

    async def on_get(self, req, resp, *, name):
        resp.media = {"name": name}

    def on_put(self, req, resp, *, name):
        resp.status_code = 204

class Pots:
    def on_get(self, req, resp):
        resp.text = "pots"

api.add_route("/pots", Pots)
