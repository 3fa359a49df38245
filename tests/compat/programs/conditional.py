from datetime import datetime, timezone

import responder

api = responder.API(auto_etag=True)

@api.route("/auto")
def auto(req, resp):
    resp.text = "same as ever"

@api.route("/explicit")
def explicit(req, resp):
    resp.etag = "v1"
    resp.last_modified = datetime(2026, 1, 1, tzinfo=timezone.utc)
    resp.text = "version one"
