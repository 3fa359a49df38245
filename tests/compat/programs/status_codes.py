import responder
from responder import status_codes

api = responder.API()

@api.route("/")
def home(req, resp):
    resp.status_code = status_codes.created
    resp.media = {
        "ok": status_codes.is_200(resp.status_code),
        "teapot": api.status_codes.HTTP_418,
        "safe": resp.status_code_safe,
    }
