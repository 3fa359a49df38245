# fmt: off
# ruff: noqa: F821 - as users write it; the test brings what it names.

@api.route(before_request=True)
def check_auth(req, resp):
    if not req.headers.get("Authorization"):
        resp.status_code = 401
        resp.media = {"error": "unauthorized"}
