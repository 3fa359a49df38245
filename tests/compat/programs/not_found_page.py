import responder

api = responder.API()

@api.exception_handler(404)
def not_found(req, resp, exc):
    resp.status_code = 404
    resp.html = "<h1>Nothing here</h1>"
