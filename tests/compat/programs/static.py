import responder

api = responder.API(static_dir="assets", static_route="/files")
api.add_route("/", static=True)
api.static_app.add_directory("more")

@api.route("/api/teas")
def teas(req, resp):
    resp.media = ["green"]
