import responder

api = responder.API(enable_hsts=True, allowed_hosts=["tea.example.org", ";"])

@api.route("/")
def home(req, resp):
    resp.text = "secure" if req.is_secure else "plain"
