import responder

api = responder.API(request_id=True)

@api.route("/")
def home(req, resp):
    resp.text = "home"
