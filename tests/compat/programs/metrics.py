import responder

api = responder.API(metrics_route="/metrics")

@api.route("/teas/{name}")
def tea(req, resp, *, name):
    resp.text = name
