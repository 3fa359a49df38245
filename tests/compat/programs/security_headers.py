import responder

api = responder.API(security_headers=True)

@api.route("/")
def home(req, resp):
    resp.headers["X-Frame-Options"] = "SAMEORIGIN"
    resp.text = "home"
