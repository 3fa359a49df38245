import responder

api = responder.API(
    cors=True,
    cors_params={
        "allow_origins": ["https://app.example.org"],
        "allow_methods": ["GET", "POST"],
        "allow_headers": ["X-Token"],
        "allow_credentials": True,
    },
)

@api.route("/")
def home(req, resp):
    resp.media = {"ok": True}
